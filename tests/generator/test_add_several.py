"""`add` and `remove` of an answer that is a list: what is named comes to it, or goes from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from evolving import COPIER_YML, Repository, mlkata, project, template

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


def test_it_is_told_which_there_are(made: Repository) -> None:
    assert "mlkata add tools=lint,types,docs   (now lint, types)" in mlkata("-C", made.path, "add").out
    done = mlkata("-C", made.path, "add", "tools=docs", "--json").data
    assert done["headline"] == "Answered tools=[lint, types, docs]; the version stays v1.0.0:"


@pytest.mark.parametrize(
    ("line", "what", "hint"),
    [
        ("add tools=dosc", "tools can't be 'dosc'", "Did you mean docs?"),
        ("remove tools=docs,nothing", "tools can't be 'nothing'", "There is: lint, types, docs."),
        ("update -d tools=[lint", "or an answer to it, is no YAML", "flow sequence"),
        ("update -d tools=[dosc]", "Invalid choice for 'tools'", "'lint', 'types', 'docs'"),
        ("add tools", "tools is a question: an answer is needed", "mlkata add tools=lint,types,docs"),
        ("remove tools", "tools is a question: an answer is needed", "mlkata remove tools=lint,types,docs"),
    ],
)
def test_mistakes(made: Repository, line: str, what: str, hint: str) -> None:
    done = mlkata("-C", made.path, *line.split(), code=1)
    assert what in done.err
    assert hint in done.err
    assert made.status() == []
