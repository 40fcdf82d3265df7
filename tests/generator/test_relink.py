"""`mlkata relink`: the same template at another address, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from evolving import Repository, mlkata, project, run, snapshot, template


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return template(tmp_path / "template", {"a.txt": "a\n", "b.txt": "b\n", "c/d.txt": "d\n"})


@pytest.fixture
def made(source: Repository, tmp_path: Path) -> Repository:
    return project(tmp_path / "made", source)


def test_the_new_address_is_recorded_and_every_other_byte_stays(
    source: Repository, made: Repository, tmp_path: Path
) -> None:
    text = "# ours\n_commit: v1.0.0 # from\n_src_path: {}\nextra:   true\n\npackage: 'pkg'\n# end"
    made.commit({".copier-answers.yml": text.format(source.path)})
    run("git", "clone", "-q", source.path, tmp_path / "moved", cwd=tmp_path)
    before = snapshot(made.path)
    mlkata("relink", "-C", made.path, tmp_path / "moved")
    assert made.read(".copier-answers.yml") == text.format(tmp_path / "moved")
    assert made.status() == ["M  .copier-answers.yml"]
    mlkata("undo", made.path)
    assert snapshot(made.path) == before


def test_a_repository_without_the_commit_is_refused(made: Repository, tmp_path: Path) -> None:
    other = template(tmp_path / "other", {"a.txt": "other\n"})
    before = snapshot(made.path)
    said = mlkata("relink", "-C", made.path, other.path, code=1).err
    assert "does not have v1.0.0" in said
    mlkata("relink", "-C", made.path, tmp_path / "nowhere", code=6)
    assert snapshot(made.path) == before
