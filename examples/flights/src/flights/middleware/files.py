"""Files that are there whole or not at all, and locks that keep two runs apart."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from .errors import BusyError, UserError


@contextmanager
def atomic(target: Path) -> Iterator[Path]:
    """Yield a path elsewhere that takes the place of `target` (a file or a folder) when the block succeeds.

    A failure or a kill leaves the old content (or no folder, between a folder's two renames). What a killed
    run leaves beside it, the next one removes.
    """
    beside = f".{target.name}."
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.iterdir():
        pid = left.name.removeprefix(beside).removesuffix(".tmp")
        # Its own number was another process, killed: in a container it is always 1.
        if left.name == f"{beside}{pid}.tmp" and pid.isdigit() and not _another_runs(int(pid)):
            shutil.rmtree(left, ignore_errors=True)  # another run may be at it too
    folder = target.with_name(f"{beside}{os.getpid()}.tmp")
    folder.mkdir()
    try:
        yield folder / target.name
        if target.is_dir():  # a folder can't be replaced in one step: make room first
            target.replace(folder / "old")
        (folder / target.name).replace(target)
    finally:
        shutil.rmtree(folder)


def write(target: Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with atomic(target) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _another_runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's
    return pid != os.getpid()


@contextmanager
def written_by(command: str, path: Path) -> Iterator[None]:
    """Say which command writes a file anew that turns out, in the block, not to be what it wrote.

    Raises:
        UserError: the file can't be understood.
    """
    try:
        yield
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise UserError(f"{path} is not what `{command}` wrote: run it again, or remove the file") from error


@contextmanager
def exclusive(name: str, folder: Path) -> Iterator[None]:
    """Hold the lock `name` in `folder` during the block; the operating system frees it even after a kill.

    Raises:
        BusyError: another process holds it.
    """
    from filelock import FileLock, Timeout

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f".{name}.lock"
    try:
        with FileLock(path, timeout=0):
            yield
    except Timeout as error:
        message = f"another {name!r} is running here (lock: {path}). Wait until it has ended, or stop it."
        raise BusyError(message) from error
