"""`mlkata add`: only new files, all of them or none, and taken back byte for byte."""

from __future__ import annotations

import json
import keyword
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from evolving import COPIER_YML, Repository, command, inside, mlkata, project, snapshot, template
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader
from rendering import ROOT

QUESTIONS = (
    COPIER_YML
    + """\
ci:
    type: str
    choices: {GitHub: github, GitLab: gitlab, None: none}
    default: github
    help: Where does it run?
shout:
    type: str
    default: "{{ package | upper }}"
    when: false
"""
)
PART = """\
_help: A part of it
_next: ["{{ package }} {{ name }}", "{{ 'loudly' if loud }}"]
name:
    type: str
    validator: "{% if name == 'class' %}class is a keyword{% endif %}"
kind:
    type: str
    choices: [round, square]
    default: round
loud:
    type: bool
    default: false
"""
PART_PY = "# {{ name }} of {{ package }} ({{ shout }}), {{ kind }}{{ ', loud' if loud }}\n"
MADE = """\
_help: What a job makes
_module: "{{ package }}.main"
_run: [[write, "{{ name }}", "{{ from }}", "{{ more }}"], [check, "{{ name }}"]]
_makes: ["conf/{{ name }}.txt", "big/{{ name }}"]
name: {type: str}
from: {type: path, help: "Which file?"}
more: {type: str, default: ""}
"""
MAIN = """\
import sys, time
from pathlib import Path
job, name, *more = sys.argv[1:]
if job == "write":
    if not Path(more[0]).is_file():
        print("12:00 a log line", file=sys.stderr)
        sys.exit(f"pkg: there is no {more[0]}\\n  really")
    Path("conf", name + ".txt").write_text(Path(more[0]).read_text() + " ".join(more[1:]))
    if name == "lazy":
        sys.exit(0)
    Path("big", name).mkdir(parents=True)
    Path("big", name, "1.bin").write_bytes(bytes(1000))
    Path("log.txt").write_text("a log")
if name == "slow" and job == "check":
    Path(sys.argv[0]).with_name("reached").touch()
    time.sleep(60)
if name == "bad" and job == "check":
    sys.exit("pkg: bad is bad")
"""


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    made = template(
        tmp_path / "template",
        {
            "README.md": "about\n",
            ".gitignore": "/big/\n/.venv/\n*.tmp\n__pycache__/\n",
            "conf/first.txt": "1\n",
            "src/{{ package }}/main.py": MAIN,
            "{% if ci == 'gitlab' %}gitlab.yml{% endif %}": "ci\n",
            "{% if ci == 'github' %}github.yml{% endif %}": "ci\n",
        },
        copier_yml=QUESTIONS,
    )
    made.commit(
        {
            "components/part/component.yml": PART,
            "components/part/files/src/{{ package }}/{{ name }}.py.jinja": PART_PY,
            "components/part/files/{% if loud %}{{ name }}.loud{% endif %}": "LOUD\n",
            "components/made/component.yml": MADE,
            "components/notes.txt": "no component",
        },
        tag="v1.1.0",
    )
    made.commit(inside({"README.md": "newer\n"}), tag="v1.2.0")
    return made


@pytest.fixture
def made(source: Repository, tmp_path: Path) -> Repository:
    return project(tmp_path / "made", source, ref="v1.1.0")


@pytest.fixture
def runnable(made: Repository) -> Repository:
    """With an environment of its own."""
    bin_ = made.path / ".venv" / "bin"
    bin_.mkdir(parents=True)
    (bin_ / "python").symlink_to(sys.executable)
    return made


def test_a_component_is_written_and_staged(made: Repository) -> None:
    done = mlkata("-C", made.path, "add", "part", "wheel", "--kind", "square", "--json").data
    assert (done["status"], done["code"], done["old"], done["new"]) == ("done", 0, "v1.1.0", "v1.1.0")
    assert [(file["path"], file["action"]) for file in done["files"]] == [("src/pkg/wheel.py", "add")]
    assert done["next"][0] == "pkg wheel"
    assert made.status() == ["A  src/pkg/wheel.py"]
    assert made.read("src/pkg/wheel.py") == "# wheel of pkg (PKG), square\n"
    assert made.read("README.md") == "about\n"


@pytest.mark.parametrize(
    "line",
    ["part a b --loud=yes", "part --loud yes a b", "part a --loud=true b -n", "-n part a b --loud yes"],
)
def test_options_stand_anywhere_and_names_may_be_several(made: Repository, line: str) -> None:
    before = snapshot(made.path)
    done = mlkata("-C", made.path, "add", *line.split(), "--json").data
    paths = ["a.loud", "b.loud", "src/pkg/a.py", "src/pkg/b.py"]
    assert [file["path"] for file in done["files"]] == paths
    if "-n" in line.split():
        assert done["status"] == "planned"
        assert snapshot(made.path) == before
        assert made.status() == []
    else:
        assert made.status() == [f"A  {path}" for path in paths]
        assert made.read("src/pkg/b.py").endswith("round, loud\n")


