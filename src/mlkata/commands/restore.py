"""`mlkata restore`: the template's version of files again, on disk; git shows the difference."""

from __future__ import annotations

import os
from argparse import Namespace
from pathlib import Path

from mlkata import project, worktree
from mlkata.commands import common
from mlkata.errors import MlkataError
from mlkata.journal import Journal
from mlkata.merge import Change
from mlkata.operation import Write
from mlkata.report import Report


def run(args: Namespace) -> Report:
    """Bring files back as the template has them; `mlkata undo` takes that back.

    Raises:
        MlkataError: The template has no such file, or it can't be written.
    """
    found = project.find(Path(args.directory), args.answers_file)
    if found.top is None:
        raise MlkataError(f"{found.folder} is a bare repository: there are no files to restore")
    with common.held(found):
        common.check_ended(found)
        _, base = common.rendered(found, args)
        wanted = common.inside(found, args)
        for name in wanted:
            if not any(common.under(path, [name]) for path in base):
                hint = common.near(name, base) or "mlkata check -v lists what it has."
                raise MlkataError(f"the template has no {name} in {found.commit}", hint)
        chosen = {path: entry for path, entry in base.items() if common.under(path, wanted)}
        for path in chosen:
            if obstacle := worktree.obstacle(found.folder, path):
                raise MlkataError(f"{path} can't be written: {obstacle}", "Move it away first.")
        present = [path for path in chosen if os.path.lexists(found.folder / path)]
        disk = found.git.add_files(found.folder, present) if present else {}
        writes = {path: entry for path, entry in chosen.items() if disk.get(path) != entry}
        report = Report("restore", project=str(found.folder), template=found.source, old=found.commit)
        report.files = [
            Change(path, "change" if path in disk else "add", f"as in {found.commit}")
            for path in sorted(writes)
        ]
        if not writes:
            report.status, report.headline = "up-to-date", "They are as the template has them."
            return report
        if args.dry_run:
            report.status, report.headline = "planned", "This would be restored; nothing was written:"
            return report
        report.headline = f"Restored from {found.commit}:"
        report.next = ["git diff", "mlkata undo   (all as it was)"]
        loose = {found.prefix + path: entry for path, entry in writes.items()}
        Journal(found.git, found.top).apply("restore", found.prefix, Write({}, loose, {}), report.data())
    return report
