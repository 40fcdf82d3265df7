"""Plain `copier copy`, as people type it, gives a project that runs: wherever it goes, and at a terminal."""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from rendering import Answers, Rendered, git, run
from running import Project, Terminal

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


# From a tagged repository, as people get it


@pytest.fixture(scope="module")
def repository(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the template as people get it: a tagged git repository."""
    path = tmp_path_factory.mktemp("origin") / "mlkata"
    shutil.copytree(template, path)
    git("init", "--quiet", cwd=path)
    git("add", "--all", cwd=path)
    git("commit", "--quiet", "--message=template", cwd=path)
    git("tag", "v0.1.0", cwd=path)
    return path


def copier_copy(repository: Path, destination: str, cwd: Path) -> Answers:
    """Run `copier copy --defaults`, and give what the answers file says."""
    run(sys.executable, "-m", "copier", "copy", "--defaults", "--quiet", repository, destination, cwd=cwd)
    answers = Rendered(cwd / destination, {}).recorded()
    assert answers["_commit"] == "v0.1.0"
    assert answers["_src_path"] == str(repository)
    return answers


def test_copy_into_a_new_folder(repository: Path, tmp_path: Path) -> None:
    """The folder names the project."""
    answers = copier_copy(repository, "My churn", tmp_path)
    assert answers["project_name"] == "My churn"
    assert answers["package_name"] == "my_churn"
    assert answers["data_remote_url"] == "../../my-churn-dvc-remote"


def test_copy_into_the_current_folder(repository: Path, tmp_path: Path) -> None:
    """Also one whose name can't be a package's, and which already is a git repository."""
    here = tmp_path / "顧客"
    here.mkdir()
    git("init", "--quiet", cwd=here)
    answers = copier_copy(repository, ".", here)
    assert answers["project_name"] == "顧客"
    assert answers["package_name"] == "ml_project"
    assert answers["data_remote_url"] == "../../ml-project-dvc-remote"


def test_copy_into_a_subfolder_of_a_repository(repository: Path, tmp_path: Path) -> None:
    """The data's remote lies beside the whole repository, where its git doesn't see it."""
    app = tmp_path / "app"
    app.mkdir()
    git("init", "--quiet", cwd=app)
    answers = copier_copy(repository, "services/ml", app)
    assert answers["package_name"] == "ml"
    remote = app / "services/ml/.dvc" / answers["data_remote_url"]
    assert remote.resolve() == (tmp_path / "ml-dvc-remote").resolve()
    assert git("check-ignore", "services/ml/.env", cwd=app) == "services/ml/.env\n"
