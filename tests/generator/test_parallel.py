"""Many runs at once: on many projects with one cache, and on one project."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from evolving import Repository, command, inside, mlkata, project, template

LINES = "".join(f"line {number}\n" for number in range(1, 21))


def start(made: Path, **env: str) -> subprocess.Popen[str]:
    """Start an update as a process."""
    return subprocess.Popen(
        command("update", made, "-q"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | env,
    )


def test_fifty_projects_update_at_once_with_one_cache_that_is_empty_and_then_deleted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("MLKATA_CACHE_DIR", str(cache))
    source = template(tmp_path / "template", {"a.txt": LINES, "README.md.jinja": "# {{ package }}\n"})
    first = project(tmp_path / "project", source)
    answers = first.read(".copier-answers.yml").replace(str(source.path), f"file://{source.path}")
    first.commit({".copier-answers.yml": answers})
    folders = [tmp_path / f"project{number}" for number in range(50)]
    for folder in folders:
        shutil.copytree(first.path, folder, symlinks=True)
    source.commit(inside({"a.txt": LINES.replace("line 18\n", "theirs\n"), "new.txt": "new\n"}), tag="v1.1.0")
    assert not cache.exists()
    runs = [start(folder) for folder in folders]
    while not any(run.poll() is not None for run in runs):
        time.sleep(0.02)
    shutil.rmtree(cache, ignore_errors=True)
    for folder, run in zip(folders, runs, strict=True):
        out, err = run.communicate()
        assert run.returncode == 0, f"{folder}: {out}{err}"
        assert (folder / "new.txt").read_text() == "new\n"
        assert "theirs\n" in (folder / "a.txt").read_text()
        assert sorted(Repository(folder).status()) == ["A  new.txt", "M  .copier-answers.yml", "M  a.txt"]


def test_two_updates_of_one_project_at_once_never_damage_it(tmp_path: Path) -> None:
    source = template(tmp_path / "template", {"a.txt": LINES})
    made = project(tmp_path / "project", source)
    source.commit(inside({"a.txt": LINES.replace("line 18\n", "theirs\n")}), tag="v1.1.0")
    wanted = ["M  .copier-answers.yml", "M  a.txt"]
    for pause in (0, 0, 0.05, 0.2, 0.4):
        one = start(made.path)
        time.sleep(pause)
        two = start(made.path)
        said = [run.communicate()[1] for run in (one, two)]
        # The later one finds the lock held, or the first one's result, which is not committed yet.
        assert sorted((one.returncode, two.returncode)) in ([0, 5], [0, 7]), said
        assert made.status() == wanted
        mlkata("undo", "-C", made.path)
        assert made.status() == []
