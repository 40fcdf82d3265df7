"""What people may give as targets: folders, globs, lists, in any number and with any name."""

from __future__ import annotations

from pathlib import Path

import pytest
from evolving import Repository, mlkata
from fleets import bare, evolved, fleet, made


@pytest.fixture
def here(tmp_path: Path) -> Path:
    made(tmp_path / "all", evolved(tmp_path / "template"), "one", "two three", "🚀 <b>&amp;", "bell\a")
    (tmp_path / "all" / "loose").mkdir()
    (tmp_path / "all" / "file.txt").write_text("")
    return tmp_path


def found(here: Path, *targets: str, stdin: str = "", code: int = 2) -> list[str]:
    rows = fleet("status", *targets, "--json", "-j", "1", cwd=here, code=code, stdin=stdin).objects[:-1]
    return [row["repository"].removeprefix(f"{here}/all/") for row in rows]


def test_a_folder_is_a_repository_or_holds_some(here: Path) -> None:
    assert found(here, "all/one") == ["one"]
    assert found(here, "all") == ["bell\a", "one", "two three", "🚀 <b>&amp;"]
    assert found(here, "all/loose", code=1) == ["loose"]


@pytest.mark.parametrize("verb", ["status", "check", "update"])
def test_a_folder_without_repositories_is_no_reason_to_make_one_of_it(verb: str, here: Path) -> None:
    (here / "all/loose/deep").mkdir()
    (row,) = fleet(verb, "all/loose", "--json", cwd=here, code=1).rows.values()
    assert row["headline"] == (
        f"{here}/all/loose is no repository and has none right in it, so nothing that mlkata manages"
    )
    assert row["hint"].endswith("To start one: mlkata new DEST")


def test_globs_take_what_is_a_repository(here: Path) -> None:
    assert found(here, "all/*") == ["bell\a", "one", "two three", "🚀 <b>&amp;"]
    assert found(here, "all/[ot]*") == ["one", "two three"]
    assert "there is no repository in x*" in fleet("status", "x*", cwd=here, code=1).err


def test_the_same_by_other_names_is_done_once(here: Path) -> None:
    (here / "link").symlink_to(here / "all" / "one")
    assert found(here, "all/one", "all/one/", "./all/../all/one", "link", "all/o*") == ["one"]


def test_a_list_has_comments_and_is_relative_to_its_folder(here: Path) -> None:
    (here / "all" / "list.txt").write_text(
        "# the fleet\n\none   # the first\n  two three\n../all/🚀*\r\none\n", encoding="utf-8"
    )
    assert found(here, "all/list.txt") == ["one", "two three", "🚀 <b>&amp;"]
    (here / "all" / "list.yaml").write_text("- one  # the first\n- two three\n")
    assert found(here, "all/list.yaml", "all/list.txt") == ["one", "two three", "🚀 <b>&amp;"]
    assert found(here, "-", stdin="all/one\n# all/two three\n") == ["one"]
    assert "there is no repository in standard input\n" in fleet("status", "-", cwd=here, code=1).err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("list.yaml", b"a: b\n", "is no list of texts"),
        ("list.yaml", b"- [\n", "is no YAML"),
        ("list.txt", b"\xff\xfe\n", "can't be read: it is no text"),
    ],
)
def test_a_list_that_is_none_is_one_clear_error(name: str, content: bytes, said: str, here: Path) -> None:
    (here / name).write_bytes(content)
    assert said in fleet("status", name, cwd=here, code=1).err


def test_bare_repositories_and_worktrees_are_repositories(here: Path) -> None:
    one = Repository(here / "all" / "one")
    bare(one, here / "all" / "bare.git")
    one.git("worktree", "add", "-q", "-b", "other", here / "all" / "tree")
    assert found(here, "all/bare.git", "all/tree") == ["bare.git", "tree"]
    mlkata("check", here / "all" / "tree", code=2)


def test_names_cannot_write_to_the_terminal(here: Path) -> None:
    said = fleet("status", "all", cwd=here, code=2).out
    assert "all/bell\\x07" in said
    assert len(said.splitlines()) == 6
