"""`mlkata check`: behind, drifted, or neither; quickly, and from anywhere."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from evolving import Repository, command, mlkata, project, template


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    files = {f"{name}.txt": f"{name}\n" * 20 for name in ("a", "b", "c", "d")}
    return template(tmp_path / "template", dict(files))


@pytest.fixture
def made(source: Repository, tmp_path: Path) -> Repository:
    return project(tmp_path / "made", source)


def test_each_file_is_as_rendered_edited_deleted_moved_or_own(made: Repository) -> None:
    made.commit({"a.txt": "a\n" * 20 + "mine\n", "b.txt": None, "own.txt": "own\n"})
    made.git("mv", "c.txt", "moved.txt")
    found = mlkata("check", made.path, "--drift", "-v", "--json", code=2).data
    assert found["status"] == "drifted"
    assert {(file["path"], file["action"]) for file in found["files"]} == {
        (".copier-answers.yml", "same"), ("a.txt", "edited"), ("b.txt", "deleted"), ("d.txt", "same"),
        ("moved.txt", "moved"), ("own.txt", "own"),
    }  # fmt: skip
    assert found["headline"] == (
        "Of the template's 5 files 2 are as rendered, 1 edited, 1 moved, 1 deleted; 1 are your own."
    )


def test_each_question_can_be_asked_alone(source: Repository, made: Repository) -> None:
    mlkata("check", made.path)
    source.commit({"template/a.txt": "new\n"}, tag="v1.1.0")
    mlkata("check", made.path, "--outdated", code=2)
    mlkata("check", made.path, "--drift")
    made.commit({"a.txt": "mine\n"})
    assert mlkata("check", made.path, "--json", code=2).data["status"] == "outdated, drifted"


def test_copier_is_not_imported_where_nothing_needs_rendering(made: Repository) -> None:
    program = "import sys, mlkata.cli as c; c.main(['check', sys.argv[1]]); print('copier' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program, made.path], capture_output=True, check=True)
    assert done.stdout.endswith(b"False\n")


@pytest.mark.parametrize("verb", ["check", "update"])
def test_a_hooks_environment_does_not_mislead(verb: str, made: Repository, tmp_path: Path) -> None:
    env = {
        **os.environ,
        "GIT_DIR": str(made.path / ".git"),
        "GIT_INDEX_FILE": str(tmp_path / "index"),
        "GIT_PREFIX": "",
        "GIT_WORK_TREE": str(tmp_path),
    }
    done = subprocess.run(command(verb), cwd=made.path, env=env, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert not (tmp_path / "index").exists()


def test_a_folder_below_and_a_bare_clone_answer_alike(made: Repository, tmp_path: Path) -> None:
    made.commit({"deep/er/own.txt": "own\n", "a.txt": "mine\n"})
    made.git("clone", "-q", "--bare", made.path, tmp_path / "bare.git")
    said = mlkata("check", made.path, "-v", code=2).out
    assert mlkata("check", made.path / "deep/er", "-v", code=2).out == said
    assert mlkata("check", tmp_path / "bare.git", "-v", code=2).out == said


def test_nothing_of_the_project_is_written(made: Repository) -> None:
    made.write({"a.txt": "mine\n"})
    index = (made.path / ".git/index").read_bytes()
    mlkata("check", made.path, code=2)
    assert (made.path / ".git/index").read_bytes() == index
    assert made.status() == [" M a.txt"]


def test_a_copy_of_a_file_that_git_does_not_track_is_the_users_own(tmp_path: Path) -> None:
    source = template(tmp_path / "template", {".gitignore.jinja": ".env\n", ".env": "env\n" * 20})
    made = project(tmp_path / "made", source)
    made.commit({"env.example": "env\n" * 20})
    assert mlkata("check", made.path, "--drift", "--json").data["files"] == []
    made.write({".env": None})
    (change,) = mlkata("check", made.path, "--drift", "--json", code=2).data["files"]
    assert (change["path"], change["action"], change["source"]) == ("env.example", "moved", ".env")


def test_a_file_below_what_is_a_link_now_is_deleted(tmp_path: Path) -> None:
    source = template(tmp_path / "template", {"docs/a.txt": "a\n" * 20, "b.txt": "b\n"})
    made = project(tmp_path / "made", source)
    made.git("rm", "-rq", "docs")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/a.txt").write_text("mine\n")
    (made.path / "docs").symlink_to(tmp_path / "elsewhere")
    (change,) = mlkata("check", made.path, "--drift", "--json", code=2).data["files"]
    assert (change["path"], change["action"], change["why"]) == (
        "docs/a.txt", "deleted", "docs of yours is no folder",
    )  # fmt: skip
