"""`mlkata undo`: byte for byte, and not over later work."""

from __future__ import annotations

from pathlib import Path

import pytest
from evolving import Repository, mlkata, project, snapshot, template


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return template(tmp_path / "template", {"a.txt": "a\n", "b.txt": "b\n", "c/d.txt": "d\n"})


@pytest.fixture
def made(source: Repository, tmp_path: Path) -> Repository:
    return project(tmp_path / "made", source)


def test_undo_refuses_over_later_work_and_can_be_forced(source: Repository, made: Repository) -> None:
    before = snapshot(made.path)
    source.commit({"template/a.txt": "new\n"}, tag="v1.1.0")
    mlkata("update", made.path)
    made.write({"a.txt": "edited\n"})
    assert "edited since this update: a.txt" in mlkata("undo", made.path, code=5).err
    assert made.read("a.txt") == "edited\n"
    mlkata("undo", made.path, "--force")
    assert snapshot(made.path) == before
    assert "there is nothing to undo" in mlkata("undo", made.path, code=1).err
    mlkata("update", made.path)
    made.commit()
    assert "a commit was made since this update" in mlkata("undo", made.path, code=5).err
