"""What a command says: to a person in words, to a machine as one JSON object."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, field
from typing import Any, TextIO

from mlkata.errors import ExitCode
from mlkata.merge import Change
from mlkata.privacy import clean, clean_all

_COLOURS = {
    "add": "32", "change": "33", "delete": "31", "rename": "36", "conflict": "1;31",
    "kept": "35", "skipped": "35", "edited": "33", "moved": "36", "deleted": "31",
}  # fmt: skip
_AT_TIMES = ("patch", "offers", "news")  # keys that an object has only where there is something in them
_MOST = 40  # lines of one kind, unless all are asked for


@dataclass
class Report:
    """A command's outcome; `docs/json.md` describes the object.

    Attributes:
        command: The verb.
        status: In a word: done, up-to-date, planned, conflicts, outdated, drifted, clean, failed.
        code: The exit code.
        headline: In a sentence.
        project: The managed folder.
        template: Its template's address.
        old: The version it had.
        new: The version it has or could have.
        files: What happened to which file, and why.
        branch: Where the result is, if it is on a branch.
        patch: A patch, where one was asked for.
        next: What to type next.
        notes: What else to know.
        offers: What the template offers to add, where that was asked.
        news: What the template's changelog says is new, in Markdown.
    """

    command: str
    status: str = "done"
    code: ExitCode = ExitCode.DONE
    headline: str = ""
    project: str = ""
    template: str = ""
    old: str = ""
    new: str = ""
    files: list[Change] = field(default_factory=list)
    branch: str = ""
    patch: str = ""
    next: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    offers: dict[str, Any] = field(default_factory=dict)
    news: str = ""

    def data(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        names = [name for name in self.__dataclass_fields__ if name not in _AT_TIMES]
        found: dict[str, Any] = {name: clean_all(getattr(self, name)) for name in names}
        found["code"] = int(self.code)
        found["files"] = [
            {key: value for key, value in change._asdict().items() if value is not None}
            for change in self.files
        ]
        found |= {name: value for name in _AT_TIMES if (value := getattr(self, name))}
        return found


def show(report: Report, *, as_json: bool, quiet: bool, verbose: bool) -> None:
    """Print a report."""
    if as_json:
        sys.stdout.write(json.dumps(report.data(), indent=2) + "\n")
        return
    if report.patch:
        sys.stdout.flush()
        sys.stdout.buffer.write(os.fsencode(report.patch))
        sys.stdout.flush()
        return
    if quiet:
        for change in report.files:
            if change.action == "conflict":
                print(f"mlkata: conflict in {plain(change.path)}", file=sys.stderr)
        return
    out = sys.stdout
    if report.headline:
        print(clean(report.headline), file=out)
    limit = None if verbose else _MOST
    shown = report.files[:limit]
    for change in shown:
        where = f"{change.source} -> {change.path}" if change.source else change.path
        why = f"  ({change.why})" if change.why else ""
        print(
            f"  {paint(f'{change.action:<9}', _COLOURS.get(change.action, '0'), out)} {plain(where)}{why}",
            file=out,
        )
    if len(report.files) > len(shown):
        print(f"  … and {len(report.files) - len(shown)} more (-v shows all)", file=out)
    if report.news:
        lines = report.news.splitlines()
        print("New in the template, by its changelog:", file=out)
        for line in lines[:limit]:
            print(f"  {plain(line)}".rstrip(), file=out)
        if len(lines) > len(lines[:limit]):
            print(f"  … and {len(lines) - _MOST} more lines (-v shows all)", file=out)
    for note in report.notes:
        print(clean(note), file=out)
    if report.next:
        print("Next:", file=out)
        for line in report.next:
            print(f"  {clean(line)}", file=out)


def paint(text: str, colour: str, out: TextIO) -> str:
    """Colour on a terminal, none elsewhere or where NO_COLOR is set (no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not out.isatty():
        return text
    return f"\033[{colour}m{text}\033[0m"


def plain(text: str) -> str:
    """A path that can be printed, whatever bytes and control characters it has."""
    safe = text.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in safe)
