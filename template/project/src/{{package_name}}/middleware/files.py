"""Files that are there whole or not at all, and locks that keep two runs apart."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import BusyError


@contextmanager
def atomic(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside `target` (a file or a folder) that replaces it when the block succeeds.

    A failure or a kill leaves the old content: what is yielded has another name until it is complete.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    _sweep(target)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        yield temporary
        if target.is_dir():  # a folder can't be replaced in one step: make room first
            old = target.with_name(f".{target.name}.{os.getpid()}.old.tmp")
            target.replace(old)
            temporary.replace(target)
            shutil.rmtree(old)
        else:
            temporary.replace(target)
    finally:
        _remove(temporary)


def _sweep(target: Path) -> None:
    """Remove what killed runs left beside `target`; put back a folder killed between its two renames."""
    for left in target.parent.glob(f".{target.name}.*.tmp"):
        pid = left.name.removeprefix(f".{target.name}.").split(".")[0]
        # Its own number was another process, killed: in a container it is always 1.
        if pid.isdigit() and (int(pid) == os.getpid() or not _alive(int(pid))):
            if left.name.endswith(".old.tmp") and not target.exists():
                left.replace(target)
            else:
                _remove(left)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # another user's
    return True


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


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
