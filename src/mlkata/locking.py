"""A file as a lock between processes; the system frees it when its holder dies."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlkata.errors import ExitCode, MlkataError

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt


@contextmanager
def locked(file: Path, *, wait: bool = False, patience: float = 0) -> Iterator[None]:
    """Hold a lock.

    Args:
        file: The lock's file; it stays, empty.
        wait: Until it is free; otherwise stop where it isn't.
        patience: Seconds to go on trying before that.

    Raises:
        MlkataError: Another process holds it (code 7).
    """
    handle = _open(file)
    try:
        try:
            end = time.monotonic() + patience
            while time.monotonic() < end and not _try(handle):
                time.sleep(0.05)
            _lock(handle, wait)
            while not _same(handle, file):  # it was deleted while we waited
                os.close(handle)
                handle = _open(file)
                _lock(handle, wait)
        except OSError as error:
            raise MlkataError(
                f"another mlkata is at work here ({file})",
                "Wait until it has ended, then try again.",
                ExitCode.LOCKED,
            ) from error
        yield
    finally:
        os.close(handle)


def _open(file: Path) -> int:
    for last in (False, False, True):
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            return os.open(file, os.O_RDWR | os.O_CREAT, 0o666)
        except FileNotFoundError:  # somebody deletes the folder, which is a cache
            if last:
                raise
    raise AssertionError


def _same(handle: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle), file.stat())
    except FileNotFoundError:
        return False


def _try(handle: int) -> bool:
    try:
        _lock(handle, wait=False)
    except OSError:
        return False
    return True


def _lock(handle: int, wait: bool) -> None:
    if os.name == "nt":
        msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
    else:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


def alive(pid: int) -> bool:
    """Whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
