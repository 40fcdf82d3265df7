"""What a person does after an operation, or while one runs, is never taken back with it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest
from evolving import Repository, mlkata, project, snapshot, template
from keeping import BOTH, FILES, LINES, MINE, THEIRS, conflict, next_release, release, start, update

from mlkata import render


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return template(tmp_path / "template", FILES)


@pytest.fixture
def made(source: Repository, tmp_path: Path) -> Repository:
    return project(tmp_path / "made", source)


def test_a_branch_is_made_of_what_is_committed(source: Repository, made: Repository) -> None:
    next_release(source)
    mlkata("update", made.path)  # written, and not committed
    release(source, {"a.txt": THEIRS.replace("line 9\n", "later\n")}, "v1.2.0")
    mlkata("update", made.path, "--branch", "next")
    assert made.git("show", "next:a.txt") == THEIRS.replace("line 9\n", "later\n").strip()
    assert made.git("show", "next:data/new.txt") == "new"
    assert made.git("ls-tree", "-r", "--name-only", "next", "gone") == ""


def test_answers_that_git_does_not_look_at_are_no_base(source: Repository, made: Repository) -> None:
    next_release(source)
    made.git("update-index", "--skip-worktree", ".copier-answers.yml")
    answers = made.read(".copier-answers.yml")
    made.write({".copier-answers.yml": answers + "own: 1\n"})
    refused = mlkata("update", made.path, code=5)
    assert ".copier-answers.yml on disk is not what HEAD has" in refused.err
    assert made.read("a.txt") == LINES


@pytest.mark.parametrize("meanwhile", ["edit", "commit"])
def test_work_during_a_question_is_kept(
    source: Repository, made: Repository, monkeypatch: pytest.MonkeyPatch, meanwhile: str
) -> None:
    next_release(source)
    real = render.pair

    def asks(*args: Any) -> Any:
        made.write({"a.txt": MINE})
        if meanwhile == "commit":
            made.commit()
        return real(*args)

    monkeypatch.setattr(render, "pair", asks)
    said = {"edit": "changed and not committed: a.txt", "commit": "a commit was made meanwhile"}[meanwhile]
    assert said in mlkata("update", made.path, code=5).err
    assert made.read("a.txt") == MINE
    monkeypatch.undo()
    made.git("commit", "-q", "--allow-empty", "-am", "mine")
    assert update(made) == {
        ("a.txt", "change"), ("b.txt", "change"), ("data/new.txt", "add"), ("gone/only.txt", "delete")
    }  # fmt: skip
    assert made.read("a.txt") == BOTH


def test_a_branch_follows_the_commit_that_it_was_worked_out_for(
    source: Repository, made: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_release(source)
    before = made.git("rev-parse", "HEAD")
    real = render.pair

    def asks(*args: Any) -> Any:
        made.commit({"own.txt": "own\n"})
        return real(*args)

    monkeypatch.setattr(render, "pair", asks)
    mlkata("update", made.path, "--branch", "next")
    assert made.git("rev-parse", "next^") == before
    made.git("merge", "-q", "--no-edit", "next")
    assert (made.read("own.txt"), made.read("a.txt")) == ("own\n", THEIRS)


def test_a_conflict_that_was_committed_is_over(source: Repository, made: Repository) -> None:
    conflict(source, made)
    made.write({"b.txt": "resolved\n"})
    made.git("add", "-A")
    made.git("commit", "-qm", "resolved")
    made.write({"b.txt": "weeks of work\n"})
    after = snapshot(made.path)
    assert mlkata("update", made.path, "--abort").out == "Nothing is under way.\n"
    assert "a commit was made since this update" in mlkata("undo", made.path, code=5).err
    assert snapshot(made.path) == after
    made.commit()
    assert mlkata("update", made.path).out.startswith("Up to date")


def test_a_conflict_that_was_reset_is_over(source: Repository, made: Repository) -> None:
    conflict(source, made)
    made.git("reset", "-q", "--hard")
    made.write({"b.txt": "work\n", "data/new.txt": "own\n"})
    for verb in ("--abort", "--continue"):
        assert mlkata("update", made.path, verb).out == "Nothing is under way.\n"
    assert "edited since this update" in mlkata("undo", made.path, code=5).err
    assert (made.read("b.txt"), made.read("data/new.txt")) == ("work\n", "own\n")


def test_abort_keeps_what_was_never_in_conflict(source: Repository, made: Repository) -> None:
    before = snapshot(made.path)
    conflict(source, made)
    made.write({"b.txt": "half resolved\n", "data/new.txt": "own\n"})
    refused = mlkata("update", made.path, "--abort", code=5)
    assert "edited since this update: data/new.txt; nothing was changed" in refused.err
    made.write({"data/new.txt": "new\n"})
    mlkata("update", made.path, "--abort")
    assert snapshot(made.path) == {**before, "b.txt": (before["b.txt"][0], MINE.encode())}


def test_an_answers_file_that_is_a_link(source: Repository, made: Repository) -> None:
    answers = made.path / ".copier-answers.yml"
    answers.rename(made.path / "answers.yml")
    answers.symlink_to("answers.yml")
    made.commit()
    next_release(source)
    mlkata("update", made.path)
    assert made.read("a.txt") == THEIRS


def test_each_folder_ends_its_own(source: Repository, tmp_path: Path) -> None:
    whole = Repository(tmp_path / "whole")
    whole.path.mkdir()
    whole.git("init", "-q")
    whole.commit({"README.md": "whole\n"})
    for name in ("a", "b"):
        mlkata("new", whole.path / name, "--template", source.path, "--defaults")
    whole.commit({"b/b.txt": MINE})
    next_release(source)
    mlkata("update", whole.path / "b", code=3)
    after = snapshot(whole.path)
    for verb in (("update", "--abort"), ("update", "--continue"), ("undo",)):
        refused = mlkata(verb[0], whole.path / "a", *verb[1:], code=1)
        assert "is the update of b; nothing was changed" in refused.err
    assert "an earlier update of b has conflicts" in mlkata("update", whole.path / "a", code=5).err
    mlkata("update", whole.path / "a", "--branch", "a")
    assert snapshot(whole.path) == after
    mlkata("update", whole.path / "b", "--abort")
    assert whole.git("status", "--porcelain") == ""


def test_a_private_file_that_the_template_leaves_to_the_project(tmp_path: Path) -> None:
    files = {".gitignore.jinja": "/.env\n", ".env": LINES}
    config = "_subdirectory: template\n_skip_if_exists: [.env]\n"
    source, made = start(tmp_path, files, copier_yml=config)
    made.write({".env": MINE})
    release(source, {".env": THEIRS})
    assert update(made) == {(".env", "skipped")}
    assert made.read(".env") == MINE


def test_a_repository_of_sha256(source: Repository, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    subprocess.run(["git", "init", "-q", "-b", "main", "--object-format=sha256", whole], check=True)
    subprocess.run(["git", "commit", "-q", "--allow-empty", "-m", "first"], cwd=whole, check=True)
    mlkata("new", whole / "a", "--template", source.path, "--defaults")
    subprocess.run(["git", "commit", "-qm", "made"], cwd=whole, check=True)
    before = snapshot(whole)
    next_release(source)
    mlkata("update", whole / "a")
    assert (whole / "a/a.txt").read_text() == THEIRS
    mlkata("undo", whole / "a")
    assert snapshot(whole) == before
