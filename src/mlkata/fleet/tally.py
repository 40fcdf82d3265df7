"""What a run comes to: counts only, so that a thousand projects weigh as much as ten."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from mlkata.errors import ExitCode
from mlkata.fleet.rows import BLOCKED, Row, worse
from mlkata.privacy import clean

_VERSIONS = 200  # of a template are counted each for itself; what comes after that is `other`


@dataclass
class Tally:
    """Counts over a fleet.

    Attributes:
        command: The verb.
        repositories: How many there are.
        done: With how many of them the run is through, those of an earlier run included.
        projects: How many projects they have.
        earlier: How many projects are as an earlier run left them.
        statuses: How many projects have which status.
        codes: How many projects ended with which exit code.
        versions: How many projects are on which version, by template.
        ahead: How many projects' template has something newer.
        edited: In how many projects files of the template are edited, moved or deleted.
        code: The worst exit code.
        seconds: What the run took.
    """

    command: str
    repositories: int
    done: int = 0
    projects: int = 0
    earlier: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    versions: dict[str, Counter[str]] = field(default_factory=dict)
    ahead: int = 0
    edited: int = 0
    code: int = 0
    seconds: float = 0.0

    def add(self, rows: list[Row]) -> None:
        """Count a repository."""
        self.done += 1
        for row in rows:
            self.projects += 1
            self.earlier += row.earlier
            self.statuses[row.status] += 1
            self.codes[row.code] += 1
            self.code = worse(self.code, row.code)
            self.ahead += bool(row.new and row.new != row.old)
            self.edited += any(row.files.get(action) for action in ("edited", "moved", "deleted"))
            if version := has(row):
                counts = self.versions.setdefault(clean(row.template), Counter())
                counts[version if version in counts or len(counts) < _VERSIONS else "other"] += 1

    @property
    def blocked(self) -> int:
        """With how many projects nothing could be done."""
        return sum(count for code, count in self.codes.items() if code in BLOCKED)

    @property
    def left(self) -> int:
        """How many repositories are left for the next run."""
        return self.repositories - self.done

    def data(self) -> dict[str, Any]:
        """The object that `--json` prints last."""
        interrupted = self.code == ExitCode.INTERRUPTED
        return {
            "command": f"fleet {self.command}",
            "status": "interrupted" if interrupted else "partial" if self.left else "done",
            "code": int(self.code),
            "repositories": self.repositories,
            "left": self.left,
            "projects": self.projects,
            "earlier": self.earlier,
            "statuses": dict(sorted(self.statuses.items())),
            "codes": {str(int(code)): count for code, count in sorted(self.codes.items())},
            "versions": {url: dict(sorted(counts.items())) for url, counts in sorted(self.versions.items())},
            "ahead": self.ahead,
            "edited": self.edited,
            "seconds": round(self.seconds, 3),
        }


def has(row: Row) -> str:
    """The version that a project has now: one on a branch is not there yet."""
    in_place = row.status in ("done", "conflicts") and not row.branch
    return row.new if in_place else row.old
