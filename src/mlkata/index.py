"""git's index file: held as git holds it, changed by renames alone, so that a kill leaves it whole."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from mlkata.errors import ExitCode, MlkataError
from mlkata.git import Git
from mlkata.objects import Entry, index_info
from mlkata.placing import copy

_OURS = "mlkata"  # what our index.lock, a symlink, points to: made in one step, it needs no room on the disk


def _lock(git: Git) -> Path:
    return git.layout().index_file.with_name("index.lock")


@contextmanager
def held(git: Git) -> Iterator[None]:
    """Keep other gits from the index.

    Raises:
        MlkataError: One is at work on it (code 7).
    """
    lock = _lock(git)
    try:
        os.symlink(_OURS, lock)
    except FileExistsError as error:
        raise MlkataError(
            f"another git is at work here ({lock})",
            "Wait until it has ended; remove that file where none is running.",
            ExitCode.LOCKED,
        ) from error
    try:
        yield
    finally:
        free(git)


def free(git: Git) -> None:
    """Let the index go, also where a killed run of ours held it."""
    lock = _lock(git)
    if lock.is_symlink() and os.readlink(lock) == _OURS:
        lock.unlink(missing_ok=True)


def update(git: Git, *args: str, stdin: bytes | None = None, ok: Sequence[int] = (0,)) -> None:
    """Let `git update-index` change a copy and put that in place: killed, it leaves no lock of its own.

    Args:
        git: The repository; its index is held.
        args: For git.
        stdin: Likewise.
        ok: Its exit codes that are no error.

    Raises:
        GitError: Another one.
    """
    index = git.layout().index_file
    if not index.exists():
        return
    changed = git.work() / "index"
    copy(index, changed)
    git.call("update-index", *args, stdin=stdin, env={"GIT_INDEX_FILE": str(changed)}, ok=ok)
    changed.replace(index)


def put_back(git: Git, kept: Path, paths: Iterable[str]) -> None:
    """Let some paths be as an index that was kept has them, and all others as they are.

    Args:
        git: The repository; its index is held.
        kept: That index.
        paths: From the top.
    """
    before: dict[str, Entry | None] = dict.fromkeys(paths)
    for line in git.run("ls-files", "-s", "-z", env={"GIT_INDEX_FILE": str(kept)}).split(b"\0")[:-1]:
        meta, _, path = line.partition(b"\t")
        if (name := os.fsdecode(path)) in before:
            before[name] = Entry(*meta.decode().split(" ")[:2])
    lines = index_info(dict.fromkeys(before), git.layout().hashing)
    lines += index_info({path: entry for path, entry in before.items() if entry})
    update(git, "-z", "--index-info", stdin=lines)


def refresh(git: Git) -> None:
    """Note which files are as the index has them, so that git need not read them; no room is no error."""
    with suppress(OSError):
        update(git, "-q", "--refresh", ok=range(-64, 256))
