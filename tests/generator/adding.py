"""A template with components and a project of it, for the tests of `add` and `remove`."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from evolving import COPIER_YML, Repository, inside, project, template

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
