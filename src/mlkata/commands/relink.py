"""`mlkata relink`: the template moved; record where it is now, once that is proven."""

from __future__ import annotations

import re
from argparse import Namespace
from pathlib import Path

from mlkata import cache, project, worktree
from mlkata.commands import common
from mlkata.errors import MlkataError
from mlkata.journal import Journal
from mlkata.merge import Change
from mlkata.operation import Write
from mlkata.privacy import clean
from mlkata.report import Report
from mlkata.template import Template


def run(args: Namespace) -> Report:
    """Record a template's new address.

    Raises:
        MlkataError: The commit that the project is from is not there, or is another one.
    """
    found = project.find(Path(args.directory), args.answers_file)
    if found.top is None:
        raise MlkataError(f"{found.folder} is a bare repository", "Relink in a working copy.")
    with common.held(found):
        common.check_ended(found)
        worktree.check_clean(found)
        target = Template(args.url, Path(args.directory), offline=args.offline)
        if target.local:
            target.url = target.address
        target.url = clean(target.url)
        target.fetch()
        known = cache.load(found.git, found.answers, found.prefix)
        sha = known.sha if known else _former(found, offline=args.offline)
        there = target.find(sha or found.commit)
        if there is None or target.find(found.commit) is None:
            raise MlkataError(
                f"{args.url} does not have {found.commit} ({(sha or 'commit unknown')[:14]}), "
                "which this project is from",
                "Is it the same template, with its history and tags?",
            )
        report = Report(
            "relink", project=str(found.folder), template=target.url, old=found.commit, new=found.commit
        )
        file = found.folder / found.answers_file
        tracked = found.tree().get(found.answers_file)
        if tracked is None:
            raise MlkataError(f"git does not track {file}", "Commit it first, then try again.")
        text = found.git.blob(tracked.oid).decode("utf-8", "surrogateescape")
        line = project.dump({"_src_path": target.url})
        line = line.replace("\n", "\r\n") if "\r\n" in text else line
        changed = re.sub(r"(?m)^_src_path:.*\n(?:[ \t]+.*\n)*", lambda _: line, text, count=1)
        content = changed.encode("utf-8", "surrogateescape")
        if project.parse(content, str(file)) != {**found.answers, "_src_path": target.url}:
            raise MlkataError(
                f"{file} is not laid out as Copier does it", f"Set _src_path to {target.url} in it."
            )
        if changed == text:
            report.status, report.headline = "up-to-date", f"It is linked to {target.url} already."
            return report
        entry = tracked._replace(oid=found.git.put(content))
        report.files = [Change(found.answers_file, "change", f"_src_path was {found.source}")]
        report.headline = f"Linked to {target.url}" + (
            ", which has the same commit." if sha else f", which has {found.commit}."
        )
        report.next = ["git commit", "mlkata undo   (all as it was)"]
        write = Write({found.prefix + found.answers_file: entry}, {}, {})
        Journal(found.git, found.top).apply("relink", found.prefix, write, report.data())
    return report


def _former(found: project.Project, *, offline: bool) -> str | None:
    """What the recorded version stands for at the old address, if that still answers."""
    try:
        source = Template(found.source, found.folder, offline=offline)
        version = source.find(found.commit)
        if version is None:
            source.fetch()
            version = source.find(found.commit)
    except MlkataError:
        return None
    return version.sha if version else None