def test_undo_takes_it_back_byte_for_byte(made: Repository) -> None:
    made.write({"README.md": "edited and not committed\n", "notes.md": "mine\n"})
    before, status = snapshot(made.path), made.status()
    mlkata("-C", made.path, "add", "part", "wheel")
    assert snapshot(made.path) != before
    mlkata("-C", made.path, "undo")
    assert snapshot(made.path) == before
    assert made.status() == status


@pytest.mark.parametrize("content", ["mine\n", ""])
def test_what_is_in_the_way_is_refused(made: Repository, content: str) -> None:
    made.write({"src/pkg/wheel.py": content})
    before = snapshot(made.path)
    done = mlkata("-C", made.path, "add", "part", "door", "wheel", code=5)
    assert "in the way: src/pkg/wheel.py; nothing was written" in done.err
    assert snapshot(made.path) == before
    made.write({"src/pkg/wheel.py": None, "src/pkg/wheel.py/x": "a folder\n"})
    done = mlkata("-C", made.path, "add", "part", "wheel", code=5)
    assert "in the way: src/pkg/wheel.py (a folder of yours is in its place)" in done.err


def test_again_changes_nothing(made: Repository) -> None:
    mlkata("-C", made.path, "add", "part", "wheel")
    before = snapshot(made.path)
    assert mlkata("-C", made.path, "add", "part", "wheel", "--json").data["status"] == "up-to-date"
    assert snapshot(made.path) == before
    mlkata("-C", made.path, "add", "part", "wheel", "--kind=square", code=5)


def test_in_a_folder_of_a_larger_repository(source: Repository, tmp_path: Path) -> None:
    outer = Repository(tmp_path / "outer")
    outer.path.mkdir()
    outer.git("init", "-q")
    outer.commit({"x.txt": "x\n"})
    made = project(outer.path / "ml", source, ref="v1.1.0")
    outer.commit()
    mlkata("-C", made.path, "add", "part", "wheel")
    assert outer.status() == ["A  ml/src/pkg/wheel.py"]
    mlkata("-C", made.path, "remove", "part", "wheel")
    assert outer.status() == []


def test_what_git_ignores_stays_out_of_it(made: Repository) -> None:
    made.commit({".gitignore": "*.loud\n"})
    mlkata("-C", made.path, "add", "part", "wheel", "--loud", "yes")
    assert made.status() == ["A  src/pkg/wheel.py"]
    assert made.read("wheel.loud") == "LOUD\n"
    mlkata("-C", made.path, "undo")
    assert made.status() == []
    assert not (made.path / "wheel.loud").exists()


def test_without_words_it_lists_what_there_is(made: Repository) -> None:
    done = mlkata("-C", made.path, "add")
    for line in (
        "mlkata add part NAME       A part of it",
        "--kind round|square",
        "mlkata add ci=github|gitlab|none   (now github)",
        "mlkata add extra=yes|no   (now yes)",
    ):
        assert line in done.out
    assert "shout" not in done.out
    offers = mlkata("-C", made.path, "add", "--json").data["offers"]
    assert list(offers["components"]) == ["made", "part"]
    assert offers["components"]["part"]["options"]["loud"]["choices"] == [True, False]
    assert offers["questions"]["ci"] == {
        "help": "Where does it run?",
        "choices": ["github", "gitlab", "none"],
        "default": "github",
        "now": "github",
    }


def test_the_help_of_a_kind_is_its_options(made: Repository, tmp_path: Path) -> None:
    for line in (("part", "--help"), ("-h", "part", "x")):
        shown = mlkata("-C", made.path, "add", *line).out
        assert "--kind round|square" in shown
        assert "mlkata add made" not in shown
        assert "ci=" not in shown
    assert "mlkata add made" in mlkata("-C", made.path, "add", "prat", "--help").out
    assert "after a KIND, its options" in mlkata("-C", tmp_path, "add", "--help").out
    assert made.status() == []


def test_what_the_projects_own_version_offers_counts(source: Repository, tmp_path: Path) -> None:
    old = project(tmp_path / "old", source, ref="v1.0.0")
    assert "part" not in mlkata("-C", old.path, "add").out
    assert "the template has no part to add" in mlkata("-C", old.path, "add", "part", "x", code=1).err


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
        ("part ../x", "'../x' is no name for a component", "Letters, digits, _, . and - are"),
        ("part .git", "'.git' is no name for a component", "Letters, digits"),
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


