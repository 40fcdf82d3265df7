"""`mlkata check`: is there a newer version, and what differs from the template?"""

from __future__ import annotations

import os
from argparse import Namespace
from functools import partial
from pathlib import Path

from mlkata import project, versions
from mlkata.commands import common
from mlkata.errors import ExitCode
from mlkata.journal import Journal
from mlkata.merge import Change
from mlkata.objects import Tree
from mlkata.report import Report
from mlkata.template import Template
from mlkata.worktree import obstacle


def run(args: Namespace) -> Report:
    """Compare a project with its template; nothing of the project is written.

    Raises:
        MlkataError: It is no project, or its template can't be reached.
    """
    found = project.find(Path(args.directory) / (args.path or "."), args.answers_file)
    return check(found, args, partial(common.template, offline=args.offline))


def check(found: project.Project, args: Namespace, opened: common.Opened) -> Report:
    """As `run`, of a project that is found.

    Args:
        found: The project.
        args: The command line's flags.
        opened: Where its template comes from.

    Raises:
        MlkataError: Its template can't be reached.
    """
    report = Report(
        "check", "clean", project=str(found.folder), template=found.source, old=found.commit, new=found.commit
    )
    both = args.outdated == args.drift
    said = []
    if args.outdated or both:
        said.append(_outdated(found, args, opened(found), report))
    if args.drift or both:
        said.append(_drift(found, args, opened, report))
    report.headline = "\n".join(said)
    if found.top and (operation := Journal(found.git, found.top).unfinished()):
        report.notes.append(f"The last {operation.verb} is not ended: mlkata update --continue, or --abort.")
    return report


def _outdated(found: project.Project, args: Namespace, source: Template, report: Report) -> str:
    names = [
        name for name in source.remote_releases() if args.prereleases or not versions.is_prerelease(name)
    ]
    if names:
        newest = names[-1]
        behind = versions.is_newer(newest, found.commit, names)
    else:
        source.fetch()
        head, start = source.version("HEAD"), source.find(found.commit)
        newest, behind = head.name, start is None or head.sha != start.sha
    if not behind:
        return f"Up to date: {found.commit} of {found.source}."
    report.status, report.code, report.new = "outdated", ExitCode.AVAILABLE, newest
    report.next.append("mlkata update --dry-run   (what it would change)")
    return f"An update is available: {found.commit} -> {newest} of {found.source}."


def _drift(found: project.Project, args: Namespace, opened: common.Opened, report: Report) -> str:
    oid, base = common.rendered(found, args, opened)
    files = compare(found, oid, base)
    counts = dict.fromkeys(("edited", "moved", "deleted", "own"), 0)
    for change in files:
        counts[change.action] += 1
    same = len(base) - counts["edited"] - counts["moved"] - counts["deleted"]
    touched = {path for change in files for path in (change.path, change.source)}
    if args.verbose:
        files += [Change(path, "same", "as rendered") for path in base if path not in touched]
    else:
        files = [change for change in files if change.action != "own"]
    report.files = sorted(files)
    if same < len(base):
        report.code = ExitCode.AVAILABLE
        report.status = "drifted" if report.status == "clean" else "outdated, drifted"
        report.next.append("mlkata diff   (as a patch)")
    return (
        f"Of the template's {len(base)} files {same} are as rendered, {counts['edited']} edited, "
        f"{counts['moved']} moved, {counts['deleted']} deleted; {counts['own']} are your own."
    )


def compare(found: project.Project, oid: str, base: Tree) -> list[Change]:
    """What a project has that its template's rendering has not, or otherwise.

    Args:
        found: The project; its working tree counts, or the head of a bare repository.
        oid: The rendered tree.
        base: Likewise, its files.
    """
    start = found.git.write_tree(base, found.prefix) if found.prefix else oid
    flags = ("-z", "-M", "--name-status", "--no-ext-diff", "--ignore-submodules=dirty")
    scope = ("--", found.prefix) if found.prefix else ()
    goal = () if found.top else ("HEAD",)
    fields = iter(
        os.fsdecode(field) for field in found.git.run("diff", *flags, start, *goal, *scope).split(b"\0")[:-1]
    )
    changes = []
    for status in fields:
        path = next(fields)[len(found.prefix) :]
        if status[0] in "RC":
            target = next(fields)[len(found.prefix) :]
            edited = "" if status[1:] == "100" else "and edited"
            if status[0] == "R" and not _in_place(found, path):
                changes.append(Change(target, "moved", edited, path))
            else:
                changes.append(Change(target, "own", "a copy of " + path))
                changes += _untracked(found, path, base) if status[0] == "R" else []
        elif status == "A":
            changes.append(Change(path, "own", ""))
        elif status == "D":
            changes += _untracked(found, path, base)
        else:
            changes.append(Change(path, "edited", "its kind changed" if status == "T" else ""))
    return changes


def _untracked(found: project.Project, path: str, base: Tree) -> list[Change]:
    """A file of the template that git doesn't track: deleted, or on disk all the same."""
    if not _in_place(found, path):
        return [Change(path, "deleted", (found.top and obstacle(found.folder, path)) or "")]
    entry = found.git.add_files(found.folder, [path])[path]
    return [] if entry == base[path] else [Change(path, "edited", "git doesn't track it")]


def _in_place(found: project.Project, path: str) -> bool:
    return bool(found.top) and os.path.lexists(found.folder / path) and not obstacle(found.folder, path)
