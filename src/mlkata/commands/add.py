"""`mlkata add`: a component of the template, or another answer, into a project that is there already."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mlkata import components, made, parts, project, render, running, worktree
from mlkata.commands import common, offers, update
from mlkata.components import Catalogue, Kind
from mlkata.errors import MlkataError
from mlkata.merge import Change
from mlkata.objects import Tree
from mlkata.report import Report


def run(args: Namespace) -> Report:
    """Add components or answers; without a word, list what there is.

    Raises:
        MlkataError: It can't be added; nothing was written.
    """
    found = project.find(Path(args.directory), args.answers_file)
    if found.top is None and args.words and not args.help:
        raise MlkataError(f"{found.folder} is a bare repository", "Add in a working copy.")
    with common.held(found):
        offered = offers.at(found, args)
        words, options = _split(args.words)
        if (not words and not options) or args.help:
            return offers.listed(found, offers.only(offered, words))
        if not words:
            raise MlkataError(
                f"what to add is missing before --{next(iter(options))}", "mlkata add lists it."
            )
        common.check_ended(found)
        if offers.are_answers(offered, words, "add"):
            offers.no_options(options)
            return update.answered(found, offers.answers(found, offered, words, "add"), args)
        kind = offers.kind(offered, words, "add")
        given = _options(found, kind, options, args)
        return _add(found, offered, kind, words[1:], given, args)


def _split(words: Sequence[str]) -> tuple[list[str], dict[str, Any]]:
    """The words of a command line, and what follows `--`: `--option value` or `--option=value`."""
    plain: list[str] = []
    options: dict[str, Any] = {}
    rest = iter(words)
    for word in rest:
        if not word.startswith("-"):
            plain.append(word)
            continue
        name, sign, value = word.lstrip("-").partition("=")
        options[name] = value if sign else next(rest, None)
    return plain, options


def _options(
    found: project.Project, kind: Kind, options: Mapping[str, Any], args: Namespace
) -> dict[str, Any]:
    given = {}
    for name, value in options.items():
        key = name.replace("-", "_")
        if key not in kind.options:
            raise offers.unknown(f"{kind.name} has no option --{name}", name, kind.options)
        choices = components.values(kind.options[key])
        if value is None:
            raise MlkataError(f"--{name} is given no value", offers.spelled(kind.options[key]))
        offers.check(f"--{name}", value, choices)
        if kind.options[key].get("type") == "path":
            value = _from_project(found, value, args)
        given[key] = value
    for name, question in kind.options.items():
        if name not in given and "default" not in question:
            raise MlkataError(
                f"{kind.name} needs --{name}: {offers.line(question.get('help'))}",
                f"mlkata add {kind.name} NAME --{name} …",
            )
    return given


def _from_project(found: project.Project, value: str, args: Namespace) -> str:
    """A file's path as seen from the project; what is no file here, an address perhaps, as it is."""
    path = Path(os.path.abspath(Path(args.directory) / value))
    if "://" in value or not path.exists():
        return value
    folder = found.folder.resolve()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _elsewhere(kind: Kind, options: Mapping[str, Any]) -> list[str]:
    """Say which files that are named are not the project's."""
    files = [value for name, value in options.items() if kind.options[name].get("type") == "path"]
    advice = "no other clone has it: move it into the project, or give an address."
    return [f"{file} is outside the project; {advice}" for file in files if os.path.isabs(file)]


def _add(
    found: project.Project,
    offered: Catalogue,
    kind: Kind,
    names: Sequence[str],
    options: Mapping[str, Any],
    args: Namespace,
) -> Report:
    requests = [offers.request(found, offered, kind, name, options, args) for name in names]
    rendered = list(render.several(requests, found.git))
    report = offers.report("add", found)
    theirs: Tree = {}
    for one in rendered:
        theirs |= one.tree
    part = parts.plan(found, {}, theirs)
    makes = [path for one in rendered for path in made.paths(one, offered)]
    there = part.conflicts + [path for path in makes if os.path.lexists(found.folder / path)]
    if there:
        raise parts.in_the_way(there)
    what = f"{kind.name} {', '.join(names)}"
    why = f"{kind.name} of {found.commit}"
    report.files = [Change(path, "add", why) for path in sorted({*part.tracked, *part.loose})]
    report.files += [Change(path, "add", "its own jobs make it") for path in makes]
    report.notes = _elsewhere(kind, options)
    report.next = [line for one in rendered for line in one.settings.get("next") or ()]
    if not report.files:
        report.status, report.headline = "up-to-date", f"{what} is there already."
        return report
    if args.dry_run:
        report.status, report.headline = "planned", f"{what} would be added; nothing was written:"
        return report
    report.headline = f"Added {what}:"
    report.next += ["git diff --cached", "git commit", "mlkata undo   (all as it was)"]
    if not makes:
        parts.apply(found, part, report)
        return report
    with running.copied(found, makes) as copy:
        for one in rendered:
            for arguments in one.settings.get("run") or ():
                common.progress(f"{one.settings['module']} {arguments[0]}", args)
                running.run(found, copy, one.settings["module"], arguments)
        if lacking := [path for path in makes if not made.files(copy, [path])]:
            raise MlkataError(f"its jobs ended well, but made no {', '.join(lacking)}; nothing was written")
        files = made.files(copy, makes)
        apart = worktree.ignored(found.git, found.tree(), found.prefix, files)
        part.tracked |= found.git.add_files(copy, [path for path in files if path not in apart])
        report.files = [change for change in report.files if change.path not in makes]
        report.files += [Change(path, "add", "made by its own jobs") for path in files]
        parts.apply(found, part, report, {path: copy / path for path in apart})
    for one, name in zip(rendered, names, strict=True):
        made.remember(found, kind.name, name, made.paths(one, offered))
    return report
