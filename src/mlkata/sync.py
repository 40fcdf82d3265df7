"""From two versions of a template to a result for a project, and from the result to its folder."""

from __future__ import annotations

from collections.abc import Container, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from mlkata import cache, merge, project, render, worktree
from mlkata.errors import ExitCode, MlkataError
from mlkata.journal import Journal
from mlkata.merge import Change, Labels, Merged
from mlkata.objects import Entry, Tree
from mlkata.operation import Write
from mlkata.project import Project
from mlkata.template import Template, Version


@dataclass(frozen=True)
class Plan:
    """What an update would do.

    Attributes:
        merged: The result, of what git tracks.
        loose: What happens on disk alone, to files that git doesn't track; None removes nothing.
        hidden: Tracked files that are not on disk.
        changes: Every path, and why.
        rendered: The new version, whole; None where it was not rendered as a whole.
        new: That version.
        message: What the template says to a person.
        head: The commit that it was worked out for; empty where there is none.
    """

    merged: Merged
    loose: dict[str, Entry]
    hidden: frozenset[str]
    changes: list[Change]
    rendered: Tree | None
    new: Version
    message: str = ""
    head: str = ""


@dataclass(frozen=True)
class Base:
    """What the project was made from.

    Attributes:
        version: As far as the template still has it.
        known: As far as it was rendered before.
    """

    version: Version | None
    known: cache.Known | None


def base(project: Project, template: Template, ref: str | None = None) -> Base:
    """Find what the project was made from.

    Args:
        project: The project.
        template: Its template.
        ref: A version to take instead of the recorded one.

    Raises:
        MlkataError: The template no longer has it, and it was not rendered here.
    """
    if ref:
        return Base(template.version(ref), None)
    known = cache.load(project.git, project.answers, project.prefix)
    if known and template.has(known.sha):  # what the tag stood for then, wherever it points now
        return Base(Version(project.commit, known.sha), known)
    found = template.find(project.commit) if not known else None
    if found is None and known is None:
        raise MlkataError(
            f"the template {project.source} no longer has {project.commit!r}, which this project is from",
            "Name the version that is nearest to it: mlkata update --from REF. Its versions: "
            + (", ".join(template.releases()[-8:]) or "none is tagged")
            + ".",
        )
    return Base(found, known)


def plan(project: Project, start: Base, request: render.Request, *, disk: bool) -> Plan:
    """Work out an update; nothing but git objects is written.

    Args:
        project: The project.
        start: What it was made from.
        request: The version and answers that it shall have.
        disk: Whether it is for the working tree, so that what git doesn't track there counts.

    Raises:
        MlkataError: A template or answer is wrong, or something unprotected is in the way (code 5).
    """
    git, head, ours = project.git, project.head(), project.tree()
    old, new, rendered = _versions(project, start, request, ours)
    if project.answers_file in old.tree and project.answers_file not in new.tree:
        raise MlkataError(
            f"{request.version.name} of the template does not record its answers in {project.answers_file}",
            "Rename yours as the template does (git mv, then commit), and name it: mlkata update -a FILE",
        )
    there = worktree.Disk({}, {}, {}, frozenset())
    if disk:
        there = worktree.survey(project, ours, {*old.tree, *new.tree})
    before, after = dict(old.tree), dict(new.tree)
    changes: list[Change] = []
    for path, why in there.blocked.items():
        entry = after.pop(path, None)
        if entry and entry != before.pop(path, None):
            changes.append(Change(path, "skipped", why))
    labels = Labels("yours", f"template {request.version.name}")
    loose, said = _loose(project, there.loose, before, after, labels, new.kept)
    changes += said
    merged = merge.merge(
        git,
        {path: entry for path, entry in before.items() if path not in there.loose},
        ours,
        {path: entry for path, entry in after.items() if path not in there.loose},
        labels=labels,
        prefix=project.prefix,
        answers_file=project.answers_file,
        kept=new.kept,
        frozen=there.frozen,
    )
    changes += drop_ignored(project, merged, ours, after, loose if disk else None)
    if disk:
        _check_way(project, merged, ours)
    gone = {change.path for change in changes}
    changes += [change for change in merged.changes if change.path not in gone or change.path in merged.tree]
    rendered = None if new.secret else rendered
    return Plan(merged, loose, there.hidden, sorted(changes), rendered, request.version, new.message, head)


def _versions(
    project: Project, start: Base, request: render.Request, ours: Tree
) -> tuple[render.Rendered, render.Rendered, Tree | None]:
    """Old and new, rendered as far as needed, and the new one whole if that costs nothing more."""
    git = project.git
    if start.version is None:
        assert start.known  # noqa: S101 - `base` says so
        new = render.render(request, git)
        tree = start.known.tree(git)
        return render.Rendered(tree, project.answers, frozenset()), new, new.tree
    before = replace(
        request, version=start.version, data={}, named=(), ask=False, ask_again=False, lenient=True,
        answers=project.answers,
    )  # fmt: skip
    pair = render.pair(before, request, git, ours)
    if not pair.standing:
        return pair.old, pair.new, pair.new.tree
    if start.known is None:
        return pair.old, pair.new, None
    known = start.known.tree(git)
    whole: Tree = {}
    for path, entry in pair.new.tree.items():
        found = known.get(path) if path in pair.standing else entry
        if found is None:
            return pair.old, pair.new, None
        whole[path] = found
    return pair.old, pair.new, whole


