"""What an old template was told is found out from the files it left, where nothing records it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from adopting import actions, adopt, repository, show, target
from evolving import Content, Repository

from mlkata.adopt.mapping import _fits

SLUG = "{{cookiecutter.slug}}"
QUESTIONS: dict[str, Any] = {
    "slug": "thing",
    "tool": ["make", "just", "task"],
    "format": ["txt", "rst"],
    "strict": "n",
    "fast": False,
    "store": [{"none": "none"}, {"bucket": {"name": "a-bucket"}}],
    "_hidden": ["a", "b"],
}
COMMANDS = """\
NAME = {{ cookiecutter.slug }}
TOOL = {{ cookiecutter.tool }}
FORMAT = {{ cookiecutter.format }}
{% if not cookiecutter.store.none %}store {{ cookiecutter.store.bucket.name }}{% endif %}
{% if cookiecutter.strict == "y" %}strict{% endif %}
{% if cookiecutter.fast %}fast{% endif %}
{{ cookiecutter._hidden[0] }}
"""
OLD: dict[str, Content] = {
    "asked.json": json.dumps(QUESTIONS),
    "cookiecutter.json": json.dumps({"slug": "thing"}),
    "hooks/post_gen_project.py": "raise SystemExit('not run')\n",
    f"{SLUG}/commands.txt": COMMANDS,
    f"{SLUG}/plain.md": "Plain.\n",
    f"{SLUG}/docs/first/index.md": "Docs.\n",
    f"{SLUG}/tests/make/test_it.py": "# of make\n",
    f"{SLUG}/tests/just/test_it.py": "# of another\n",
    f"{SLUG}/tests/task/test_it.py": "# of another\n",
}
MAPPING = """\
name: The old one
template: oldtemplate/?$
markers: [plain.md, {commands.txt: TOOL}]
settings: asked.json
lenient: true
places: {docs/first/: docs/, "tests/{tool}/": tests/, tests/make/: "", tests/task/: "", tests/just/: ""}
context:
  slug: [{file: commands.txt, pattern: '^NAME = (\\w+)$'}, folder]
  store.bucket.name: {file: commands.txt, pattern: '^store (\\S+)$'}
