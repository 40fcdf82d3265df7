"""`mlkata diff`: what a project changed against its template, as a patch."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from mlkata import project
from mlkata.commands import check, common
from mlkata.errors import MlkataError
from mlkata.objects import Tree
from mlkata.report import Report


def run(args: Namespace) -> Report:
    """Compare the template's files, or some of them, with the project's.

    Raises:
        MlkataError: It is no project, its template can't be rendered, or neither has such a file.
    """
    found = project.find(Path(args.directory), args.answers_file)
    oid, base = common.rendered(found, args)
    report = Report("diff", project=str(found.folder), template=found.source, old=found.commit)
    report.files = sorted(change for change in check.compare(found, oid, base) if change.action != "own")
    if args.paths:
        wanted = common.inside(found, args)
        own = _own(found, wanted, base)
        report.files = [
            change
            for change in report.files
            if common.under(change.path, wanted) or (change.source and common.under(change.source, wanted))
        ]
        if own:
            report.notes.append(f"Not of the template, but yours: {', '.join(own)}")
    if not report.files:
        report.headline = "Nothing differs from the template."
        return report
    paths = {found.prefix + path for change in report.files for path in (change.path, change.source) if path}
    start = found.git.write_tree(base, found.prefix)
    goal = () if found.top else ("HEAD",)
    report.patch = common.patch(found, args, start, *goal, "--", *sorted(paths))
    return report


def _own(found: project.Project, wanted: list[str], base: Tree) -> list[str]:
    """Those of some paths that the project alone has.

    Raises:
        MlkataError: Neither it nor the template has one of them.
    """
    own = []
    tracked = found.tree()
    for name in wanted:
        if any(common.under(path, [name]) for path in base):
            continue
        here = found.top and os.path.lexists(found.folder / name)
        if not here and not any(common.under(path, [name]) for path in tracked):
            hint = common.near(name, [*base, *tracked]) or "mlkata check -v lists what there is."
            raise MlkataError(f"neither the project nor its template has {name}", hint)
        own.append(name)
    return own
