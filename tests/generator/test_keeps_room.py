"""A disk that is full leaves the project as it was, and says so."""

from __future__ import annotations

import errno
import itertools
import os
import resource
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from evolving import Outcome, Repository, command, mlkata, snapshot
from keeping import BOTH, LINES, MINE, THEIRS, release, start

from mlkata.git import Git


@pytest.fixture
def made(tmp_path: Path) -> Repository:
    """A project that an update adds to, changes, renames in, deletes from; an ignored file changes, too."""
    files = {
        ".gitignore.jinja": ".env\n",
        ".env": LINES,
        "lines.txt": LINES,
        "old/a.txt": "a\n" + LINES,
        "gone.txt": "gone\n",
        "turned": "a file\n",
    }
    source, made = start(tmp_path, files)
    made.commit({"lines.txt": MINE, "old/own.txt": "own\n"})
    made.write({".env": MINE, "untracked.txt": "u\n"})
    source.git("mv", "template/old", "template/new")
    source.git("rm", "-q", "template/turned")
    big = os.urandom(200_000)
    release(
        source,
        {"lines.txt": THEIRS, ".env": THEIRS, "gone.txt": None, "turned/b.txt": "b\n", "big.bin": big},
    )
    return made


def state(made: Repository) -> tuple[object, ...]:
    """All that must be as it was before."""
    left = [
        name
        for name in ("work", "next", "placing", "operation")
        if (made.path / ".git/mlkata" / name).exists()
    ]
    lock = (made.path / ".git/index.lock").exists()
    return (
        snapshot(made.path),
        made.status(),
        made.git("ls-files", "-s"),
        made.git("rev-parse", "HEAD"),
        left,
        lock,
    )


def check_refused(made: Repository, before: tuple[object, ...], outcome: Outcome) -> None:
    assert outcome.code == 1
    assert "Traceback" not in outcome.err
    assert outcome.err.startswith("mlkata: ")
    assert state(made) == before


def check_merged(made: Repository) -> None:
    assert made.read("lines.txt") == made.read(".env") == BOTH
    assert made.read("new/own.txt") + made.read("turned/b.txt") == "own\nb\n"


@pytest.mark.parametrize("size", [0, 1_000, 150_000])
def test_a_limit_on_file_size_leaves_all_as_it_was(made: Repository, size: int) -> None:
    before = state(made)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    done = subprocess.run(
        command("update", made.path),
        capture_output=True,
        check=False,
        preexec_fn=limit,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert b"File size limit exceeded" in done.stderr or b"File too large" in done.stderr
    check_refused(made, before, Outcome(done.returncode, done.stdout.decode(), done.stderr.decode()))
    mlkata("update", made.path)
    check_merged(made)


def failing(real: Callable[..., Any], start: int, count: float) -> tuple[Callable[..., Any], list[int]]:
    """A function that fails from its nth call on, so many times; and how often it was called."""
    calls = [0]

    def call(*args: Any, **options: Any) -> Any:
        calls[0] += 1
        if start <= calls[0] < start + count:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(args[0]))
        return real(*args, **options)

    return call, calls


@pytest.mark.parametrize(
    ("module", "name", "count", "least"),
    [(shutil, "copy2", float("inf"), 12), (os, "replace", 1, 8)],
    ids=["no copy from then on", "one rename"],
)
def test_a_disk_that_is_full_at_any_step_leaves_all_as_it_was(
    made: Repository, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, count: float, least: int
) -> None:
    before = state(made)
    for step in itertools.count(1):
        with monkeypatch.context() as patch:
            instead, calls = failing(getattr(module, name), step, count)
            patch.setattr(module, name, instead)
            outcome = mlkata("update", made.path, code=None)
        if outcome.code == 0:  # there are fewer steps, or it was the last, which only saves git a look
            assert calls[0] <= step
            break
        assert "No space left on device" in outcome.err
        check_refused(made, before, outcome)
    assert step > least
    check_merged(made)


def test_a_disk_that_is_full_even_to_take_it_back_keeps_what_is_needed(
    made: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = snapshot(made.path), made.git("ls-files", "-s")
    with monkeypatch.context() as patch:
        instead, _ = failing(os.replace, 5, float("inf"))
        patch.setattr(os, "replace", instead)
        outcome = mlkata("update", made.path, code=1)
    assert "part of it is written" in outcome.err
    assert "mlkata update --abort" in outcome.err
    mlkata("update", made.path, "--abort")
    assert (snapshot(made.path), made.git("ls-files", "-s")) == before


def test_a_git_that_fails_at_any_step_of_writing_leaves_all_as_it_was(
    made: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real = state(made), Git.call
    for step in itertools.count(1):
        calls = 0

        def call(self: Git, *args: str, **options: Any) -> Any:
            nonlocal calls
            calls += (made.path / ".git/index.lock").exists()
            return real(self, *(["no-such-command"] if calls == step else args), **options)  # noqa: B023

        with monkeypatch.context() as patch:
            patch.setattr(Git, "call", call)
            outcome = mlkata("update", made.path, code=None)
        if outcome.code == 0:
            break
        check_refused(made, before, outcome)
    assert step > 4
    check_merged(made)
