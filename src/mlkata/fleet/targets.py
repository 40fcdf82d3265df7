"""From what a person types to a list of repositories, each once."""

from __future__ import annotations

import glob
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mlkata.addresses import expand, is_address
from mlkata.errors import MlkataError
from mlkata.privacy import clean

_MAGIC = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Job:
    """One repository.

    Attributes:
        place: Its folder, or its address, credentials and all.
        inside: The folders in it that were asked for, each empty or ending in `/`; all, where none is.
        remote: Whether it has to be cloned.
    """

    place: str
    inside: tuple[str, ...] = ()
    remote: bool = False

    @property
    def name(self) -> str:
        """What people call it, and the record, without credentials."""
        return clean(self.place)


def find(targets: Sequence[str], here: Path) -> list[Job]:
    """The repositories that targets stand for.

    Args:
        targets: Folders, globs, addresses, files that list such, or `-` for such a list on standard input.
        here: What relative ones are relative to.

    Raises:
        MlkataError: There is none at all, or a list can't be read.
    """
    found: dict[str, Job] = {}
    for job in _expand(targets, here, listed=False):
        known = found.get(job.name)
        if known is None:
            found[job.name] = job
        else:
            inside = () if not (known.inside and job.inside) else tuple({*known.inside, *job.inside})
            found[job.name] = replace(known, inside=tuple(sorted(inside)))
    if not found:
        raise MlkataError(
            "there is no repository in "
            + clean(", ".join("standard input" if target == "-" else target for target in targets)),
            "Give folders, globs, addresses, or a file with one of them a line.",
        )
    return list(found.values())


def _expand(targets: Sequence[str], here: Path, *, listed: bool) -> Iterator[Job]:
    for target in targets:
        if is_address(target):
            yield Job(expand(target), remote=True)
            continue
        if target == "-" and not listed:
            yield from _expand(_lines(sys.stdin.read()), here, listed=True)
            continue
        path = here / Path(target).expanduser()
        if path.is_file() and not listed:
            yield from _expand(_list(path), path.parent, listed=True)
        elif _MAGIC.search(target) and not path.exists():
            matches = [Path(match) for match in sorted(glob.glob(str(path)))]
            yield from (_local(match) for match in matches if match.is_dir() and _is_managed(match))
        elif path.is_dir() and top(path) is None and os.access(path, os.R_OK | os.X_OK):
            folders = [child for child in sorted(path.iterdir()) if child.is_dir()]
            inner = [one for one in folders if _is_repository(one) or not os.access(one, os.X_OK)]
            yield from map(_local, inner or [path])
        else:
            yield _local(path)


def _list(file: Path) -> list[str]:
    """What a file lists: lines, or YAML's list."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        words = error.strerror if isinstance(error, OSError) else "it is no text"
        raise MlkataError(
            f"{file} can't be read: {words}", "One repository a line is what it takes."
        ) from error
    if file.suffix not in (".yml", ".yaml"):
        return _lines(text)
    import yaml

    try:
        found = yaml.safe_load(text) or []
    except yaml.YAMLError as error:
        raise MlkataError(f"{file} is no YAML", "A list of repositories is what it takes.") from error
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise MlkataError(f"{file} is no list of texts", "One repository an item: - path/or/address")
    return found


def _lines(text: str) -> list[str]:
    """A repository a line, with or without YAML's dash; `#` at the start or after a space: a comment."""
    lines = (re.sub(r"^\s*-\s+|(^|\s)#.*", "", line).strip() for line in text.splitlines())
    return [line for line in lines if line]


def _local(path: Path) -> Job:
    """A folder as a place in its repository; what is wrong with it is found out when its turn comes."""
    real = Path(os.path.realpath(path))
    above = top(real)
    if above is None or above == real:
        return Job(str(real))
    return Job(str(above), (f"{real.relative_to(above).as_posix()}/",))


def top(path: Path) -> Path | None:
    """The repository that a folder is in, if it is in one."""
    return next((up for up in (path, *path.parents) if _is_repository(up)), None)


def _is_repository(path: Path) -> bool:
    """Whether a repository begins here; bare ones have git's own files in the open."""
    if os.path.lexists(path / ".git"):
        return True
    parts = (path / "objects", path / "refs")
    return os.path.isfile(path / "HEAD") and all(map(os.path.isdir, parts))  # also where it can't be read


def _is_managed(path: Path) -> bool:
    from mlkata.project import ANSWERS

    return _is_repository(path) or (path / ANSWERS).is_file()
