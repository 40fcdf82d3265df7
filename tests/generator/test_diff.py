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


def test_a_path_that_neither_has_is_an_error_that_names_the_nearest(made: Repository) -> None:
    made.commit({"c/d.txt": None, "own.txt": "own\n"})
    (made.path / "loose.txt").write_text("loose\n")
    near = {"A.txt": "a.txt", "c/f.txt": "c/d.txt", "C/": "c", "own.tx": "own.txt", "d.txt": "c/d.txt"}
    for wrong, right in near.items():
        said = mlkata("diff", "-C", made.path, "b.txt", wrong, "--json", code=1).data
        assert said["error"] == f"neither the project nor its template has {wrong.rstrip('/')}"
        assert said["hint"] == f"Did you mean {right}?"
    said = mlkata("diff", "-C", made.path, "zzz", "--json", code=1).data
    assert said["hint"] == "mlkata check -v lists what there is."
    assert "Did you mean c/d.txt?" in mlkata("restore", "-C", made.path, "c/e.txt", code=1).err
    for there in ("b.txt", ".", "own.txt", "loose.txt", "c/d.txt"):
        mlkata("diff", "-C", made.path, there)


def test_what_is_yours_alone_and_what_moved_are_told(made: Repository) -> None:
    made.commit({"a.txt": None, "moved.txt": "a\n", "own.txt": "own\n"})
    assert mlkata("diff", "-C", made.path, "b.txt", "own.txt").out == (
        "Nothing differs from the template.\nNot of the template, but yours: own.txt\n"
    )
    moved = mlkata("diff", "-C", made.path, "a.txt").out
    assert "rename from a.txt\nrename to moved.txt\n" in moved
    assert mlkata("diff", "-C", made.path, "moved.txt").out == moved


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
