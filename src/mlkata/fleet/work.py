"""One repository: find its projects, and do to each what the verb does to one."""

from __future__ import annotations

import os
import shutil
import time
from argparse import Namespace
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlkata import branches, project, worktree
from mlkata.addresses import cache_dir
from mlkata.commands import common
from mlkata.errors import ExitCode, MlkataError
from mlkata.fleet import targets
from mlkata.fleet.clones import clone
from mlkata.fleet.rows import Row
from mlkata.fleet.shelf import Shelf
from mlkata.fleet.targets import Job
from mlkata.journal import Journal
from mlkata.locking import alive
from mlkata.merge import Change
from mlkata.project import Project
from mlkata.report import Report
from mlkata.template import Version


@dataclass(frozen=True)
class Order:
    """What a worker is asked to do.

    Attributes:
        job: The repository.
        args: The command line's flags, as the verb for one project takes them.
        since: When the run began; a template's mirror that is newer is not fetched again.
        before: What the record has of it from a run that was cut short.
        resumed: Whether there was such a run.
    """

    job: Job
    args: Namespace
    since: float
    before: dict[str, Any] | None = None
    resumed: bool = False


@dataclass
class Done:
    """What a worker has to say of a repository.

    Attributes:
        job: The repository.
        rows: Its projects.
        seen: What it looked like, by project, to tell whether it changed since.
    """

    job: Job
    rows: list[Row]
    seen: dict[str, str] = field(default_factory=dict)


def ready(verb: str) -> None:
    """Import what takes long, once for all repositories."""
    import yaml  # noqa: F401

    if verb != "status":
        from mlkata import copying, render  # noqa: F401
    if verb == "update":
        from mlkata.commands import update  # noqa: F401
    else:
        from mlkata.commands import check  # noqa: F401


def begin() -> Callable[[Order], Done]:
    """What a worker does first; the function that takes orders."""
    os.environ["GIT_TERMINAL_PROMPT"] = "0"  # nobody is there to answer
    shelf = Shelf(_scratch() / str(os.getpid()))

    def handle(order: Order) -> Done:
        given = {"offline": order.args.offline, "since": order.since}
        return _handle(order, lambda found: shelf.opened(found, **given))

    return handle


def _scratch() -> Path:
    return cache_dir() / "fleet" / "work"


def sweep() -> None:
    """Remove what workers that are gone left on disk."""
    with suppress(FileNotFoundError):
        for left in _scratch().iterdir():
            if not (left.name.isdecimal() and alive(int(left.name))):
                shutil.rmtree(left, ignore_errors=True)


def _handle(order: Order, opened: common.Opened) -> Done:
    job, done = order.job, Done(order.job, [])
    started = time.perf_counter()
    with ExitStack() as stack:
        try:
            folder = (
                stack.enter_context(clone(job.place, offline=order.args.offline))
                if job.remote
                else Path(job.place)
            )
            places = managed(folder, job.inside, order.args.answers_file)
        except Exception as error:
            row = Row(job.name, command=order.args.verb, seconds=time.perf_counter() - started)
            row.fail(_told(error))
            done.rows.append(row)
            return done
        for prefix, place in places.items():
            done.rows.append(_one(order, place, prefix, opened, done.seen, started))
            started = time.perf_counter()
    return done


def managed(folder: Path, inside: tuple[str, ...], answers_file: str | None) -> dict[str, Path]:
    """The managed folders of a repository, each empty or ending in `/`, and where to look for each.

    Args:
        folder: The repository.
        inside: The folders that are asked for; all, where none is.
        answers_file: What marks one.

    Raises:
        MlkataError: It is no repository, or no template is known that it came from.
    """
    project.check_answers_file(answers_file)
    name = answers_file or project.ANSWERS
    if folder.is_dir() and not targets.top(folder):
        os.listdir(folder)  # it says so where that is not allowed
        raise MlkataError(
            f"{folder} is no repository and has none right in it, so nothing that mlkata manages",
            "Give a repository, the folder above some, or a glob ('code/*/*'). To start one: mlkata new DEST",
        )
    whole = project.repository(folder)
    git, top = whole.git, whole.top
    if top:
        env = {"GIT_LITERAL_PATHSPECS": "0", "GIT_GLOB_PATHSPECS": "1"}
        out = git.run("ls-files", "-z", "--", f"**/{name}", env=env)
    else:
        out = git.run("ls-tree", "-r", "-z", "--name-only", "HEAD", ok=(0, 128))
    paths = (os.fsdecode(path) for path in out.split(b"\0")[:-1])
    found = {path[: -len(name)] for path in paths if path == name or path.endswith(f"/{name}")}
    if top and (top / name).is_file():
        found.add("")
    wanted = {prefix for prefix in found if not inside or prefix.startswith(inside)}
    for asked in inside:  # a folder below a managed one stands for that
        if not any(prefix.startswith(asked) for prefix in wanted):
            above = [prefix for prefix in found if asked.startswith(prefix)]
            wanted |= {max(above, key=len)} if above else set()
    if not wanted:
        raise MlkataError(
            f"{folder} has no {name}, so no template is known that it came from",
            "Take it off the list, or bring it under a template: mlkata adopt",
        )
    return {prefix: folder / prefix if top else folder for prefix in sorted(wanted)}


