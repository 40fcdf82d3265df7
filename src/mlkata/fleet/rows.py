"""What is known of one project after its turn; `docs/fleet.md` describes the object."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from mlkata.errors import ExitCode, MlkataError
from mlkata.privacy import clean, clean_all
from mlkata.report import Report

SEVERITY = (
    ExitCode.DONE,
    ExitCode.AVAILABLE,
    ExitCode.CONFLICTS,
    ExitCode.LOCKED,
    ExitCode.UNSAFE,
    ExitCode.UNTRUSTED,
    ExitCode.UNREACHABLE,
    ExitCode.USER,
    ExitCode.INTERRUPTED,
)
"""Exit codes from mild to severe: news, work for a person, in the way for now, in the way, an error."""

BLOCKED = frozenset(SEVERITY[3:])
"""Codes of projects with which nothing could be done."""

_PATHS = 20  # of conflicts are named; more are counted


@dataclass
class Row:
    """One project.

    Attributes:
        repository: Its repository: a folder, or an address without credentials.
        project: The managed folder in it: empty, or ending in `/`.
        command: The verb.
        status: As of the verb itself; or `failed`, or `skipped` where a person said no.
        code: The verb's exit code.
        headline: The outcome in a sentence; of a failure, what happened.
        hint: What to type next, of a failure.
        template: Its template's address.
        old: The version it is from.
        new: The version that it has now or could have.
        files: How many files had which action.
        conflicts: Paths in conflict, the first of them.
        obstacles: What would be in the way of an update, where `status` looked.
        branch: The branch that has the result.
        pushed: The remote that has the branch, too.
        request: The address of the pull or merge request.
        link: The address of the branch for people, where it is pushed to a host that is known.
        seconds: What it took.
        earlier: Whether an earlier run of the same fleet did it, and nothing changed since.
    """

    repository: str
    project: str = ""
    command: str = ""
    status: str = "failed"
    code: int = 0
    headline: str = ""
    hint: str = ""
    template: str = ""
    old: str = ""
    new: str = ""
    files: dict[str, int] = field(default_factory=dict)
    conflicts: list[str] = field(default_factory=list)
    obstacles: list[str] = field(default_factory=list)
    branch: str = ""
    pushed: str = ""
    request: str = ""
    link: str = ""
    seconds: float = 0.0
    earlier: bool = False

    @property
    def name(self) -> str:
        """The project's, as people read it."""
        return f"{self.repository}/{self.project}".rstrip("/") if self.project else self.repository

    def take(self, report: Report) -> None:
        """Take over what a verb reports."""
        self.status, self.code, self.headline = report.status, int(report.code), clean(report.headline)
        self.template, self.old, self.new = clean(report.template), report.old, report.new
        self.files = dict(Counter(change.action for change in report.files))
        self.conflicts = [change.path for change in report.files if change.action == "conflict"][:_PATHS]
        self.branch = report.branch

    def fail(self, error: MlkataError) -> None:
        """Take over why a verb ended."""
        self.status, self.code = "failed", int(error.code)
        self.headline, self.hint = clean(error.what), clean(error.hint)

    def data(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        found = asdict(self)
        assert isinstance(found, dict)  # noqa: S101 - for the type
        return dict(clean_all(found))


def worse(one: int, other: int) -> int:
    """The more severe of two exit codes."""
    return max(one, other, key=lambda code: SEVERITY.index(ExitCode(code)))
