"""`add` and `remove` of an answer that is a list: what is named comes to it, or goes from it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from evolving import COPIER_YML, Repository, mlkata, project, template
from running import Terminal

TOOLS = """\
tools:
    type: str
    multiselect: true
    choices: {Lint it: lint, Check types: types, Write docs: docs}
    default: [lint, types]
    help: Which tools?
"""


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    each = ("lint", "types", "docs")
    files = {f"{{% if '{tool}' in tools %}}{tool}.txt{{% endif %}}": tool for tool in each}
    source = template(tmp_path / "template", files, copier_yml=COPIER_YML + TOOLS)
    return project(tmp_path / "made", source, ref="v1.0.0")


def tools(made: Repository) -> list[str]:
    return sorted(path.stem for path in made.path.glob("*.txt"))


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ("add tools=docs", ["docs", "lint", "types"]),
        ("add tools=docs,lint", ["docs", "lint", "types"]),
        ("add tools=[docs, types]", ["docs", "lint", "types"]),
        ("remove tools=lint", ["types"]),
        ("remove tools=types,lint,docs", []),
        ("add tools=docs tools=lint extra=no", ["docs", "lint", "types"]),
        ("remove tools=types extra", ["lint"]),
    ],
)
def test_what_is_named_comes_or_goes(made: Repository, line: str, left: list[str]) -> None:
    verb, *words = line.replace(", ", ",").split()
    mlkata("-C", made.path, verb, *words)
    assert tools(made) == left
    made.git("commit", "-qam", line)
    assert mlkata("-C", made.path, verb, *words, "--json").data["status"] == "up-to-date"
    mlkata("-C", made.path, "check")


def test_the_whole_list_is_an_answer_too(made: Repository) -> None:
    mlkata("-C", made.path, "update", "-d", "tools=[docs]")
    assert tools(made) == ["docs"]


def test_the_same_again_changes_nothing(made: Repository) -> None:
    done = mlkata("-C", made.path, "update", "-d", "tools=[types, lint]", "--json").data
    assert (done["status"], done["headline"]) == ("up-to-date", "Nothing changes: it is answered so already.")


def test_what_was_edited_stays_and_is_named(made: Repository) -> None:
    made.commit({"lint.txt": "mine"})
    done = mlkata("-C", made.path, "remove", "tools=lint,types", "--json").data
    assert done["notes"] == ["Left, as you edited it: lint.txt. What it needs of the template may be gone."]
    assert tools(made) == ["lint"]


def test_it_is_told_which_there_are(made: Repository) -> None:
    assert "mlkata add tools=lint,types,docs   (now lint, types)" in mlkata("-C", made.path, "add").out
    done = mlkata("-C", made.path, "add", "tools=docs", "--json").data
    assert done["headline"] == "Answered tools=[lint, types, docs]; the version stays v1.0.0:"


@pytest.mark.parametrize(
    ("line", "what", "hint"),
    [
        ("add tools=dosc", "tools can't be 'dosc'", "Did you mean docs?"),
        ("remove tools=docs,nothing", "tools can't be 'nothing'", "There is: lint, types, docs."),
        ("update -d tools=[lint", "tools can't be '[lint'", "It takes a list: 'tools=[lint, types]'"),
        ("update -d tools=docs,lint", "tools can't be 'docs,lint'", "It takes a list: 'tools=[lint, types]'"),
        ("update --data-file no-list.yml", "tools can't be None", "It takes a list: 'tools=[lint, types]'"),
        ("update -d tools=[dosc]", "Invalid choice for 'tools'", "'lint', 'types', 'docs'"),
        ("add tools", "tools is a question: an answer is needed", "mlkata add tools=lint,types,docs"),
        ("remove tools", "tools is a question: an answer is needed", "mlkata remove tools=lint,types,docs"),
    ],
)
def test_mistakes(made: Repository, line: str, what: str, hint: str) -> None:
    (made.path / "no-list.yml").write_text("tools:\n")
    done = mlkata("-C", made.path, *line.split(), code=1)
    assert what in done.err
    assert hint in done.err
    assert made.status() == ["?? no-list.yml"]


OTHER = """\
days: {type: int, multiselect: true, choices: [1, 2, 3], default: [1]}
known: {type: str, multiselect: true, choices: "{{ ['a', package] }}", default: ["a"]}
words: {type: str, multiselect: true, choices: ["two words", "a,b"], default: []}
parts: {type: str, multiselect: true, choices: ["{{ package }}_x", y], default: []}
more: {type: str, multiselect: true, choices: [x, y], default: [x], when: "{{ not extra }}"}
"""


def other(folder: Path, questions: str = OTHER, ref: str = "v1.0.0") -> Repository:
    files = {"all.txt.jinja": "{{ days }} {{ known }} {{ words }} {{ more | default('') }}\n"}
    source = template(folder / "template", files, copier_yml=COPIER_YML + questions)
    return project(folder / "made", source, ref=ref)


@pytest.mark.parametrize(
    ("line", "recorded"),
    [
        (("add", "days=3"), "days:\n- 1\n- 3\n"),
        (("remove", "days=1"), "days: []\n"),
        (("add", "known=pkg"), "known:\n- a\n- pkg\n"),
        (("add", "words=two words"), "words:\n- two words\n"),
        (("add", "words=a,b"), "words:\n- a,b\n"),
        (("add", "parts=pkg_x"), "parts:\n- pkg_x\n"),
        (("add", 'words=["two words"]'), "words:\n- two words\n"),
    ],
)
def test_choices_of_every_kind(tmp_path: Path, line: tuple[str, str], recorded: str) -> None:
    made = other(tmp_path)
    mlkata("-C", made.path, *line)
    assert recorded in made.read(".copier-answers.yml")
    assert "mlkata add days=1,2,3   (now" in mlkata("-C", made.path, "add").out


@pytest.mark.parametrize("line", [("add", "more=y"), ("update", "-d", "more=[y]")])
def test_what_is_not_asked_is_not_answered(tmp_path: Path, line: tuple[str, ...]) -> None:
    made = other(tmp_path)
    assert "more is not asked by" in mlkata("-C", made.path, *line, code=1).err
    assert made.status() == []


def test_which_there_are_has_to_be_known(tmp_path: Path) -> None:
    made = other(tmp_path, OTHER.replace('default: ["a"]', "default: \"{{ ['a'] }}\""))
    answers = made.read(".copier-answers.yml")
    made.commit({".copier-answers.yml": answers.replace("known:\n- a\n", "")})
    done = mlkata("-C", made.path, "add", "known=pkg", code=1)
    assert "which known there are is not recorded" in done.err
    mlkata("-C", made.path, "update", "-d", "known=[a, pkg]")


def test_a_choice_that_is_gone_can_be_taken_off(tmp_path: Path) -> None:
    made = other(tmp_path)
    source = Repository(tmp_path / "template")
    mlkata("-C", made.path, "add", "days=3")
    made.git("commit", "-qam", "days")
    source.commit({"copier.yml": source.read("copier.yml").replace("[1, 2, 3]", "[1, 2]")}, tag="v2.0.0")
    refused = mlkata("-C", made.path, "update", code=1).err
    assert "the recorded answer days: [1, 3] is none that" in refused
    assert "mlkata update -d 'days=[…]'" in refused
    made.commit({".copier-answers.yml": made.read(".copier-answers.yml").replace("v1.0.0", "v2.0.0")})
    mlkata("-C", made.path, "remove", "days=3")
    assert "days:\n- 1\n" in made.read(".copier-answers.yml")


def test_at_a_terminal_too_a_refused_answer_is_no_default(tmp_path: Path) -> None:
    made = other(
        tmp_path, "days: {type: int, multiselect: true, choices: [1, 2], default: [1], ask: false}\n"
    )
    source = Repository(tmp_path / "template")
    mlkata("-C", made.path, "update", "-d", "days=[2]")
    made.git("commit", "-qam", "days")
    source.commit({"copier.yml": source.read("copier.yml").replace("[1, 2]", "[1, 3]")}, tag="v2.0.0")
    person = Terminal(sys.executable, "-m", "mlkata", "update", "-C", str(made.path))
    assert person.finish() == 1
    assert "the recorded answer days: [2] is none that" in person.seen
    assert made.status() == []
