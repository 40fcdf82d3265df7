"""`mlkata diff` and `mlkata restore`."""

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


def test_a_diff_applied_backwards_gives_the_template_again(made: Repository, tmp_path: Path) -> None:
    assert mlkata("diff", "-C", made.path).out == "Nothing differs from the template.\n"
    before = snapshot(made.path)
    made.commit({"a.txt": "mine\n", "c/d.txt": None, "own.txt": "own\n"})
    patch = tmp_path / "the.patch"
    patch.write_text(mlkata("diff", "-C", made.path).out)
    assert "own.txt" not in patch.read_text()
    assert "c/d.txt" not in mlkata("diff", "-C", made.path, "a.txt").out
    made.git("apply", "-R", patch)
    (made.path / "own.txt").unlink()
    assert snapshot(made.path) == before


def test_restored_files_are_the_templates_and_undo_brings_mine_back(made: Repository) -> None:
    before = snapshot(made.path)
    made.commit({"a.txt": "mine\n", "b.txt": "mine\n", "c/d.txt": None})
    mine = snapshot(made.path)
    mlkata("restore", "-C", made.path, "a.txt", "c", "--dry-run")
    assert snapshot(made.path) == mine
    mlkata("restore", "-C", made.path, "a.txt", "c")
    assert made.read("b.txt") == "mine\n"
    assert {**snapshot(made.path), "b.txt": before["b.txt"]} == before
    mlkata("undo", made.path)
    assert snapshot(made.path) == mine


@pytest.mark.parametrize(
    ("path", "message"), [("x", "the template has no x"), ("..", "is not in the project")]
)
def test_only_what_the_template_has_is_restored(path: str, message: str, made: Repository) -> None:
    assert message in mlkata("restore", "-C", made.path, path, code=1).err