def _loose(
    project: Project, loose: Tree, before: Tree, after: Tree, labels: Labels, kept: Container[str]
) -> tuple[dict[str, Entry], list[Change]]:
    """Merge the files that git doesn't track, each for itself, and keep the person's in any doubt."""
    mine = {path: loose[path] for path in loose if before.get(path) != after.get(path)}
    writes: dict[str, Entry] = {}
    changes = []
    for path, entry in mine.items():
        if path not in after:
            changes.append(Change(path, "kept", "the template no longer has it; git doesn't track yours"))
            continue
        if path in kept:
            changes.append(Change(path, "skipped", "the template leaves it to the project"))
            continue
        base, theirs = ({path: side[path]} if path in side else {} for side in (before, after))
        found = merge.merge(project.git, base, {path: entry}, theirs, labels=labels, prefix=project.prefix)
        if path in found.conflicts:
            show = f"mlkata restore {path} replaces it"
            changes.append(Change(path, "skipped", f"git doesn't track yours, and it differs; {show}"))
        elif found.tree.get(path) not in (None, entry):
            writes[path] = found.tree[path]
            changes.append(Change(path, "change", "changed in the template; git doesn't track it"))
    return writes, changes


def drop_ignored(
    project: Project, merged: Merged, ours: Tree, theirs: Tree, loose: dict[str, Entry] | None,
    spared: Container[str] = (),
) -> list[Change]:  # fmt: skip
    """Keep new files that the project ignores out of git: they go to the disk, if anywhere.

    Args:
        project: The project.
        merged: The result, from which they are taken.
        ours: What HEAD has.
        theirs: The template's new version.
        loose: What happens on disk; None where nothing does.
        spared: What goes into git although it is ignored.
    """
    known = {*ours, *merged.conflicts, *(c.path for c in merged.changes if c.action == "rename")}
    known |= {path for path in merged.tree if path in spared}
    fresh = [path for path, entry in merged.tree.items() if path not in known and theirs.get(path) == entry]
    changes = []
    for path in worktree.ignored(project.git, merged.tree, project.prefix, fresh):
        entry = merged.tree.pop(path)
        if loose is not None:
            loose[path] = entry
            changes.append(Change(path, "add", "new in the template; git ignores it"))
        else:
            changes.append(
                Change(path, "skipped", "new in the template; git ignores it, so no branch has it")
            )
    return changes


def _check_way(project: Project, merged: Merged, ours: Tree) -> None:
    """Refuse a result that would land on files that git doesn't track."""
    new = [path for path in merged.tree if path not in ours]
    found = worktree.survey(project, ours, new)
    blocked = [*found.blocked, *(path for path in found.loose if found.loose[path] != merged.tree[path])]
    if blocked:
        raise MlkataError(
            f"not tracked by git, and in the way: {', '.join(sorted(blocked)[:8])}; nothing was written",
            "Move them away or commit them, then try again; or use mlkata update --branch.",
            ExitCode.UNSAFE,
        )


def to_folder(project: Project, plan: Plan, verb: str, report: Mapping[str, Any]) -> None:
    """Write a plan to the working tree and the index, with a journal.

    Raises:
        MlkataError: It can't be written; all is then as it was.
    """
    assert project.top  # noqa: S101 - callers look
    if plan.head:  # a question may have stood open for long
        worktree.check_clean(project)
        if project.head() != plan.head:
            raise MlkataError(
                "a commit was made meanwhile; nothing was written", "Try again.", ExitCode.UNSAFE
            )
    ours, merged, prefix = project.tree(), plan.merged, project.prefix
    differing = {path for path in {*ours, *merged.tree} if ours.get(path) != merged.tree.get(path)}
    differing |= merged.conflicts.keys()  # also where the file stays as it is
    write = Write(
        tracked={prefix + path: merged.tree.get(path) for path in differing},
        loose={prefix + path: entry for path, entry in plan.loose.items()},
        conflicts={prefix + path: stages for path, stages in merged.conflicts.items()},
        hidden=frozenset(prefix + path for path in plan.hidden - merged.conflicts.keys()),
    )
    journal = Journal(project.git, project.top)
    journal.apply(verb, prefix, write, dict(report), last=prefix + project.answers_file)
    with suppress(MlkataError, OSError):  # it is written; what was rendered can be rendered again
        remember(project, plan)


def remember(at: Project, plan: Plan) -> None:
    """Keep what was rendered, so that the next check or update need not render it."""
    entry = plan.merged.tree.get(at.answers_file)
    if plan.rendered is None or entry is None:
        return
    answers = project.parse(at.git.blob(entry.oid), at.answers_file)
    cache.store(at.git, answers, at.prefix, plan.rendered, plan.new.sha)
