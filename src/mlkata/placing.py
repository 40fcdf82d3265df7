"""Put files in place and take them away, each by one step that is done or not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath

Copy = Callable[[Path, Path], object]


def copy(source: Path, target: Path) -> None:
    """A copy, permissions and times included; of a symlink, the link."""
    shutil.copy2(source, target, follow_symlinks=False)


def link(source: Path, target: Path) -> None:
    """A second name, which needs no room on the disk; a copy where the system has no such thing."""
    try:
        os.link(source, target, follow_symlinks=False)
    except (OSError, NotImplementedError):
        copy(source, target)


def place(source: Path, target: Path, aside: Path, how: Copy = copy) -> None:
    """Put a kept file in place by one rename.

    Args:
        source: The kept file; it stays.
        target: Where to; what is there goes.
        aside: A folder to put it together in; beside the target, where that is on another file system.
        how: `copy` or `link`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = aside / "placing"
    if os.stat(aside).st_dev != os.stat(target.parent).st_dev:
        beside = target.with_name(f".{target.name}.mlkata")
    beside.unlink(missing_ok=True)
    try:
        how(source, beside)
        if target.is_dir() and not target.is_symlink():
            target.rmdir()
        beside.replace(target)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def link_above(top: Path, path: str) -> str | None:
    """The symlink on the way to a path, behind which is something else; None where there is none."""
    above = [str(up) for up in PurePosixPath(path).parents][-2::-1]
    return next((up for up in above if (top / up).is_symlink()), None)


def remove(target: Path, top: Path) -> None:
    """Take a file away, and the folders that it leaves empty, up to the top; a folder stays."""
    with suppress(FileNotFoundError, NotADirectoryError):
        if target.is_dir() and not target.is_symlink():
            return
        target.unlink()
    with suppress(OSError):  # a folder that still holds something stays
        for up in target.parents:
            if up == top:
                break
            up.rmdir()
