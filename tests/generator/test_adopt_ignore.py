"""A `.gitignore` that both sides have: a person's lines stay, the template's rules come in under them."""

from __future__ import annotations

from pathlib import Path

import pytest
from adopting import actions, adopt, repository, show, target
from evolving import Repository, run
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkata.adopt import keyed

THEIRS = "# Caches\n/.venv/\n__pycache__/\n\n# Data: DVC has it\n/data/**\n!/data/**/\n!/data/**/*.dvc\n"


def merged(ours: str, theirs: str, base: str | None = None) -> str | None:
    found = keyed.merge("x/.gitignore", base.encode() if base else None, ours.encode(), theirs.encode())
    return found.content.decode() if found else None


def test_what_is_missing_comes_in_under_yours_with_its_comments() -> None:
    assert merged("*.log \n/.venv/\n\n__pycache__/", THEIRS) == (
        "*.log \n/.venv/\n\n__pycache__/\n\n# Data: DVC has it\n/data/**\n!/data/**/\n!/data/**/*.dvc\n"
    )
    assert merged("# all\n" + THEIRS, THEIRS) == "# all\n" + THEIRS
    assert merged("a\r\nb\r\n", "b\nc\n") == "a\r\nb\r\n\r\nc\r\n"


def test_where_the_order_decides_rules_are_repeated() -> None:
    assert merged("!b\n", "*\n!b\n") == "!b\n\n*\n!b\n"
    assert merged("c\n", "*\n!b\nc\n") == "c\n\n*\n!b\nc\n"
    assert merged("/data/**\n", "/data/**\n!/data/*.dvc\n") == "/data/**\n\n!/data/*.dvc\n"


def test_what_you_took_out_stays_out() -> None:
    assert merged("a\n", "a\nb\nc\n", base="a\nb\n") == "a\n\nc\n"


def test_rules_of_your_own_that_take_back_are_yours_to_place() -> None:
    assert merged("data/*\n!data/keep.csv\n", THEIRS) is None
    assert keyed.merge(".gitignore", None, b"\xff\n", b"a\n") is None


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("empty")
    run("git", "init", "-q", cwd=folder)
    (folder / "asked").write_text("a\nb\nab\nc\n")
    return folder


def said(folder: Path, rules: str) -> dict[str, str]:
    """By file, the rule that decides, where there is one."""
    (folder / ".gitignore").write_text(rules)
    asked = "git check-ignore --no-index -v -n --stdin < asked"
    lines = run("sh", "-c", f"{asked} || test $? = 1", cwd=folder).splitlines()
    return {file: which.split(":", 2)[2] for which, file in (line.split("\t") for line in lines)}


RULES = ["a", "b", "ab", "a*", "*b", "*"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(RULES), max_size=4),
    st.lists(st.sampled_from(RULES + [f"!{rule}" for rule in RULES]), max_size=6),
)
def test_the_templates_rules_mean_what_they_meant_and_yours_hold_elsewhere(
    empty: Path, ours: list[str], theirs: list[str]
) -> None:
    text = merged("".join(f"{rule}\n" for rule in ours), "".join(f"{rule}\n" for rule in theirs))
    assert text is not None
    mine, other, both = (said(empty, rules) for rules in ("\n".join(ours), "\n".join(theirs), text))
    for file, rule in both.items():
        assert rule.startswith("!") == (other[file] or mine[file]).startswith("!"), file
        assert bool(rule) == bool(other[file] or mine[file]), file


def test_an_adoption_merges_it_and_names_what_takes_back(tmp_path: Path) -> None:
    new = target(tmp_path / "target", {"template/.gitignore": THEIRS})
    made: Repository = repository(tmp_path / "made", {".gitignore": "*.log\n", "x.txt": "x\n"})
    done = adopt(made, new)
    assert actions(done)[".gitignore"] == "change"
    (why,) = [file["why"] for file in done.data["files"] if file["path"] == ".gitignore"]
    assert why == (
        "your rules stay, the template's come in under them; of them, these take back what others ignore: "
        "!/data/**/, !/data/**/*.dvc"
    )
    assert show(made, ".gitignore") == f"*.log\n\n{THEIRS}"
