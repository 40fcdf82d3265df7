"""`mlkata add`: what a person or a template gets wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from adding import PART, QUESTIONS, made, source  # noqa: F401
from evolving import Repository, mlkata, project, snapshot


@pytest.mark.parametrize(
    ("line", "what", "hint"),
    [
        ("prat x", "the template has no prat to add", "Did you mean part?"),
        ("part", "what the part is called is missing", "mlkata add part NAME"),
        ("part x --knid square", "part has no option --knid", "Did you mean kind?"),
        ("part x --kind squrae", "--kind can't be 'squrae'", "Did you mean square?"),
        ("part x --kind", "--kind is given no value", "round|square"),
        ("part class", "question 'name': class is a keyword", ""),
        ("part class --kind round", "is refused: Validation error for question 'name': class is a key", ""),
        ("part ../x", "'../x' is no name for a component", "Use letters, digits, _, . and -"),
        ("part .git", "'.git' is no name for a component", "Use letters, digits"),
        ("part x --loud perhaps", "--loud can't be 'perhaps'", "There is: yes, no."),
        ("extra=perhaps", "extra can't be 'perhaps'", "There is: yes, no."),
        ("made x", "made needs --from: Which file?", "mlkata add made NAME --from …"),
        ("ci", "ci is a question: an answer is needed", "mlkata add ci=github|gitlab|none"),
        ("ci=gitlb", "ci can't be 'gitlb'", "Did you mean gitlab?"),
        ("c=gitlab", "the template asks for no c", "Did you mean ci?"),
        ("ci=gitlab part", "part is no answer to a question", "One at a time"),
        ("ci=gitlab --kind round", "--kind goes with a component", ""),
        ("--kind round", "what to add is missing before --kind", "mlkata add lists"),
    ],
)
def test_mistakes_get_one_clear_message(made: Repository, line: str, what: str, hint: str) -> None:
    before = snapshot(made.path)
    done = mlkata("-C", made.path, "add", *line.split(), code=1)
    assert done.out == ""
    assert what in done.err
    assert hint in done.err
    assert done.err.startswith("mlkata: ")
    assert snapshot(made.path) == before
    assert made.status() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "is no YAML"),
        ("- a\n", "is no list of questions"),
        ("_help: x\n", "does not ask for a name"),
        ("name: {type: str}\n_tasks: [x]\n", "has _tasks; there is: _help, _makes"),
        ("name: x\n", "name is no question"),
        (
            "name: {type: str}\n_makes: ['../x']\n_run: []\n",
            "writes '../x', which is not a file of the project",
        ),
        ("name: {type: str}\n_makes: ['.git/hooks']\n", "writes '.git/hooks', which is not a file"),
        ("name: {type: str}\n_makes: ['./']\n", "which is not a file of the project"),
        ("name: {type: str}\n_makes: ['/etc/x']\n", "writes '/etc/x', which is not a file of the project"),
        ("name: {type: str}\n_makes: [x]\n_next: ['{{ x']\n", "can't be rendered"),
        ("name: {type: str}\n", "has no files: there is no folder files/ beside it"),
        ("name: {type: str}\n_next: 5\n", "_next is no list of texts"),
        ("name: {type: str}\n_run: x\n", "_run is no list of lists of texts"),
        ("name: {type: str}\n_run: [[x, 5]]\n", "_run is no list of lists of texts"),
        ("name: {type: str}\n_makes: 7\n", "_makes is no list of texts"),
        ("name: {type: str}\n_help: [x]\n", "_help is no text"),
        (
            "name: {type: str}\nx: {multiselect: true, choices: [a], default: []}\n_makes: [x]\n",
            "x has several answers, and a component's question one",
        ),
        ("name: {type: str}\n_makes: [x]\n_run: [[x]]\n", "has _run, but no _module"),
        ("name: {type: str}\n_makes: ['{{ 1 / 0 }}']\n", "can't be rendered: division by zero"),
        (
            "name: {type: str, default: '{{ {}.x.y }}'}\n_makes: [x]\n_next: ['{{ {}.x.y }}']\n",
            "can't be rendered",
        ),
        ("name: {type: str}\n_makes: ['{{ [].pop() }}']\n", "can't be rendered: IndexError: pop from empty"),
    ],
)
def test_a_wrong_component_is_named(source: Repository, tmp_path: Path, text: str, said: str) -> None:
    source.commit({"components/made/component.yml": text}, tag="v2.0.0")
    made = project(tmp_path / "made", source, ref="v2.0.0")
    before = snapshot(made.path)
    done = mlkata("-C", made.path, "add", "made", "x", code=1)
    assert said in done.err
    assert "defect" not in done.err
    assert snapshot(made.path) == before
    assert "mlkata add part NAME" in mlkata("-C", made.path, "add").out
    mlkata("-C", made.path, "add", "part", "x")


@pytest.mark.parametrize(
    ("text", "said"),
    [("{{ 1 / 0 }}", "division by zero"), ("{{ {}['x'] + [].pop() }}", "IndexError: pop from empty list")],
)
def test_a_file_that_can_not_be_rendered_is_named(
    source: Repository, tmp_path: Path, text: str, said: str
) -> None:
    source.commit({"components/part/files/{{ name }}.txt.jinja": text}, tag="v2.0.0")
    made = project(tmp_path / "made", source, ref="v2.0.0")
    done = mlkata("-C", made.path, "add", "part", "x", code=1)
    assert f"can't be rendered (components/part/files/{{{{ name }}}}.txt.jinja): {said}" in done.err


def test_a_broken_kind_is_listed_as_such(source: Repository, tmp_path: Path) -> None:
    source.commit({"components/made/component.yml": "a: ["}, tag="v2.0.0")
    made = project(tmp_path / "made", source, ref="v2.0.0")
    assert (
        "mlkata add made NAME       (broken: components/made/component.yml"
        in mlkata("-C", made.path, "add").out
    )
    offered = mlkata("-C", made.path, "add", "--json").data["offers"]["components"]
    assert "is no YAML" in offered["made"]["broken"]
    assert offered["part"]["broken"] == ""


def test_a_component_can_not_leave_the_project(source: Repository, tmp_path: Path) -> None:
    source.commit({"components/part/files/{{ up }}/{{ name }}": "x"}, tag="v2.0.0")
    source.commit(
        {"components/part/component.yml": PART + 'up: {type: str, default: "../..", when: false}\n'},
        tag="v3.0.0",
    )
    made = project(tmp_path / "made", source, ref="v3.0.0")
    before = snapshot(tmp_path)
    mlkata("-C", made.path, "add", "part", "x", code=1)
    assert snapshot(tmp_path) == before


def test_a_template_with_tasks_runs_none_of_them(source: Repository, tmp_path: Path) -> None:
    made = project(tmp_path / "made", source, ref="v1.1.0")
    source.git("checkout", "-q", "v1.1.0")
    source.commit({"copier.yml": QUESTIONS + "_tasks: ['touch ran']\n"}, tag="v1.1.1")
    mlkata("update", made.path, "-r", "v1.1.1", "--trust", "--defaults")
    made.git("commit", "-qam", "updated")
    (made.path / "ran").unlink(missing_ok=True)
    mlkata("-C", made.path, "add", "part", "x")
    assert not (made.path / "ran").exists()


def test_what_runs_code_to_render_needs_trust(source: Repository, tmp_path: Path) -> None:
    source.git("checkout", "-q", "v1.1.0")
    source.commit({"copier.yml": QUESTIONS + "_jinja_extensions: [jinja2.ext.do]\n"}, tag="v1.1.1")
    made = project(tmp_path / "made", source, "--trust", ref="v1.1.1")
    (Path.home() / ".config/mlkata/trust.json").unlink()
    before = snapshot(made.path)
    refused = mlkata("-C", made.path, "add", "part", "x", code=4)
    assert "wants to run code on this machine (Jinja extensions)" in refused.err
    assert snapshot(made.path) == before
    mlkata("-C", made.path, "add", "part", "x", "--trust")
    assert made.status() == ["A  src/pkg/x.py"]


def test_from_a_mirror_without_a_network(source: Repository, tmp_path: Path) -> None:
    url = source.path.as_uri()
    made = Repository(tmp_path / "made")
    mlkata("new", made.path, "--template", url, "-r", "v1.1.0", "--defaults", "-q")
    source.path.rename(tmp_path / "gone")
    mlkata("-C", made.path, "add", "part", "x", "--offline")
    mlkata("-C", made.path, "add", "part", "y")
    mlkata("-C", made.path, "remove", "part", "x", "--offline")
    assert made.status() == ["A  src/pkg/y.py"]


# Other answers