def test_an_answer_is_an_update_at_the_same_version(made: Repository) -> None:
    before = snapshot(made.path)
    done = mlkata("-C", made.path, "add", "ci=gitlab", "extra=no", "--dry-run", "--json").data
    assert (done["status"], done["old"], done["new"]) == ("planned", "v1.1.0", "v1.1.0")
    assert snapshot(made.path) == before
    done = mlkata("-C", made.path, "add", "ci=gitlab", "extra=no", "--json").data
    assert done["headline"] == "Answered ci=gitlab, extra=no; the version stays v1.1.0:"
    assert made.status() == ["M  .copier-answers.yml", "D  github.yml", "A  gitlab.yml"] or made.status() == [
        "M  .copier-answers.yml", "R  github.yml -> gitlab.yml",
    ]  # fmt: skip
    assert "_commit: v1.1.0" in made.read(".copier-answers.yml")
    assert "extra: false" in made.read(".copier-answers.yml")
    mlkata("-C", made.path, "undo")
    assert snapshot(made.path) == before
    assert mlkata("-C", made.path, "add", "ci=github", "--json").data["status"] == "up-to-date"


def test_a_question_of_yes_and_no_is_added_and_removed(made: Repository) -> None:
    mlkata("-C", made.path, "remove", "extra")
    assert "extra: false" in made.read(".copier-answers.yml")
    made.git("commit", "-qam", "without")
    mlkata("-C", made.path, "add", "extra")
    assert "extra: true" in made.read(".copier-answers.yml")


def test_answers_want_a_clean_tree_and_components_do_not(made: Repository) -> None:
    made.write({"README.md": "edited\n"})
    assert "changed and not committed: README.md" in mlkata("-C", made.path, "add", "ci=none", code=5).err
    mlkata("-C", made.path, "add", "part", "x")
    assert made.status() == [" M README.md", "A  src/pkg/x.py"]


def test_a_conflict_is_one_as_in_any_update(source: Repository, tmp_path: Path) -> None:
    source.commit(inside({"name.txt.jinja": "it is {{ ci }}\n"}), tag="v2.0.0")
    made = project(tmp_path / "made", source, ref="v2.0.0")
    made.commit({"name.txt": "it is mine\n"})
    before = snapshot(made.path)
    done = mlkata("-C", made.path, "add", "ci=none", "--json", code=3).data
    assert done["status"] == "conflicts"
    assert "in conflict" not in made.read("name.txt")
    refused = mlkata("-C", made.path, "add", "part", "x", code=5)
    assert "an earlier add has conflicts to resolve" in refused.err
    mlkata("-C", made.path, "update", "--abort")
    assert snapshot(made.path) == before


# What the project's own jobs make


def test_jobs_make_what_is_taken_over(runnable: Repository, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("what is in it ")
    before = snapshot(runnable.path)
    planned = mlkata("-C", runnable.path, "add", "made", "x", "--from", "../in.txt", "-n", "--json").data
    assert [file["path"] for file in planned["files"]] == ["conf/x.txt", "big/x"]
    assert snapshot(runnable.path) == before
    done = mlkata(
        "-C", runnable.path, "add", "made", "x", "--from=../in.txt", "--more", "a 'b", "--json"
    ).data
    assert [file["path"] for file in done["files"]] == ["conf/x.txt", "big/x/1.bin"]
    assert runnable.read("conf/x.txt") == "what is in it a 'b"
    assert runnable.status() == ["A  conf/x.txt"]
    assert set(snapshot(runnable.path)) == {*before, "conf/x.txt", "big/x/1.bin"}
    mlkata("-C", runnable.path, "undo")
    assert snapshot(runnable.path) == before
    assert not (runnable.path / "big").exists()


def test_a_file_outside_the_project_is_noted(runnable: Repository, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("x")
    line = ("-C", runnable.path, "add", "made", "x", "--from")
    (note,) = mlkata(*line, "../in.txt", "-n", "--json").data["notes"]
    assert note.startswith(f"{tmp_path / 'in.txt'} is outside the project; no other clone has it")
    assert mlkata(*line, "../in.txt", "--json").data["notes"] == [note]
    mlkata("-C", runnable.path, "undo")
    assert mlkata(*line, "README.md", "--json").data["notes"] == []


def test_a_file_of_the_project_is_named_from_its_top(runnable: Repository) -> None:
    runnable.write({"src/pkg/in.txt": "inside"})
    mlkata("-C", runnable.path / "src/pkg", "add", "made", "x", "--from", "in.txt")
    assert runnable.read("conf/x.txt") == "inside"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "x --from nothing.txt",
            "write failed; nothing was written. It says: pkg: there is no nothing.txt\n  really",
        ),
        ("lazy --from README.md", "its jobs ended well, but made no big/lazy; nothing was written"),
        ("bad --from README.md", "check failed; nothing was written. It says: pkg: bad is bad"),
    ],
)
def test_a_failed_job_leaves_nothing(runnable: Repository, line: str, said: str) -> None:
    before = snapshot(runnable.path)
    done = mlkata("-C", runnable.path, "add", "made", *line.split(), code=1)
    assert said in done.err
    assert "log line" not in done.err
    assert snapshot(runnable.path) == before
    assert runnable.status() == []
    assert not list((runnable.path / ".git/mlkata").glob("work/*"))


