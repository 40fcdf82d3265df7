"""`mlkata update`, end to end on a small template."""

from __future__ import annotations

from pathlib import Path

import pytest
from evolving import Repository, inside, mlkata, project, snapshot, template

LINES = "".join(f"line {number}\n" for number in range(1, 21))


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return template(tmp_path / "template", {"README.md.jinja": "# {{ package }}\n", "lines.txt": LINES})


@pytest.fixture
def made(tmp_path: Path, source: Repository) -> Repository:
    return project(tmp_path / "project", source)


def test_an_edit_and_a_change_elsewhere_in_the_file_are_merged(source: Repository, made: Repository) -> None:
    made.commit({"lines.txt": LINES.replace("line 2\n", "mine\n")})
    source.commit(
        inside({"lines.txt": LINES.replace("line 18\n", "theirs\n"), "new.txt": "new\n"}), tag="v1.1.0"
    )
    outcome = mlkata("update", made.path, "--json")
    assert {(change["path"], change["action"]) for change in outcome.data["files"]} == {
        (".copier-answers.yml", "change"), ("lines.txt", "change"), ("new.txt", "add"),
    }  # fmt: skip
    assert made.read("lines.txt") == LINES.replace("line 2\n", "mine\n").replace("line 18\n", "theirs\n")
    assert made.status() == ["M  .copier-answers.yml", "M  lines.txt", "A  new.txt"]
    assert "_commit: v1.1.0\n" in made.read(".copier-answers.yml")


def test_a_conflict_is_one_for_git_too_and_can_be_taken_back(source: Repository, made: Repository) -> None:
    made.commit({"lines.txt": LINES.replace("line 2\n", "mine\n")})
    source.commit(inside({"lines.txt": LINES.replace("line 2\n", "theirs\n")}), tag="v1.1.0")
    before = snapshot(made.path)
    mlkata("update", made.path, code=3)
    assert made.status() == ["M  .copier-answers.yml", "UU lines.txt"]
    assert made.read("lines.txt").startswith(
        "line 1\n<<<<<<< yours\nmine\n=======\ntheirs\n>>>>>>> template v1.1.0\nline 3\n"
    )
    assert "still in conflict: lines.txt" in mlkata("update", made.path, "--continue", code=3).err
    mlkata("update", made.path, "--abort")
    assert snapshot(made.path) == before
    assert made.status() == []
    quiet = mlkata("update", made.path, "-q", code=3)
    assert (quiet.out, quiet.err) == ("", "mlkata: conflict in lines.txt\n")


def test_nothing_to_do_is_said_and_nothing_is_written(made: Repository) -> None:
    before = snapshot(made.path)
    assert "Up to date: v1.0.0" in mlkata("update", made.path).out
    assert snapshot(made.path) == before
