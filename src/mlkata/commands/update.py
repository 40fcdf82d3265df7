"""`mlkata update`: bring a project to a newer version of its template, or to other answers."""

from __future__ import annotations

import shlex
import time
from argparse import Namespace
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from mlkata import branches, news, project, sync, template, versions, worktree
from mlkata.commands import common
from mlkata.errors import ExitCode, MlkataError
from mlkata.git import Git
from mlkata.journal import Journal
from mlkata.privacy import clean
from mlkata.report import Report

ANSWERED = "Nothing changes: it is answered so already."


def run(args: Namespace) -> Report:
    """Update, or end an update that was interrupted or had conflicts.

    Raises:
        MlkataError: It can't be done; nothing was written.
    """
    path = Path(args.directory) / (args.path or ".")
    if args.abort or args.proceed:
        return _end(path, abort=args.abort)
    return update(project.find(path, args.answers_file), args, partial(common.template, offline=args.offline))


def update(found: project.Project, args: Namespace, opened: common.Opened) -> Report:
    """Update a project.

    Args:
        found: The project.
        args: The command line's flags.
        opened: Where its template comes from.

    Raises:
        MlkataError: It can't be done; nothing was written.
    """
    with common.held(found):
        for _ in range(2):  # somebody may delete the cache at any time
            source = opened(found)
            try:
                return _update(found, source, args)
            except MlkataError as error:
                if not source.vanished(error):
                    raise
                time.sleep(0.3)
        return _update(found, opened(found), args)


def answered(found: project.Project, data: dict[str, Any], args: Namespace) -> Report:
    """Give other answers to the version that a project has; the caller holds the lock.

    Args:
        found: The project.
        data: The answers.
        args: The command line's flags.

    Raises:
        MlkataError: It can't be done; nothing was written.
    """
    worktree.check_clean(found)
    source, goal = common.recorded(found, args)
    start = sync.base(found, source)
    report = Report(
        args.verb, project=str(found.folder), template=found.source, old=found.commit, new=found.commit
    )
    flags = {"branch": None, "diff": False, "defaults": True, "ask_again": False, "data": None}
    whole = Namespace(**{**vars(args), **flags})
    request = replace(common.request(whole, source, goal, found, data), named=tuple(data))
    plan = sync.plan(found, start, request, disk=True)
    report.files = plan.changes
    if not plan.changes:
        report.status, report.headline = "up-to-date", ANSWERED
        return report
    report = _deliver(found, plan, report, whole)
    if kept := [change.path for change in plan.changes if change.action == "kept"]:
        names = ", ".join(kept[:8])
        report.notes.append(f"Left, as you edited it: {names}. What it needs of the template may be gone.")
    said = ", ".join(f"{name}={_word(value)}" for name, value in data.items())
    conflicts = " with conflicts" if report.code else ""
    report.headline = f"Answered {said}{conflicts}; the version stays {found.commit}:"
    if args.dry_run:
        report.headline = f"{said} would do this; nothing was written:"
    return report


def _word(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(str, value))}]"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _update(found: project.Project, source: template.Template, args: Namespace) -> Report:
    to_folder = args.branch is None and not (args.dry_run or args.diff)
    if found.top is None and to_folder:
        raise MlkataError(f"{found.folder} is a bare repository", "Put the result on a branch: --branch")
    if to_folder:
        common.check_ended(found)
        worktree.check_clean(found, branch=True)
    found = project.committed(found, strict=to_folder)
    data = common.answers(args)
    common.progress(f"Looking for a newer version of {found.source}", args)
    source.fetch()
    goal = source.version(args.ref) if args.ref else source.latest(prereleases=args.prereleases)
    start = sync.base(found, source, args.start)
    report = Report(
        "update", project=str(found.folder), template=found.source, old=found.commit, new=goal.name
    )
    at_goal = start.version is not None and start.version.sha == goal.sha and found.commit == goal.name
    ahead = (
        not args.ref
        and start.version is not None
        and not versions.is_newer(goal.name, found.commit, source.tags())
    )
    if source.vanished():
        raise MlkataError("the template's cache was deleted at the same time", "Try again.")
    if not data and not args.ask_again and (at_goal or ahead):
        report.status, report.headline = "up-to-date", f"Up to date: {found.commit} of {found.source}."
        return report
    if ahead and not args.ref and start.version is not None:
        goal = start.version
        report.new = goal.name
    common.progress(f"Merging {found.commit} -> {goal.name}", args)
    request = common.request(args, source, goal, found, data)
    plan = sync.plan(found, start, request, disk=found.top is not None and args.branch is None)
    if source.vanished():
        raise MlkataError("the template's cache was deleted at the same time", "Try again.")
    report.files = plan.changes
    if not plan.changes and not args.diff:
        report.status, report.headline = "up-to-date", ANSWERED if data else "Nothing changes."
        return report
    report.news = news.between(source, found.commit, goal)
    return _deliver(found, plan, report, args)


