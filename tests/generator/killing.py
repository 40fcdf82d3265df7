"""A command in a process of its own that ends itself, or is ended, at a chosen instant."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from pathlib import Path

from evolving import Repository, snapshot

from mlkata.cli import main

# Python announces what it is about to do (PEP 578); these are the steps that change something.
_STEPS = {
    "os.mkdir",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.symlink",
    "os.chmod",
    "subprocess.Popen",
    "os.utime",
}


def run(
    args: list[str | Path], *, at: int | None = None, how: int = signal.SIGKILL, delay: float = 0
) -> tuple[int, int]:
    """Fork, and run a command there.

    Args:
        args: The command line.
        at: Which step to send the signal before, counted from 1; None for none.
        how: The signal.
        delay: Send it after this many seconds instead, to git's processes too.

    Returns:
        The exit code, negative for a signal; and how many steps there were.
    """
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        _child(args, at, how, write)
    os.close(write)
    if delay:
        time.sleep(delay)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, how)
    _, status = os.waitpid(child, 0)
    with os.fdopen(read, "rb") as pipe:
        steps = len(pipe.read())
    return os.waitstatus_to_exitcode(status), steps


def _child(args: list[str | Path], at: int | None, how: int, pipe: int) -> None:
    try:
        os.setpgid(0, 0)
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        sys.stdin = os.fdopen(0, closefd=False)
        sys.stdout, sys.stderr = os.fdopen(1, "w", closefd=False), os.fdopen(2, "w", closefd=False)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        count = 0

        def step(event: str, details: tuple[object, ...]) -> None:
            nonlocal count
            writing = (
                event == "open" and isinstance(details[2], int) and details[2] & (os.O_WRONLY | os.O_RDWR)
            )
            if event in _STEPS or writing:
                count += 1
                os.write(pipe, b".")
                if count == at:
                    os.kill(os.getpid(), how)

        sys.addaudithook(step)
        code = main([str(arg) for arg in args])
    except BaseException:
        code = 99
    os._exit(code)


State = tuple[dict[str, tuple[str, bytes]], str, str, str]


def state(made: Repository) -> State:
    """All that a person can see of a working tree: files, status, index, HEAD."""
    listing = made.git("ls-files", "-s", "-v")
    return (
        snapshot(made.path),
        made.git("status", "--porcelain", "--ignored"),
        listing,
        made.git("rev-parse", "HEAD"),
    )


def leftovers(made: Repository, *temporary: Path) -> list[str]:
    """What a run left that is none of the files it keeps."""
    private = made.path / ".git" / "mlkata"
    found = [str(path) for path in (made.path / ".git").rglob("*.lock")]
    found += [str(path) for path in private.iterdir() if path.name not in ("lock", "operation")]
    for folder in temporary:
        found += [str(path) for path in folder.iterdir()]
    found += [str(path) for path in made.path.parent.glob(".*")]
    found += [str(path) for path in made.path.rglob(".*.mlkata*")]
    refs = made.git("for-each-ref", "--format=%(refname)", "refs/mlkata").split()
    return found + [ref for ref in refs if not ref.startswith(("refs/mlkata/rendered/", "refs/mlkata/made/"))]
