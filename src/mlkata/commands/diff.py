"""`mlkata diff`: what a project changed against its template, as a patch."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from mlkata import project
from mlkata.commands import check, common
from mlkata.report import Report


def run(args: Namespace) -> Report:
    """Compare the template's files, or some of them, with the project's.

    Raises:
        MlkataError: It is no project, or its template can't be rendered.
    """
    found = project.find(Path(args.directory), args.answers_file)
    oid, base = common.rendered(found, args)
    report = Report("diff", project=str(found.folder), template=found.source, old=found.commit)
    report.files = sorted(change for change in check.compare(found, oid, base) if change.action != "own")
    if args.paths:
        wanted = common.inside(found, args)
        report.files = [change for change in report.files if common.under(change.path, wanted)]
    if not report.files:
        report.headline = "Nothing differs from the template."
        return report
    paths = {found.prefix + path for change in report.files for path in (change.path, change.source) if path}
    start = found.git.write_tree(base, found.prefix)
    goal = () if found.top else ("HEAD",)
    report.patch = common.patch(found, args, start, *goal, "--", *sorted(paths))
    return report