def _one(
    order: Order, place: Path, prefix: str, opened: common.Opened, seen: dict[str, str], started: float
) -> Row:
    row = Row(order.job.name, prefix, order.args.verb)
    try:
        found = project.find(place, order.args.answers_file, prefix)
        seen[prefix] = _state(found, order, opened)
        earlier = _earlier(order, prefix, seen[prefix])
        if earlier:
            return earlier
        report = _do(found, order, opened, row)
        row.take(report)
        if order.args.verb == "update" and report.branch and (order.args.push or order.args.pr):
            from mlkata.fleet.publish import publish

            publish(found, report, row, pr=order.args.pr)
    except Exception as error:
        row.fail(_told(error))
    row.seconds = round(time.perf_counter() - started, 3)
    return row


def _do(found: Project, order: Order, opened: common.Opened, row: Row) -> Report:
    args = order.args
    row.template, row.old = found.source, found.commit
    if args.verb == "update":
        from mlkata.commands.update import update

        report = None
        if order.resumed and not args.dry_run and args.branch is None:
            report = _of_killed(found, _goal(found, order, opened).name)
        return report or update(found, args, opened)
    from mlkata.commands.check import check

    report = check(found, args, opened)
    if args.verb == "status":
        row.obstacles = _obstacles(found, report)
    return report


def _of_killed(found: Project, goal: str) -> Report | None:
    """What the run before this one was doing in a working tree, or had done, when it was killed."""
    if found.top is None:
        return None
    with common.held(found):
        journal = Journal(found.git, found.top)
        operation = journal.load()
        if operation is None or (operation.verb, operation.prefix) != ("update", found.prefix):
            return None
        if operation.report["new"] != goal or operation.head != found.git.oid("HEAD"):
            return None
        if operation.state == "undoing":
            return None
        if operation.state == "applying":
            journal.finish(operation)
    told = operation.report
    changes = [Change(**{"source": None, **change}) for change in told["files"]]
    code = ExitCode(told["code"])
    return Report(**{**told, "files": changes, "code": code})


def _obstacles(found: Project, report: Report) -> list[str]:
    """What would be in the way of an update."""
    told = []
    for look in (common.check_ended, worktree.check_clean):
        try:
            if found.top:
                look(found)
        except MlkataError as error:
            told.append(error.what.removesuffix("; nothing was written"))
    if report.new != report.old and (tip := found.git.oid(f"refs/heads/{_branch(found, report)}")):
        told.append(f"an update waits on the branch {_branch(found, report)} ({tip[:10]})")
    return told


def _branch(found: Project, report: Report) -> str:
    return branches.name_for(found, f"update-{report.new}")


def _state(found: Project, order: Order, opened: common.Opened) -> str:
    """What decides whether an earlier outcome still holds: the project's commit, and what it shall have."""
    return f"{found.git.oid('HEAD')} {found.commit} {_goal(found, order, opened).sha}"


def _goal(found: Project, order: Order, opened: common.Opened) -> Version:
    source, args = opened(found), order.args
    return source.version(args.ref) if args.ref else source.latest(prereleases=args.prereleases)


def _earlier(order: Order, prefix: str, state: str) -> Row | None:
    """The outcome of the run before this one, if that was a success and nothing changed."""
    if not order.before or order.before["seen"].get(prefix) != state:
        return None
    for row in order.before["rows"]:
        if row["project"] == prefix and row["status"] not in ("failed", "skipped"):
            return Row(**{**row, "earlier": True})
    return None


def _told(error: Exception) -> MlkataError:
    """Any error as one that can be told; the others of a fleet go on."""
    if isinstance(error, MlkataError):
        return error
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return MlkataError(f"{where}{error.strerror or error}")
    if os.environ.get("MLKATA_DEBUG") == "raise":
        raise error
    what = f"this is a defect in mlkata: {type(error).__name__}: {error}"
    return MlkataError(what, "Please report it.", ExitCode.USER)