def test_an_environment_is_needed(made: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    done = mlkata("-C", made.path, "add", "made", "x", "--from", "README.md", code=1)
    assert "there is no .venv, and none is active" in done.err
    (tmp_path / "active/bin").mkdir(parents=True)
    (tmp_path / "active/bin/python").symlink_to(sys.executable)
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    mlkata("-C", made.path, "add", "made", "x", "--from", "README.md")
    assert made.status() == ["A  conf/x.txt"]


@pytest.mark.parametrize("module", ["timeit", "pkg.gone", "pkg.main -c", "os"])
def test_only_a_module_of_the_projects_runs(source: Repository, tmp_path: Path, module: str) -> None:
    source.commit({"components/made/component.yml": MADE.replace("{{ package }}.main", module)}, tag="v2.0.0")
    made = project(tmp_path / "made", source, ref="v2.0.0")
    (made.path / ".venv/bin").mkdir(parents=True)
    (made.path / ".venv/bin/python").symlink_to(sys.executable)
    done = mlkata("-C", made.path, "add", "made", "x", "--from", "README.md", code=1)
    assert f"the project has no module {module}" in done.err
    assert "It would be in src/" in done.err


def test_a_killed_run_leaves_nothing(runnable: Repository) -> None:
    before = snapshot(runnable.path)
    started = subprocess.Popen(
        command("-C", runnable.path, "add", "made", "slow", "--from", "README.md"),
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    reached, end = runnable.path / "src/pkg/reached", time.monotonic() + 60
    while not reached.exists():
        assert started.poll() is None, started.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
    os.killpg(started.pid, signal.SIGKILL)
    started.communicate()
    reached.unlink()
    assert snapshot(runnable.path) == before
    assert runnable.status() == []
    mlkata("-C", runnable.path, "add", "part", "x")
    assert not list((runnable.path / ".git/mlkata").glob("work/*"))


def test_an_interrupted_run_leaves_nothing(runnable: Repository) -> None:
    before = snapshot(runnable.path)
    started = subprocess.Popen(
        command("-C", runnable.path, "add", "made", "slow", "--from", "README.md", "--json"),
        stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    reached, end = runnable.path / "src/pkg/reached", time.monotonic() + 60
    while not reached.exists():
        assert started.poll() is None, started.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
    os.killpg(started.pid, signal.SIGINT)
    said = json.loads(started.communicate()[0])
    reached.unlink()
    assert (started.returncode, said["error"]) == (130, "interrupted")
    assert snapshot(runnable.path) == before
    assert not list((runnable.path / ".git/mlkata").glob("work/*"))


# Names, as our own template checks them

NAMES = Environment(loader=FileSystemLoader(ROOT))


def problem(name: str) -> str:
    """What our template says of a component's name; with the filters of Copier's that it uses."""
    NAMES.filters["regex_search"] = lambda text, pattern: re.search(pattern, text)
    NAMES.filters["regex_replace"] = lambda text, pattern, to: re.sub(pattern, to, text)
    NAMES.filters["to_json"] = lambda value, **_: json.dumps(value)
    macros = NAMES.get_template("template/includes/names.jinja").module
    return str(macros.component(name)).strip()  # type: ignore[attr-defined]


@given(st.one_of(st.text(max_size=45), st.from_regex(r"[a-zA-Z_0-9]{1,45}", fullmatch=True)))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_name_is_taken_if_it_is_a_modules(name: str) -> None:
    said = problem(name)
    plain = re.fullmatch(r"[a-z](_?[a-z0-9])*", name) is not None and len(name) <= 40
    free = (
        name not in sys.stdlib_module_names and not keyword.iskeyword(name) and name not in dir(__builtins__)
    )
    if plain and not said:
        assert free
        assert name.isidentifier()
    if not plain:
        assert said
    if suggested := re.search(r"such as (\w+)\.$", said):
        assert problem(suggested[1]) == "" or suggested[1] != name


def test_every_word_of_pythons_is_refused() -> None:
    import builtins

    words = {*sys.stdlib_module_names, *keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
    words = {word for word in words if re.fullmatch(r"[a-z](_?[a-z0-9])*", word)}
    assert [word for word in sorted(words) if not problem(word)] == []
    assert [problem(name) for name in ("boosted", "my_model_2", "a", "x" * 40)] == [""] * 4
