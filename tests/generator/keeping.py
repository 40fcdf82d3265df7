"""What the tests of the keep list share: a project, a next release of its template, an update."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from evolving import COPIER_YML, Content, Outcome, Repository, inside, mlkata, project, template

LINES = "".join(f"line {number}\n" for number in range(1, 21))
MINE = LINES.replace("line 2\n", "mine\n")
THEIRS = LINES.replace("line 18\n", "theirs\n")
BOTH = MINE.replace("line 18\n", "theirs\n")
CLASH = LINES.replace("line 2\n", "theirs\n")
FILES = {"a.txt": LINES, "b.txt": LINES, "gone/only.txt": "only\n"}


def start(
    folder: Path, files: Mapping[str, Content], *args: str, copier_yml: str = COPIER_YML
) -> tuple[Repository, Repository]:
    """A template with these files, and a project made from it."""
    source = template(folder / "template", files, copier_yml=copier_yml)
    return source, project(folder / "project", source, *args)


def release(source: Repository, files: Mapping[str, Content] | None = None, tag: str = "v1.1.0") -> None:
    """The template's next release; file names as in `start`."""
    source.commit(inside(files or {}), tag=tag)


def update(made: Repository | Path, *args: str | Path, code: int = 0) -> set[tuple[str, str]]:
    """Update, and what the report says of each file but the answers file."""
    path = made if isinstance(made, Path) else made.path
    return actions(mlkata("update", path, "--json", *args, code=code))


def actions(outcome: Outcome) -> set[tuple[str, str]]:
    """What a report says of each file but the answers file."""
    found = {(change["path"], change["action"]) for change in outcome.data["files"]}
    return {pair for pair in found if not pair[0].endswith(".copier-answers.yml")}


def why(outcome: Outcome, path: str) -> str:
    """The report's reason for what it did to a file."""
    (found,) = (change["why"] for change in outcome.data["files"] if change["path"] == path)
    return str(found)


def next_release(source: Repository) -> None:
    """Of a template with FILES: it changes a.txt and b.txt, adds data/new.txt, and drops gone/only.txt."""
    (source.path / "template/gone/only.txt").unlink()
    release(source, {"a.txt": THEIRS, "b.txt": CLASH, "data/new.txt": "new\n"})


def conflict(source: Repository, made: Repository) -> None:
    """An update to that release with b.txt in conflict."""
    made.commit({"b.txt": MINE})
    next_release(source)
    mlkata("update", made.path, code=3)