def _deliver(found: project.Project, plan: sync.Plan, report: Report, args: Namespace) -> Report:
    conflicts = [change.path for change in plan.changes if change.action == "conflict"]
    span = f"{report.old} -> {report.new}" if report.old != report.new else f"new answers to {report.new}"
    if args.diff:
        head = found.git.write_tree(found.tree())
        report.patch = common.patch(found, args, head, found.git.write_tree(plan.merged.tree))
        report.status, report.headline = "planned", "No file would change."
        return report
    if args.dry_run:
        report.status, report.headline = "planned", f"{span} would do this; nothing was written:"
        if report.command == "update":
            again = _again(args)
            report.next = [again, f"{again} --diff   (the same as a patch)"]
        return report
    report.status = "conflicts" if conflicts else "done"
    report.code = ExitCode.CONFLICTS if conflicts else ExitCode.DONE
    if args.branch is not None:
        name = args.branch or branches.name_for(found, f"update-{report.new}")
        commit = branches.to_branch(found, plan, name, _message(report, conflicts))
        report.branch = name
        report.headline = f"{span}, on the branch {name} ({commit[:10]}); your working tree is untouched."
        if conflicts:
            report.notes.append("The branch has conflict markers; resolve them there before you merge it.")
        report.next = [f"git diff HEAD...{name}", f"git merge {name}"]
        return report
    report.headline = f"Updated {span}."
    if conflicts:
        report.headline = f"Updated {span}, with {len(conflicts)} in conflict."
        report.next = [
            "git mergetool   (or edit, then git add)",
            "mlkata update --continue",
            "mlkata update --abort   (all as it was)",
        ]
    else:
        report.next = ["git diff --cached", "git commit", "mlkata undo   (all as it was)"]
    if any("lock" in change.why for change in plan.changes if change.action == "skipped"):
        report.next.insert(0, "make lock   (the template's dependencies changed)")
    sync.to_folder(found, plan, report.command, report.data())
    if plan.message:
        report.notes.append(plan.message)
    return report


def _again(args: Namespace) -> str:
    """The command line of an update, without how it is told."""
    words = ["mlkata", "update", *([args.path] if getattr(args, "path", None) else [])]
    words += ["-C", args.directory] if args.directory != "." else []
    words += ["-a", args.answers_file] if args.answers_file else []
    words += ["-r", args.ref] if args.ref else []
    words += ["--from", args.start] if args.start else []
    words += ["--prereleases"] if args.prereleases else []
    words += [word for pair in args.data or () for word in ("-d", pair)]
    return shlex.join(words + (["--data-file", args.data_file] if args.data_file else []))


def _message(report: Report, conflicts: list[str]) -> str:
    lines = [f"Update from the template to {report.new}", ""]
    lines += [f"{clean(report.template)}: {report.old} -> {report.new}"]
    lines += ["", "In conflict, with markers:", *(f"- {path}" for path in conflicts)] if conflicts else []
    return "\n".join(lines) + "\n"


def _end(path: Path, *, abort: bool) -> Report:
    found = project.repository(path)
    if found.top is None:
        raise MlkataError("a bare repository has nothing under way")
    with common.held(found):
        return _ended(found.git, found.top, path, abort=abort)


def _ended(git: Git, top: Path, path: Path, *, abort: bool) -> Report:
    journal = Journal(git, top)
    operation = journal.unfinished()
    report = Report("update", project=str(top))
    if operation is None:
        report.headline = "Nothing is under way."
        return report
    report.project = str(top / operation.prefix)
    common.check_place(top, operation, path)
    if abort:
        journal.restore(operation)
        report.headline = f"The {operation.verb} was taken back; all is as it was before."
        return report
    undone = operation.state == "undoing"
    journal.finish(operation)
    if undone:
        report.headline = f"The {operation.verb} was taken back; all is as it was before."
        return report
    if operation.state == "conflicts":
        report.status, report.code = "conflicts", ExitCode.CONFLICTS
        report.headline = "The interrupted update is written now, with conflicts."
        report.next = ["git mergetool   (or edit, then git add)", "mlkata update --continue"]
        return report
    report.headline = f"The {operation.verb} is complete."
    report.next = ["git diff --cached", "git commit"]
    return report
