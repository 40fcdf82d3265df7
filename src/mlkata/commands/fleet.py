"""`mlkata fleet`: status, update and check of many repositories."""

from __future__ import annotations

import os
import signal
import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from mlkata.errors import ExitCode, MlkataError
from mlkata.fleet import record, screen, targets, work
from mlkata.fleet.pool import Pool
from mlkata.fleet.rows import Row, worse
from mlkata.fleet.screen import Screen
from mlkata.fleet.tally import Tally
from mlkata.fleet.targets import Job
from mlkata.fleet.work import Done, Order
from mlkata.process import check_version
from mlkata.report import plain

Fleet = Pool[Order, Done]


def run(args: Namespace) -> int:
    """Do it to every repository, tell of each as it ends, and return the worst exit code.

    Raises:
        MlkataError: There is nothing to do it to, or another run has the same fleet (code 7).
    """
    check_version()  # once, not as an error of every repository
    here = Path(args.directory).resolve()
    jobs = targets.find(args.targets, here)
    order = _order(args, here)
    if args.verb_of_fleet == "update" and args.interactive:
        _check_terminal()
    page = here / args.html if args.html else None
    if page and os.path.isdir(page):
        raise MlkataError(f"{page} is a folder", "--html takes the name of a file.")
    if page and not page.parent.is_dir():
        raise MlkataError(f"there is no folder {page.parent}", "Make it, or choose another file for --html.")
    former = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(args, here, jobs, order, page)
    finally:
        signal.signal(signal.SIGTERM, former)


def _run(args: Namespace, here: Path, jobs: list[Job], order: Any, page: Path | None) -> int:
    tally, started, notes = Tally(args.verb_of_fleet, len(jobs)), time.perf_counter(), list[str]()
    with record.opened(_goal(args, here), fresh=args.restart) as kept, screen.pick(args) as out:
        work.ready(args.verb_of_fleet)
        size = min(args.jobs or _cores(), len(jobs))
        try:
            with Pool[Order, Done](size, work.begin, _died) as pool:
                for done in _results(pool, jobs, partial(order, kept), args, out, tally):
                    tally.add(done.rows)
                    kept.add(done)
                    for row in done.rows:
                        out.row(row)
            if not tally.left:
                kept.end()
        except KeyboardInterrupt:
            tally.code = ExitCode.INTERRUPTED
            notes.append("Interrupted. What was done is kept; the same command goes on from there.")
        work.sweep()
        tally.seconds = time.perf_counter() - started
        if page:
            from mlkata.fleet.page import write

            try:
                write(page, tally, kept.rows)
                notes.append(f"The report: {page}")
            except OSError as error:
                notes.append(f"The report can't be written: {page}: {error.strerror}")
                tally.code = ExitCode(worse(tally.code, ExitCode.USER))
        out.end(tally, notes)
    return int(tally.code)


def _goal(args: Namespace, here: Path) -> dict[str, Any]:
    """What makes a run another one than the last, so that it does not go on from there."""
    same = {
        "jobs",
        "html",
        "resume",
        "restart",
        "limit",
        "json",
        "quiet",
        "verbose",
        "directory",
        "interactive",
    }
    return {"here": str(here), **{key: value for key, value in vars(args).items() if key not in same}}


def _order(args: Namespace, here: Path) -> Any:
    """A function from the record and a repository to what a worker is asked to do."""
    verb = args.verb_of_fleet
    flags: dict[str, Any] = vars(args) | {
        "verb": verb, "directory": str(here), "json": False, "quiet": True, "verbose": False,
        "defaults": True, "ask_again": False, "start": None, "diff": False, "abort": False, "proceed": False,
        "outdated": verb == "status", "drift": False,
    }  # fmt: skip
    if verb == "update":
        flags["branch"] = None if args.in_place else args.branch or ""
        if args.in_place and (args.push or args.pr or args.branch):
            raise MlkataError("--in-place makes no branch", "Leave out --branch, --push and --pr, or it.")
        if args.data_file:
            flags["data_file"] = str(here / args.data_file)
    since = time.time()

    def order(kept: record.Record, job: Job, **changes: Any) -> Order:
        given = Namespace(**(flags | changes))
        return Order(job, given, since, kept.before(job.name), kept.resumed)

    return order


def _results(
    pool: Fleet, jobs: list[Job], order: Any, args: Namespace, out: Screen, tally: Tally
) -> Iterator[Done]:
    """What comes of each repository, as it comes."""
    limit = args.limit or len(jobs)
    if getattr(args, "interactive", False):
        yield from _asked(pool, jobs, order, limit)
        return
    begun = 0

    def orders() -> Iterator[Order]:
        nonlocal begun
        for job in jobs:
            one: Order = order(job)
            settled = one.before and all(row["status"] != "failed" for row in one.before["rows"])
            if not settled:
                if begun >= limit:
                    continue
                begun += 1
            yield one

    for done in pool.run(orders(), out.tick):
        if done is not None:
            yield done
        out.progress(tally, [one.job.name for one in pool.busy()])


def _asked(pool: Fleet, jobs: list[Job], order: Any, limit: int) -> Iterator[Done]:
    """Show what would happen to each repository, and do it to those to which a person says yes."""
    begun = 0
    for job in jobs:
        if begun >= limit:
            return
        plan = next(done for done in pool.run([order(job, dry_run=True)]) if done)
        begun += not all(row.earlier for row in plan.rows)
        news = [row for row in plan.rows if row.status == "planned"]
        if not news:
            yield plan
            continue
        for row in news:
            print(f"{plain(screen.short(row.name))}  {plain(screen.said(row))}")
        answer = _ask("Update it? [y]es, [n]o, [q]uit: ")
        if answer == "q":
            return
        if answer == "n":
            rows = [
                Row(row.repository, row.project, row.command, "skipped", headline="left as it is")
                for row in news
            ]
            yield Done(job, rows)
            continue
        yield next(done for done in pool.run([order(job)]) if done)


def _ask(question: str) -> str:
    while True:
        try:
            answer = input(question).strip().lower()[:1]
        except EOFError:
            return "q"
        if answer in ("y", "n", "q"):
            return answer


def _check_terminal() -> None:
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise MlkataError("--interactive asks, and this is no terminal", "Use --dry-run, or --limit.")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _died(order: Order) -> Done:
    row = Row(order.job.name, command=order.args.verb)
    what = "the process that worked on it died, twice (out of memory, or killed)"
    row.fail(MlkataError(what, "Run mlkata there by itself to see why.", ExitCode.USER))
    return Done(order.job, [row])
