"""From every release of this template to what it is now, with and without a person's edits.

A release is the last commit before the version in `pyproject.toml` changed: tags need not exist here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from evolving import Repository, mlkata, run, snapshot

ROOT = Path(__file__).resolve().parents[2]
GOAL = "v999.0.0"
VERSION = re.compile(r'(?m)^version = "(.+)"$')


def releases() -> dict[str, str]:
    """Every released version, and its commit."""
    changes = run("git", "log", "--format=%H", "-G^version = ", "--", "pyproject.toml", cwd=ROOT).splitlines()
    found = {}
    for commit in changes[:-1]:  # the first one made the file
        before = run("git", "show", f"{commit}^:pyproject.toml", cwd=ROOT)
        version = VERSION.search(before)
        assert version
        found[version[1]] = run("git", "rev-parse", f"{commit}^", cwd=ROOT)
    return found


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """This repository, its releases tagged, and the working copy as the newest of them."""
    path = tmp_path_factory.mktemp("releases") / "mlkata"
    run("git", "clone", "-q", "--no-tags", ROOT, path, cwd=ROOT)
    copy = Repository(path)
    for name in ("user.name", "user.email"):
        copy.git("config", name, "test@example.com")
    for version, commit in releases().items():
        copy.git("tag", f"v{version}", commit)
    shutil.rmtree(path / "template")
    listed = run("git", "ls-files", "-co", "--exclude-standard", "template", "copier.yml", cwd=ROOT)
    for name in listed.splitlines():
        if (ROOT / name).is_file():
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, path / name)
    copy.commit(tag=GOAL)
    return copy


def made(template: Repository, path: Path, version: str) -> Repository:
    mlkata(
        "new", path, "--template", template.path, "-r", f"v{version}", "--defaults", "-q",
        "-d", "project_name=Churn", "-d", "data_remote_url=../../remote",
    )  # fmt: skip
    return Repository(path)


def own_tests(project: Repository) -> None:
    """Run the tests that the project brings, in the environment that we share with it."""
    variables = {key: value for key, value in os.environ.items() if not key.startswith(("GIT_", "PYTEST_"))}
    variables |= {"PYTHONPATH": str(project.path / "src")}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
    done = subprocess.run(
        command, cwd=project.path, env=variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_make_update_puts_the_newest_release_on_a_branch(template: Repository, tmp_path: Path) -> None:
    run("git", "clone", "-q", template.path, tmp_path / "mlkata", cwd=tmp_path)
    source = Repository(tmp_path / "mlkata")
    for name in ("user.name", "user.email"):
        source.git("config", name, "test@example.com")
    project = made(source, tmp_path / "churn", GOAL.removeprefix("v"))
    source.commit({"template/project/NEWS.md": "news\n"}, tag="v1000.0.0")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    venv = Path(sys.executable).parent.parent
    env = {**os.environ, "PATH": path}
    command = ("make", "-s", "update", f"VENV={venv}")
    assert "mlkata/update-v1000.0.0" in run(*command, cwd=project.path, env=env)
    assert project.git("show", "mlkata/update-v1000.0.0:NEWS.md") == "news"
    assert project.status() == []
    project.commit({"Makefile": project.read("Makefile") + "mine:\n"})
    source.commit({"template/project/Makefile.jinja": "other:\n"}, tag="v1001.0.0")
    run(*command, cwd=project.path, env=env)  # with conflicts, which is no failure
    assert "<<<<<<< yours" in project.git("show", "mlkata/update-v1001.0.0:Makefile")


@pytest.mark.parametrize("version", releases())
def test_an_unedited_project_becomes_what_a_new_one_would_be(
    template: Repository, tmp_path: Path, version: str
) -> None:
    project = made(template, tmp_path / "churn", version)
    mlkata("update", project.path, "-q")
    project.git("commit", "-qam", "update")
    fresh = tmp_path / "fresh" / "churn"
    answers = (project.path / ".copier-answers.yml").read_text()
    (tmp_path / "answers.yml").write_text(re.sub(r"(?m)^(_.*|#.*)\n", "", answers))
    mlkata(
        "new", fresh, "--template", template.path, "--defaults", "-q", "--data-file", tmp_path / "answers.yml"
    )
    assert snapshot(project.path) == snapshot(fresh)
    assert "0 edited, 0 moved, 0 deleted; 0 are your own" in mlkata("check", project.path).out


@pytest.mark.parametrize("version", releases())
def test_an_edited_project_keeps_its_edits_and_passes_its_tests(
    template: Repository, tmp_path: Path, version: str
) -> None:
    project = made(template, tmp_path / "churn", version)
    readme = project.read("README.md")
    makefile = project.read("Makefile")
    workflow = project.read(".github/workflows/ci.yml")
    project.commit(
        {
            "README.md": readme.replace("## Run it", "Ask the churn team.\n\n## Run it"),
            "Makefile": f"{makefile}\nours: ## Our own\n\t@echo ours\n",
            "src/churn/own.py": '"""Our own module."""\n',
            "notes/meeting.md": "What we decided.\n",
            ".github/workflows/ci.yml": workflow.replace("timeout-minutes: 20", "timeout-minutes: 45"),
            ".editorconfig": None,
        }
    )
    mlkata("update", project.path, "-q")
    assert "Ask the churn team.\n\n## Run it" in project.read("README.md")
    assert project.read("Makefile").endswith("\nours: ## Our own\n\t@echo ours\n")
    assert project.read("src/churn/own.py") == '"""Our own module."""\n'
    assert project.read("notes/meeting.md") == "What we decided.\n"
    assert "timeout-minutes: 45" in project.read(".github/workflows/ci.yml")
    assert not (project.path / ".editorconfig").exists()
    assert "make outdated" in project.read("README.md")
    project.git("commit", "-qam", "update")
    assert mlkata("check", project.path, "--outdated").code == 0
    own_tests(project)
