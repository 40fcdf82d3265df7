"""`mlkata add`: what the project's own jobs make, data above all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from adding import MADE, made, runnable, source  # noqa: F401
from evolving import Repository, command, mlkata, project, snapshot


def test_jobs_make_what_is_taken_over(runnable: Repository, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("what is in it ")
    before = snapshot(runnable.path)
    planned = mlkata("-C", runnable.path, "add", "made", "x", "--from", "../in.txt", "-n", "--json").data
    assert [file["path"] for file in planned["files"]] == ["conf/x.txt", "big/x"]
    assert snapshot(runnable.path) == before
    done = mlkata(
        "-C", runnable.path, "add", "made", "x", "--from=../in.txt", "--more", "a 'b", "--json"
    ).data
    assert [file["path"] for file in done["files"]] == ["conf/x.txt", "big/x/1.bin"]
    assert runnable.read("conf/x.txt") == "what is in it a 'b"
    assert runnable.status() == ["A  conf/x.txt"]
    assert set(snapshot(runnable.path)) == {*before, "conf/x.txt", "big/x/1.bin"}
    mlkata("-C", runnable.path, "undo")
    assert snapshot(runnable.path) == before
    assert not (runnable.path / "big").exists()


def test_a_file_outside_the_project_is_noted(runnable: Repository, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("x")
    line = ("-C", runnable.path, "add", "made", "x", "--from")
    (note,) = mlkata(*line, "../in.txt", "-n", "--json").data["notes"]
    assert note.startswith(f"{tmp_path / 'in.txt'} is outside the project; no other clone has it")
    assert mlkata(*line, "../in.txt", "--json").data["notes"] == [note]
    mlkata("-C", runnable.path, "undo")
    assert mlkata(*line, "README.md", "--json").data["notes"] == []


def test_a_file_of_the_project_is_named_from_its_top(runnable: Repository) -> None:
    runnable.write({"src/pkg/in.txt": "inside"})
    mlkata("-C", runnable.path / "src/pkg", "add", "made", "x", "--from", "in.txt")
    assert runnable.read("conf/x.txt") == "inside"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "x --from nothing.txt",
            "write failed; nothing was written. It says: pkg: there is no nothing.txt\n  really",
        ),
        ("lazy --from README.md", "its jobs ended well, but made no big/lazy; nothing was written"),
        ("bad --from README.md", "check failed; nothing was written. It says: pkg: bad is bad"),
    ],
)
def test_a_failed_job_leaves_nothing(runnable: Repository, line: str, said: str) -> None:
    before = snapshot(runnable.path)
    done = mlkata("-C", runnable.path, "add", "made", *line.split(), code=1)
    assert said in done.err
    assert "log line" not in done.err
    assert snapshot(runnable.path) == before
    assert runnable.status() == []
    assert not list((runnable.path / ".git/mlkata").glob("work/*"))


def test_an_environment_is_needed(made: Repository, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    done = mlkata("-C", made.path, "add", "made", "x", "--from", "README.md", code=1)
    assert "there is no .venv, and none is active" in done.err
    (tmp_path / "active/bin").mkdir(parents=True)
    (tmp_path / "active/bin/python").symlink_to(sys.executable)
    monkeypatch.setenv("VIRTUAL_ENV", str(tmp_path / "active"))
    mlkata("-C", made.path, "add", "made", "x", "--from", "README.md")
    assert made.status() == ["A  conf/x.txt"]


@pytest.mark.parametrize("module", ["timeit", "pkg.gone", "pkg.main -c", "os"])
def test_only_a_module_of_the_projects_runs(source: Repository, tmp_path: Path, module: str) -> None:
    source.commit({"components/made/component.yml": MADE.replace("{{ package }}.main", module)}, tag="v2.0.0")
    made = project(tmp_path / "made", source, ref="v2.0.0")
    (made.path / ".venv/bin").mkdir(parents=True)
    (made.path / ".venv/bin/python").symlink_to(sys.executable)
    done = mlkata("-C", made.path, "add", "made", "x", "--from", "README.md", code=1)
    assert f"the project has no module {module}" in done.err
    assert "It would be in src/" in done.err


def test_a_killed_run_leaves_nothing(runnable: Repository) -> None:
    before = snapshot(runnable.path)
    started = subprocess.Popen(
        command("-C", runnable.path, "add", "made", "slow", "--from", "README.md"),
        stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    reached, end = runnable.path / "src/pkg/reached", time.monotonic() + 60
    while not reached.exists():
        assert started.poll() is None, started.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
    os.killpg(started.pid, signal.SIGKILL)
    started.communicate()
    reached.unlink()
    assert snapshot(runnable.path) == before
    assert runnable.status() == []
    mlkata("-C", runnable.path, "add", "part", "x")
    assert not list((runnable.path / ".git/mlkata").glob("work/*"))


def test_an_interrupted_run_leaves_nothing(runnable: Repository) -> None:
    before = snapshot(runnable.path)
    started = subprocess.Popen(
        command("-C", runnable.path, "add", "made", "slow", "--from", "README.md", "--json"),
        stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    reached, end = runnable.path / "src/pkg/reached", time.monotonic() + 60
    while not reached.exists():
        assert started.poll() is None, started.communicate()
        assert time.monotonic() < end
        time.sleep(0.02)
    os.killpg(started.pid, signal.SIGINT)
    said = json.loads(started.communicate()[0])
    reached.unlink()
    assert (started.returncode, said["error"]) == (130, "interrupted")
    assert snapshot(runnable.path) == before
    assert not list((runnable.path / ".git/mlkata").glob("work/*"))


# Names, as our own template checks them


@pytest.mark.parametrize("forced", [[], ["--force"]])
def test_a_link_that_stood_there_is_the_way(runnable: Repository, tmp_path: Path, forced: list[str]) -> None:
    disk = tmp_path / "disk"
    before = snapshot(runnable.path)
    (tmp_path / "in.txt").write_text("in\n")
    mlkata("-C", runnable.path, "add", "made", "wheel", "--from", tmp_path / "in.txt")
    (runnable.path / "big").rename(disk)
    (runnable.path / "big").symlink_to(disk)
    there = snapshot(disk)
    assert there
    mlkata("-C", runnable.path, "remove", "made", "wheel")
    assert snapshot(disk) == {}
    mlkata("-C", runnable.path, "undo", *forced)
    assert snapshot(disk) == there
    mlkata("-C", runnable.path, "remove", "made", "wheel")
    assert snapshot(runnable.path).keys() - before.keys() == {"big"}
