"""Who hears of a run: a person at a terminal, a log, a program."""

from __future__ import annotations

import json
import os
import sys
import time
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

from mlkata.fleet.rows import BLOCKED, Row
from mlkata.fleet.tally import Tally
from mlkata.report import paint, plain

if TYPE_CHECKING:
    from rich.console import RenderableType

_COLOURS = {
    "done": "green", "up-to-date": "dim", "clean": "dim", "planned": "cyan", "outdated": "yellow",
    "drifted": "yellow", "outdated, drifted": "yellow", "conflicts": "red", "failed": "bold red",
    "skipped": "dim",
}  # fmt: skip
_CODES = {"green": "32", "dim": "2", "cyan": "36", "yellow": "33", "red": "31", "bold red": "1;31"}


class Screen(Protocol):
    """Where a run's progress goes; `tick` is how often it wants to hear, in seconds."""

    tick: float | None

    def __enter__(self) -> Screen: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def row(self, row: Row) -> None: ...  # noqa: D102
    def progress(self, tally: Tally, busy: Sequence[str]) -> None: ...  # noqa: D102
    def end(self, tally: Tally, notes: Sequence[str]) -> None: ...  # noqa: D102


def pick(args: Namespace) -> Screen:
    """What fits the flags and the place that the output goes to."""
    if args.json:
        return Json()
    if args.quiet:
        return Quiet()
    if sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and not getattr(args, "interactive", False):
        return Live()
    return Lines()


class Quiet:
    """Nothing but failures, on the standard error."""

    tick: float | None = None

    def __enter__(self) -> Screen:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def row(self, row: Row) -> None:
        """Tell of a project."""
        if row.code in BLOCKED:
            print(f"{plain(short(row.name))}: {plain(row.headline)}", file=sys.stderr)

    def progress(self, tally: Tally, busy: Sequence[str]) -> None:
        """Tell how far it is."""

    def end(self, tally: Tally, notes: Sequence[str]) -> None:
        """Tell what it came to."""


class Json(Quiet):
    """One object a line: each project's, then the summary."""

    def row(self, row: Row) -> None:
        """Tell of a project."""
        print(json.dumps(row.data()), flush=True)

    def end(self, tally: Tally, notes: Sequence[str]) -> None:
        """Tell what it came to."""
        print(json.dumps(tally.data() | {"notes": list(notes)}), flush=True)


class Lines(Quiet):
    """A line for each project."""

    def row(self, row: Row) -> None:
        """Tell of a project."""
        status = paint(f"{row.status:<10}", _CODES[_COLOURS.get(row.status, "dim")], sys.stdout)
        print(f"{status} {plain(short(row.name))}  {plain(said(row))}")
        if row.hint and row.code in BLOCKED:
            print(f"{'':<10} {plain(row.hint)}")
        sys.stdout.flush()

    def end(self, tally: Tally, notes: Sequence[str]) -> None:
        """Tell what it came to."""
        for line in (*summary(tally), *notes):
            print(line)


class Live(Quiet):
    """As `Lines`, above a table that shows how far it is."""

    tick: float | None = 0.25

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live as RichLive

        # No thread refreshes it: worker processes are forked from this one.
        self._console = Console(highlight=False, emoji=False, markup=False)
        self._live = RichLive(console=self._console, auto_refresh=False, transient=True)
        self._last = 0.0

    def __enter__(self) -> Screen:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def row(self, row: Row) -> None:
        """Tell of a project."""
        from rich.text import Text

        line = Text(f"{row.status:<10} ", _COLOURS.get(row.status, ""))
        line.append(plain(short(row.name)), "bold").append(f"  {plain(said(row))}", "default")
        if row.hint and row.code in BLOCKED:
            line.append(f"\n{'':<10} {plain(row.hint)}", "dim")
        self._console.print(line, soft_wrap=True)

    def progress(self, tally: Tally, busy: Sequence[str]) -> None:
        """Tell how far it is."""
        now = time.monotonic()
        if now - self._last >= 0.1 or not busy:
            self._last = now
            self._live.update(_table(tally, busy), refresh=True)

    def end(self, tally: Tally, notes: Sequence[str]) -> None:
        """Tell what it came to."""
        self._live.update("")
        self._live.stop()
        for line in (*summary(tally), *notes):
            self._console.print(line, soft_wrap=True)


def _table(tally: Tally, busy: Sequence[str]) -> RenderableType:
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(justify="right", min_width=10)
    table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_row(
        f"{tally.done}/{tally.repositories}", ProgressBar(max(tally.repositories, 1), tally.done, width=40)
    )
    for status, count in sorted(tally.statuses.items()):
        table.add_row(str(count), Text(status, _COLOURS.get(status, "")))
    for name in busy:
        table.add_row("…", Text(plain(short(name)), "dim"))
    return table


def short(name: str) -> str:
    """A folder as seen from here, where that is shorter."""
    try:
        return str(Path(name).relative_to(Path.cwd()))
    except (ValueError, OSError):
        return name


def said(row: Row) -> str:
    """A project's outcome in a line."""
    if row.status in ("failed", "skipped", "up-to-date") or not row.template:
        return row.headline
    span = f"{row.old} -> {row.new}" if row.new and row.new != row.old else row.old
    parts = [span, ", ".join(f"{count} {action}" for action, count in sorted(row.files.items()))]
    parts += [f"branch {row.branch}" if row.branch else ""]
    parts += [f"pushed to {row.pushed}" if row.pushed else "", row.request, "; ".join(row.obstacles)]
    parts += ["as an earlier run left it" if row.earlier else ""]
    return " · ".join(part for part in parts if part)


def summary(tally: Tally) -> list[str]:
    """What a run came to, in lines."""
    counts = ", ".join(f"{count} {status}" for status, count in sorted(tally.statuses.items()))
    projects = "1 project" if tally.projects == 1 else f"{tally.projects} projects"
    repositories = "1 repository" if tally.done == 1 else f"{tally.done} repositories"
    lines = [f"{projects} in {repositories}: {counts or 'nothing done'}."]
    for url, versions in sorted(tally.versions.items()):
        spread = ", ".join(f"{count} on {version}" for version, count in sorted(versions.items()))
        lines.append(f"{plain(url)}: {plain(spread)}")
    if tally.left:
        left = "1 repository is left" if tally.left == 1 else f"{tally.left} repositories are left"
        lines.append(f"{left}; the same command goes on from there.")
    return lines
