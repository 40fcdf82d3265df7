"""`mlkata undo`: take back the last operation, byte for byte."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from mlkata import project
from mlkata.commands import common
from mlkata.errors import MlkataError
from mlkata.journal import Journal
from mlkata.merge import Change
from mlkata.report import Report


def run(args: Namespace) -> Report:
    """Bring back what the last operation replaced.

    Raises:
        MlkataError: There is none, or its files were edited since (code 5).
    """
    found = project.repository(Path(args.directory) / (args.path or "."))
    top = found.top
    if top is None:
        raise MlkataError(f"{found.folder} is a bare repository: there is nothing to undo")
    with common.held(found):
        journal = Journal(found.git, top)
        operation = journal.load()
        if operation is None:
            raise MlkataError(f"there is nothing to undo in {top}", "Only the last operation is kept.")
        common.check_place(top, operation, Path(args.directory) / (args.path or "."))
        report = Report("undo", project=str(top / operation.prefix))
        words = {True: "delete", False: "change"}
        report.files = [
            Change(path, "add" if after is None else words[before is None], "as it was before")
            for path, (before, after) in sorted(operation.paths.items())
            if before != after
        ]
        if args.dry_run:
            if not args.force:
                journal.check_untouched(operation)
            report.status = "planned"
            report.headline = f"This would take back the last {operation.verb}; nothing was written:"
            return report
        journal.restore(operation, force=args.force)
        report.headline = f"The last {operation.verb} was taken back; all is as it was before."
    return report
