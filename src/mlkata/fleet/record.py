"""What a run did, a line for each repository as it ended: a run that was cut short goes on from there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any, NamedTuple

from mlkata.addresses import cache_dir
from mlkata.errors import ExitCode, MlkataError
from mlkata.fleet.rows import SEVERITY, worse
from mlkata.fleet.work import Done
from mlkata.locking import locked
from mlkata.privacy import clean_all

_FORMAT = 1


class Place(NamedTuple):
    """Where the record has a repository's line, and how bad it is."""

    severity: int
    offset: int


class Record:
    """The record of one fleet and goal.

    Args:
        file: Where it is.
        fresh: Forget what an earlier run did.

    Attributes:
        resumed: Whether it goes on from a run that was cut short.
    """

    def __init__(self, file: Path, *, fresh: bool) -> None:
        self._file: IO[bytes] = file.open("a+b")
        self._places: dict[str, Place] = {}
        self._before: dict[str, Place] = {}
        self.resumed = self._read() and not fresh
        if not self.resumed:
            self._before = {}
            self._file.truncate(0)
            self._write({"format": _FORMAT})

    def _read(self) -> bool:
        """Find what an earlier run left; whether there was one that was cut short."""
        self._file.seek(0)
        offset = 0
        for line in self._file:
            found = _parse(line)
            if found is None or (offset == 0 and found.get("format") != _FORMAT):
                self._file.truncate(offset)  # a kill cut it off
                break
            if "ended" in found:
                return False
            if "repository" in found:
                self._before[found["repository"]] = Place(0, offset)
            offset += len(line)
        return offset > 0

    def before(self, repository: str) -> dict[str, Any] | None:
        """What the run that was cut short made of a repository."""
        place = self._before.get(repository)
        return self._at(place) if place else None

    def _at(self, place: Place) -> dict[str, Any] | None:
        self._file.seek(place.offset)
        return _parse(self._file.readline())

    def add(self, done: Done) -> None:
        """Put down a repository's end."""
        code = 0
        for row in done.rows:
            code = worse(code, row.code)
        rows = [asdict(row) | {"earlier": False} for row in done.rows]
        line = {"repository": done.job.name, "seen": done.seen, "rows": rows}
        offset = self._write(line)
        self._places[done.job.name] = Place(SEVERITY.index(ExitCode(code)), offset)

    def rows(self) -> Iterator[dict[str, Any]]:
        """What this run put down, the worst first."""
        order = sorted(self._places.items(), key=lambda item: (-item[1].severity, item[0]))
        for _, place in order:
            yield from (self._at(place) or {}).get("rows", ())

    def end(self) -> None:
        """Put down that nothing is left to do; the next run begins anew."""
        self._write({"ended": True})

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _write(self, value: dict[str, Any]) -> int:
        offset = self._file.seek(0, 2)
        self._file.write(json.dumps(clean_all(value)).encode() + b"\n")
        self._file.flush()
        return offset


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if line.endswith(b"\n") and isinstance(found, dict) else None


@contextmanager
def opened(goal: dict[str, Any], *, fresh: bool) -> Iterator[Record]:
    """Hold the record of a fleet and a goal.

    Args:
        goal: The targets and whatever else makes it another run.
        fresh: Forget what an earlier run did.

    Raises:
        MlkataError: Another run has the same fleet and goal (code 7).
    """
    text = json.dumps(clean_all(goal), sort_keys=True, default=str)
    folder = cache_dir() / "fleet" / "runs"
    file = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:20]}.jsonl"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MlkataError(
            f"the record of this run can't be kept in {folder}: {error.strerror}",
            "Set MLKATA_CACHE_DIR to a folder that you may write to.",
        ) from error
    with locked(file.with_suffix(".lock"), patience=3):
        record = Record(file, fresh=fresh)
        try:
            yield record
        finally:
            record.close()
