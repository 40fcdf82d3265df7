"""The report for people: one HTML file that needs nothing beside it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from jinja2 import Environment

from mlkata.fleet.rows import BLOCKED
from mlkata.fleet.tally import Tally
from mlkata.privacy import clean_all

_WORDS = {
    0: "done or clean", 1: "an error", 2: "an update is available, or drift", 3: "conflicts to resolve",
    4: "the template wants to run code and is not trusted", 5: "unprotected data is in the way",
    6: "out of reach", 7: "another run holds the lock", 130: "interrupted",
}  # fmt: skip


def write(file: Path, tally: Tally, rows: Callable[[], Iterator[dict[str, Any]]]) -> None:
    """Write the report beside the file, then rename: nobody sees half of it.

    Args:
        file: Where to.
        tally: The counts.
        rows: The projects, the worst first; asked more than once, so that they need not all be in memory.
    """
    page = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        Path(__file__).with_name("page.html.jinja").read_text(encoding="utf-8")
    )

    def some(wanted: Callable[[dict[str, Any]], bool]) -> Iterator[dict[str, Any]]:
        return (clean_all(row) for row in rows() if wanted(row))

    stream = page.stream(
        tally=tally,
        summary=tally.data(),
        blocked=lambda: some(lambda row: row["code"] in BLOCKED),
        conflicted=lambda: some(lambda row: bool(row["conflicts"]) and row["code"] not in BLOCKED),
        rows=lambda: some(bool),
        words=_WORDS,
        safe=_safe,
        when=time.strftime("%Y-%m-%d %H:%M %Z"),
    )
    stream.enable_buffering(64)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8", errors="backslashreplace") as handle:
            handle.writelines(stream)
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)


def _safe(address: str) -> str:
    """An address that may be a link: of the web, and nothing else."""
    return address if address.startswith(("https://", "http://")) else ""
