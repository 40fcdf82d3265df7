"""Some paths of a project alone: merged as they are on disk, written by the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlkata import merge, worktree
from mlkata.errors import ExitCode, MlkataError
from mlkata.journal import Journal
from mlkata.merge import Labels
from mlkata.objects import Entry, Tree
from mlkata.operation import Write
from mlkata.project import Project
from mlkata.report import Report


@dataclass
class Part:
    """What shall change.

    Attributes:
        tracked: Of what git tracks or shall track; None removes a path.
        loose: Likewise on disk alone.
        conflicts: What is there already, and is not what it shall be.
    """

    tracked: dict[str, Entry | None]
    loose: dict[str, Entry | None]
    conflicts: list[str]


def plan(project: Project, base: Tree, theirs: Tree) -> Part:
    """Merge some paths; nothing but git objects is written.

    Args:
        project: A project with a working tree.
        base: What it was given there.
        theirs: What it shall have there.

    Raises:
        MlkataError: Something of another kind is in the way (code 5).
    """
    paths = sorted({*base, *theirs})
    blocked = [f"{path} ({what})" for path in paths if (what := worktree.obstacle(project.folder, path))]
    if blocked:
        raise in_the_way(blocked)
    mine = worktree.present(project, paths)
    labels = Labels("yours", project.commit)
    merged = merge.merge(project.git, base, mine, theirs, labels=labels, prefix=project.prefix, renames=False)
    differing = {path: merged.tree.get(path) for path in paths if merged.tree.get(path) != mine.get(path)}
    tracked = worktree.indexed(project, differing)
    fresh = [path for path in differing if path not in tracked]
    apart = worktree.ignored(project.git, project.tree(), project.prefix, fresh)
    apart |= {path for path in fresh if differing[path] is None}
    return Part(
        {path: entry for path, entry in differing.items() if path not in apart},
        {path: entry for path, entry in differing.items() if path in apart},
        sorted(merged.conflicts.keys() | (mine.keys() & theirs.keys() & differing.keys())),
    )


def in_the_way(paths: list[str]) -> MlkataError:
    """An error that names what is in the way (code 5)."""
    return MlkataError(
        f"in the way: {', '.join(paths[:8])}; nothing was written",
        "Choose another name, or move it away first.",
        ExitCode.UNSAFE,
    )


def apply(project: Project, part: Part, report: Report, files: Mapping[str, Path] | None = None) -> None:
    """Write a part to the working tree and the index, with a journal.

    Args:
        project: The project.
        part: What shall change.
        report: What the command says of it.
        files: More files on disk alone, and where they lie.

    Raises:
        MlkataError: It can't be written; all is then as it was.
    """
    assert project.top  # noqa: S101 - callers look
    prefix = project.prefix
    write = Write(
        tracked={prefix + path: entry for path, entry in part.tracked.items()},
        loose={prefix + path: entry for path, entry in part.loose.items()},
        conflicts={},
        files={prefix + path: file for path, file in (files or {}).items()},
    )
    Journal(project.git, project.top).apply(report.command, prefix, write, report.data())