"""
MADE = "NAME = churn\nTOOL = task\nFORMAT = rst\nstore a-bucket\nstrict\nfast\na\n"
PLACED: dict[str, Content] = {
    "plain.md": "Plain.\n",
    "docs/index.md": "Docs.\n",
    "tests/test_it.py": "# of another\n",
}


@pytest.fixture
def new(tmp_path: Path) -> Repository:
    return target(tmp_path / "target", {"adopt/old.yml": MAPPING, "template/commands.txt": "ours\n"})


@pytest.fixture
def old(tmp_path: Path) -> Repository:
    return repository(tmp_path / "oldtemplate", OLD, tag="1.0")


def test_choices_that_nothing_records_are_those_that_fit(
    old: Repository, new: Repository, tmp_path: Path
) -> None:
    made = repository(tmp_path / "renamed", {**PLACED, "commands.txt": MADE, "own.txt": "mine\n"})
    done = adopt(made, new, "--old-template", old.path)
    assert done.code == 0
    assert done.data["base"] == (
        f"made from {old.path}, as it seems at 1.0: 4 of its 4 files are as it renders them"
    )
    said = 'tool = task, format = rst, strict = y, fast = true, store = {"bucket": {"name": "a-bucket"}}'
    assert (
        f"Nothing records what the old template was told; these choices fit best: {said}."
        in (done.data["notes"])
    )
    found = actions(done)
    assert {path: found[path] for path in (*PLACED, "commands.txt")} == {
        "plain.md": "delete",
        "docs/index.md": "delete",
        "tests/test_it.py": "delete",
        "commands.txt": "change",
    }
    assert show(made, "commands.txt") == "ours\n"
    assert show(made, "own.txt") == "mine\n"


def test_a_choice_with_settings_of_its_own_takes_them_from_a_file(
    old: Repository, new: Repository, tmp_path: Path
) -> None:
    made = repository(tmp_path / "churn", {**PLACED, "commands.txt": MADE.replace("a-bucket", "blue")})
    done = adopt(made, new, "--old-template", old.path)
    assert done.data["base"].endswith("1.0: 4 of its 4 files are as it renders them")
    assert [note for note in done.data["notes"] if 'store = {"bucket": {"name": "blue"}}' in note]


def test_edits_do_not_hide_the_choices(old: Repository, new: Repository, tmp_path: Path) -> None:
    edited = MADE.replace("strict\n", "strict\n\n# of our own\nmore\n")
    made = repository(tmp_path / "churn", {**PLACED, "commands.txt": edited})
    done = adopt(made, new, "--old-template", old.path, code=3)
    assert done.data["base"].endswith("1.0: 3 of its 4 files are as it renders them")
    assert show(made, "commands.txt").splitlines()[:3] == ["<<<<<<< yours", "NAME = churn", "TOOL = task"]
    assert actions(done)["commands.txt"] == "conflict"


def test_what_was_made_with_the_defaults_needs_no_search(
    old: Repository, new: Repository, tmp_path: Path
) -> None:
    plain = "NAME = churn\nTOOL = make\nFORMAT = txt\n\n\n\na\n"
    tests: dict[str, Content] = {"tests/test_it.py": "# of make\n"}
    made = repository(tmp_path / "churn", {**PLACED, **tests, "commands.txt": plain})
    done = adopt(made, new, "--old-template", old.path)
    assert done.data["base"].endswith("1.0: 4 of its 4 files are as it renders them")
    assert not [note for note in done.data["notes"] if "choices" in note]


def test_recorded_choices_stay(old: Repository, new: Repository, tmp_path: Path) -> None:
    told = {"slug": "churn", "tool": "just", "store": {"bucket": {"name": "blue"}}}
    record = json.dumps({"_template": str(old.path), **told})
    plain = "NAME = churn\nTOOL = just\nFORMAT = txt\nstore blue\n\n\na\n"
    made = repository(tmp_path / "churn", {**PLACED, "commands.txt": plain, ".cookiecutter.json": record})
    done = adopt(made, new)
    assert done.data["base"].endswith("1.0: 4 of its 4 files are as it renders them")
    assert not [note for note in done.data["notes"] if "choices" in note]


def test_a_copy_of_a_known_template_under_another_name_is_known_by_its_files(
    new: Repository, tmp_path: Path
) -> None:
    fork = repository(tmp_path / "our-own-fork", OLD, tag="7.0")
    made = repository(tmp_path / "churn", {**PLACED, "commands.txt": MADE})
    done = adopt(made, new, "--old-template", fork.path)
    assert done.data["base"].endswith("7.0: 4 of its 4 files are as it renders them")


def test_a_template_that_is_not_lenient_still_stops_at_what_is_not_there(
    old: Repository, tmp_path: Path
) -> None:
    strict = target(tmp_path / "target", {"adopt/old.yml": MAPPING.replace("lenient: true\n", "")})
    made = repository(tmp_path / "churn", {**PLACED, "commands.txt": MADE})
    record = json.dumps({"_template": str(old.path), "store": {"bucket": {"name": "blue"}}})
    made.commit({".cookiecutter.json": record})
    said = adopt(made, strict, code=1).data
    assert "can't be rendered: Unable to create file 'commands.txt'" in said["error"]
    assert "'dict object' has no attribute 'none'" in said["error"]


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("'(['", "unterminated character set at position 1"),
        ("NAME", "it has to have one group, which is the answer"),
    ],
)
def test_a_wrong_pattern_is_named(pattern: str, why: str, old: Repository, tmp_path: Path) -> None:
    wrong = target(tmp_path / "target", {"adopt/old.yml": MAPPING.replace("'^NAME = (\\w+)$'", pattern)})
    made = repository(tmp_path / "churn", {**PLACED, "commands.txt": MADE})
    said = adopt(made, wrong, "--old-template", old.path, code=1).data
    assert said["error"] == f"old.yml: slug of the template has a wrong pattern: {why}"


@pytest.mark.parametrize(
    ("question", "value", "fits"),
    [
        ({"choices": ["a", "b"]}, "b", True),
        ({"choices": ["a", "b"]}, "c", False),
        ({"choices": {"A": 1, "B": [2, {"value": 2}]}}, "1", True),
        ({"choices": ["{{ package }}_x", "y"]}, "z", False),
        ({"choices": "{{ some }}"}, "z", True),
        ({"choices": ["a", "b"], "multiselect": True}, ["a"], True),
        ({"choices": ["a", "b"], "multiselect": True}, ["a", "c"], False),
        ({"choices": ["a", "b"], "multiselect": True}, "[a, b]", True),
        ({"choices": ["a", "b"], "multiselect": True}, "a", False),
        ({"choices": "{{ some }}", "multiselect": True}, "[2023-13-45]", True),
        ({"type": "bool"}, "maybe", False),
        ({"when": False}, "a", False),
    ],
)
def test_an_answer_that_is_no_choice_is_not_taken(question: dict[str, Any], value: Any, fits: bool) -> None:
    assert _fits(question, value) is fits
