"""What is taken back: all of an operation and nothing else, after a kill and through links, too."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from evolving import Repository, mlkata, project, snapshot, template
from keeping import FILES, LINES, THEIRS, conflict, next_release, release, start

from mlkata import journal, placing


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return template(tmp_path / "template", FILES)


@pytest.fixture
def made(source: Repository, tmp_path: Path) -> Repository:
    return project(tmp_path / "made", source)


def killed(made: Repository, monkeypatch: pytest.MonkeyPatch, step: int, *verb: str) -> None:
    """A command that ends for good before it puts its n-th file in place."""
    steps = iter(range(step))
    place = placing.place

    def dies(*args: Any) -> None:
        if next(steps, None) is None:
            os._exit(9)
        place(*args)

    with monkeypatch.context() as patch:
        patch.setattr(journal, "place", dies)
        child = os.fork()
        if not child:
            mlkata(*verb, made.path)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


@pytest.mark.parametrize("end", ["--abort", "--continue"])
def test_what_was_written_after_a_kill_is_kept(
    source: Repository, made: Repository, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    before = snapshot(made.path)
    next_release(source)
    killed(made, monkeypatch, 1, "update")
    made.write({"b.txt": "later\n"})
    after = snapshot(made.path)
    assert "edited since this update: b.txt" in mlkata("update", made.path, end, code=5).err
    assert snapshot(made.path) == after
    made.write({"b.txt": LINES})
    mlkata("update", made.path, end)
    assert made.read("a.txt") == (LINES if end == "--abort" else THEIRS)
    assert (snapshot(made.path) == before) == (end == "--abort")


def test_a_kill_ends_on_the_commit_that_it_was_on(
    source: Repository, made: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    next_release(source)
    killed(made, monkeypatch, 1, "update")
    (made.path / ".git/index.lock").unlink()
    made.git("stash", "-q", "-u")
    made.git("checkout", "-q", "-b", "other")
    made.commit({"o.txt": "o\n"})
    for end in ("--abort", "--continue"):
        assert "another commit is checked out" in mlkata("update", made.path, end, code=5).err
    assert made.git("status", "--porcelain") == ""


@pytest.mark.parametrize("step", range(3))
def test_an_undo_that_was_killed_is_ended(
    source: Repository, made: Repository, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    before = snapshot(made.path)
    next_release(source)
    mlkata("update", made.path)
    killed(made, monkeypatch, step, "undo")
    assert "an earlier update was interrupted" in mlkata("update", made.path, code=5).err
    assert mlkata("update", made.path, "--abort").out.startswith("The update was taken back")
    assert snapshot(made.path) == before
    assert made.git("status", "--porcelain") == ""


def test_a_new_folder_that_was_interrupted_is_ended_first(
    source: Repository, made: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = ("new", "--template", str(source.path), "--defaults", str(made.path / "sub"))
    killed(Repository(made.path / "sub"), monkeypatch, 1, *again[:-1])
    (made.path / ".git/index.lock").unlink(missing_ok=True)
    (made.path / "sub").mkdir(exist_ok=True)
    (made.path / "sub" / "mine.txt").write_text("mine")
    assert "an earlier new of sub was interrupted" in mlkata(*again, code=5).err
    mlkata("update", made.path / "sub", "--abort")
    assert "is not empty" in mlkata(*again, code=5).err
    (made.path / "sub" / "mine.txt").unlink()
    mlkata(*again)


def test_nothing_goes_through_a_link(source: Repository, made: Repository, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "new.txt").write_text("precious\n")
    next_release(source)
    mlkata("update", made.path)
    (made.path / "data/new.txt").unlink()
    (made.path / "data").rmdir()
    (made.path / "data").symlink_to(outside)
    (made.path / "gone").symlink_to(outside)
    refused = mlkata("undo", made.path, code=5)
    assert "edited since this update: data/new.txt, gone/only.txt; nothing was changed" in refused.err
    mlkata("undo", made.path, "--force")
    assert {file.name for file in outside.iterdir()} == {"new.txt"}
    assert (outside / "new.txt").read_text() == "precious\n"
    assert made.read("gone/only.txt") == "only\n"


def test_a_link_that_becomes_a_folder(tmp_path: Path) -> None:
    config = "_subdirectory: template\n_preserve_symlinks: true\n"
    source, made = start(tmp_path, {"real/b/x.txt": "x\n"}, copier_yml=config)
    link = source.path / "template/a"
    link.symlink_to("real")
    release(source)
    mlkata("update", made.path)
    made.commit()
    before = snapshot(made.path)
    link.unlink()
    release(source, {"a/b/c.txt": "c\n"}, "v1.2.0")
    mlkata("update", made.path)
    assert made.read("a/b/c.txt") == "c\n"
    mlkata("undo", made.path)
    assert snapshot(made.path) == before
    assert made.status() == []


def test_a_binary_that_was_chosen_goes_back(source: Repository, made: Repository) -> None:
    release(source, {"logo.bin": b"\0" * 9}, "v1.0.1")
    mlkata("update", made.path)
    made.commit({"logo.bin": b"\0mine"})
    before = snapshot(made.path)
    release(source, {"logo.bin": b"\0theirs", "a.txt": THEIRS})
    mlkata("update", made.path, code=3)
    made.git("checkout", "-q", "--theirs", "logo.bin")
    made.git("add", "logo.bin")
    mlkata("update", made.path, "--abort")
    assert snapshot(made.path) == before
    assert made.status() == []


def test_without_room_for_a_note_it_is_taken_back(
    source: Repository, made: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot(made.path)
    next_release(source)
    mlkata("update", made.path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(journal.Journal, "_save", full)
    mlkata("undo", made.path)
    assert snapshot(made.path) == before


def test_permissions_that_git_does_not_know_are_no_edit(source: Repository, made: Repository) -> None:
    conflict(source, made)
    (made.path / "a.txt").chmod(0o600)
    mlkata("update", made.path, "--abort")
    assert made.read("a.txt") == LINES


def test_a_damaged_journal_is_named(source: Repository, made: Repository) -> None:
    next_release(source)
    mlkata("update", made.path)
    (made.path / ".git/mlkata/operation/journal.json").write_text("")
    refused = mlkata("undo", made.path, code=1).err
    assert "is damaged, so the last operation can be neither ended nor taken back" in refused
