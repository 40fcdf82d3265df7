"""Plain `copier copy`, as people type it, gives a project that runs: wherever it goes, and at a terminal."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from rendering import Rendered
from test_projects import Project
from test_questions import Terminal

COPY = (sys.executable, "-m", "copier", "copy")


@pytest.mark.parametrize(
    ("folder", "where", "package"),
    [("new", "My churn", "my_churn"), ("churn", ".", "churn"), ("app", "ml", "ml")],
)
def test_copies_by_defaults_without_trust(
    template: Path, tmp_path: Path, folder: str, where: str, package: str
) -> None:
    """Into a new folder, the current one, one within another: complete, and its command answers."""
    (tmp_path / folder).mkdir()
    destination = (tmp_path / folder / where).resolve()
    project = Project(destination, package)
    said = project.run(*COPY, "--defaults", template, where, cwd=tmp_path / folder)
    assert "is ready. What is next:" in said
    assert "make setup" in said
    assert Rendered(destination, {}).recorded()["package_name"] == package
    assert "retrieve" in project.run(project.command, "--help")
    project.run("git", "init", "--quiet")  # as `make setup` does where there is none
    assert "retrieve:" in project.run("dvc", "status")


def test_runs_in_a_subfolder_of_a_repository(template: Path, tmp_path: Path) -> None:
    """Jobs and DVC work there; the application's git sees pointers, never data."""
    app = tmp_path / "app"
    ml = Project(app / "ml", "ml")
    app.mkdir()
    (app / "app.py").write_text("print('hello')\n")
    ml.run("git", "init", "--quiet", "--initial-branch=main", cwd=app)
    ml.run(*COPY, "--defaults", "--quiet", template, "ml", cwd=app)
    ml.run("git", "add", "--all", cwd=app)
    ml.run("git", "commit", "--quiet", "--message=ml", cwd=app)
    said = ml.run("dvc", "repro", "retrieve")
    assert "Running stage 'retrieve'" in said
    ml.job("train", "model=linear")
    record = json.loads((ml.path / "outputs/train/lineage.json").read_text())
    assert record["git_commit"] == ml.run("git", "rev-parse", "HEAD").strip()
    assert record["dvc_revision"].endswith(".dir")
    assert "didn't change" in ml.run("dvc", "repro", "retrieve")
    ml.run("dvc", "push", "retrieve")
    assert (tmp_path / "ml-dvc-remote" / "files").is_dir()
    untracked = ml.run("git", "status", "--porcelain", "--untracked-files=all", "--", "ml", cwd=app).split()
    assert sorted(untracked) == ["??", "??", "ml/data/.gitignore", "ml/dvc.lock"]


def test_asks_at_most_eight_questions(template: Path, tmp_path: Path) -> None:
    """Enter at each is enough; what comes out runs."""
    destination = tmp_path / "Churn"
    person = Terminal(*COPY, str(template), str(destination))
    asked: list[str] = []
    while person.read(20):
        found = re.findall(r"🎤 ([^\n\r]+\?)", person.seen)
        for question in found:
            if question not in asked:
                asked.append(question)
                person.type("\r")
    assert person.finish() == 0
    assert 1 <= len(asked) <= 8, asked
    project = Project(destination, "churn")
    assert "retrieve" in project.run("churn", "--help")
