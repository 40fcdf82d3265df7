"""From a base, a repository and its new template to a result: `merge.merge`, with what adoption adds.

Where a file can be merged by its keys, or its content goes elsewhere, that is told to the one merge as
what both sides have: base becomes the person's file, and the template's the result.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mlkata import merge, sync, worktree
from mlkata.adopt import keyed, keyed_toml, packaging
from mlkata.adopt.metadata import Facts
from mlkata.adopt.packaging import PYPROJECT
from mlkata.adopt.requirements import FILE, Required
from mlkata.errors import MlkataError
from mlkata.git import Git
from mlkata.merge import Change, Labels
from mlkata.objects import Entry, Tree
from mlkata.project import Project
from mlkata.render import Rendered
from mlkata.template import Version


@dataclass(frozen=True)
class Sides:
    """What is merged.

    Attributes:
        base: The old template's files.
        ours: What the repository has.
        theirs: The new template's files.
        records: Files that record the old template.
        required: What the repository requires beyond the old template.
        packaging: What its packaging files say.
    """

    base: Tree
    ours: Tree
    theirs: Tree
    records: tuple[str, ...]
    required: Required
    packaging: Mapping[str, Facts]


@dataclass
class _Prepared:
    """The sides as they go into the merge."""

    before: Tree
    after: Tree
    frozen: dict[str, str] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    kept: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)


def plan(
    project: Project, sides: Sides, done: Rendered, version: Version
) -> tuple[sync.Plan, list[str], set[str]]:
    """Work out an adoption; nothing but git objects is written.

    Args:
        project: The managed folder.
        sides: What is merged.
        done: The new template, rendered.
        version: Which version of it.

    Returns:
        The plan, what else to know, and the packaging files that still say more than the result.

    Raises:
        MlkataError: The repository ignores the file that would record the answers.
    """
    git, ours = project.git, sides.ours
    ready = _Prepared(dict(sides.base), dict(sides.theirs))
    for path in sides.records:
        if path != project.answers_file and path in ours:
            ready.before[path] = ours[path]
            ready.after.pop(path, None)
            ready.why[path] = "it records the old template"
    for path in sorted(ours.keys() & ready.after.keys() - ready.before.keys()):
        if ours[path] == ready.after[path]:
            continue
        if merge.is_lock(git, path, ours[path]):
            ready.frozen[path] = "yours is kept: a lock is never merged; renew it (make lock)"
        elif ours[path].mode.startswith("100") and not git.blob(ours[path].oid):  # git would fill it unasked
            ready.frozen[path] = f"yours is empty and stays so; afterwards mlkata restore {path} fills it"
    _require(git, sides, ready)
    _carry(git, sides, ready)
    _by_keys(git, project, sides, ready, done)
    labels = Labels("yours", f"template {version.name}")
    merged = merge.merge(
        git, ready.before, ours, ready.after, labels=labels, prefix=project.prefix,
        answers_file=project.answers_file, kept=done.kept, frozen=ready.frozen, renames=False,
    )  # fmt: skip
    spared = _ignored_by_them(project, merged.tree, sides, ready)
    changes = sync.drop_ignored(project, merged, ours, ready.after, None, spared)
    if project.answers_file not in merged.tree:
        if project.answers_file not in sides.theirs:
            raise MlkataError("this template records no answers, so nothing could be updated later")
        raise MlkataError(
            f"git ignores {project.answers_file}, which records the template",
            f"Add a line to .gitignore and commit it: !{project.answers_file}",
        )
    gone = {change.path for change in changes}
    changes += [change for change in merged.changes if change.path not in gone or change.path in merged.tree]
    changes = [_said(change, ready.why, sides) for change in changes] + ready.kept
    rendered = None if done.secret else done.tree
    result = merged.tree.get(PYPROJECT)
    text = git.blob(result.oid).decode(errors="replace") if result else ""
    left = packaging.unmoved(text, sides.packaging)
    notes = [*ready.ignored, *ready.notes, *(note for found in left.values() for note in found)]
    told = {*left, *(file for _, file, _ in sides.required.left)}
    return sync.Plan(merged, {}, frozenset(), sorted(changes), rendered, version), notes, told


def _ignored_by_them(project: Project, tree: Tree, sides: Sides, ready: _Prepared) -> set[str]:
    """Files of the template that the repository's rules ignore and the template's own don't.

    The template tracks them and can't do without; what git tracks, no rule ignores.
    """
    fresh = [path for path in tree if path not in sides.ours and path in sides.theirs]
    rules = worktree.ignoring(project.git, tree, project.prefix, fresh)
    own = worktree.ignoring(project.git, sides.theirs, project.prefix, rules)
    inside = {f"{project.prefix}{path}" for path in sides.theirs}
    for path in own:
        if own[path][0] in inside:  # not a rule of git's own folder, the user's, or a folder above
            del rules[path]
    rules.pop(project.answers_file, None)
    which: dict[tuple[str, str], list[str]] = {}
    for path, said in rules.items():
        which.setdefault(said, []).append(path)
    for (source, rule), paths in which.items():
        file = (
            source
            if source.endswith(".gitignore") and source[0] != "/"
            else "/".join(Path(source).parts[-3:])
        )
        listed = ", ".join(sorted(paths)[:8]) + (f" and {len(paths) - 8} more" if len(paths) > 8 else "")
        narrow = f"; narrow the rule (/{rule})" if re.fullmatch(r"[\w.-]+/?", rule) else ""
        ready.ignored.append(
            f"Your rule {rule} in {file} ignores files of the template; they are on the branch all the same: "
            f"{listed}. New files beside them need git add -f{narrow}."
        )
    return set(rules)


def _said(change: Change, why: Mapping[str, str], sides: Sides) -> Change:
    if change.action in ("change", "delete") and change.path in why:
        return change._replace(why=why[change.path])
    if change.action == "conflict" and change.path not in sides.base:
        return change._replace(why="you have it and the template has it, and they differ")
    if change.action == "change" and sides.base.get(change.path) == sides.ours.get(change.path):
        return change._replace(why="you had it as the old template made it")
    if change.action == "delete":
        return change._replace(why="of the old template, and you had not edited it")
    return change


def _require(git: Git, sides: Sides, ready: _Prepared) -> None:
    """Put what the repository requires into the template's `[project] dependencies`."""
    required = sides.required
    entries = [entry for entry, _ in required.entries]
    theirs = ready.after.get(PYPROJECT)
    text = git.blob(theirs.oid).decode() if theirs else ""
    try:
        changed = keyed_toml.require(text, entries) if entries else text
    except ValueError:  # the template's own file is no TOML
        changed = None
    if changed is None:
        ready.notes.append(
            "The template has no [project] dependencies, so your requirements stay where they are."
        )
        return
    if theirs and changed != text:
        ready.after[PYPROJECT] = theirs._replace(oid=git.put(changed.encode()))
        files = ", ".join(dict.fromkeys(file for _, file in required.entries))
        ready.notes.append(f"Into [project] dependencies, from {files}: {', '.join(entries)}.")
        if replaced := packaging.replaced(text, entries):
            ready.notes.append(
                f"Yours replaces the template's in [project] dependencies: {', '.join(replaced)}."
            )
    for entry, file, why in required.left:
        ready.notes.append(f"Not moved from {file}: {entry} ({why}).")
    mine = sides.ours.get(FILE)
    if mine is None or FILE in ready.frozen or not theirs:
        return
    if FILE in ready.after and mine not in (ready.after[FILE], ready.before.get(FILE)):
        if required.movable(FILE):
            ready.before[FILE] = mine
            ready.why[FILE] = "what you required is in pyproject.toml now; this is the template's"
            if entries and merge.is_lock(git, FILE, ready.after[FILE]):
                ready.notes.append(f"{FILE} is a lock now, without what you required: renew it (make lock).")
        elif FILE in required.files:
            ready.frozen[FILE] = "yours is kept: not all of it could move to pyproject.toml"
            if merge.is_lock(git, FILE, ready.after[FILE]):
                ready.notes.append(
                    f"Your {FILE} stands where the template has its lock, from which make setup installs by "
                    f"hashes. Once nothing needs yours: mlkata restore {FILE}, then make lock."
                )


def _carry(git: Git, sides: Sides, ready: _Prepared) -> None:
    """Put what the packaging files say into the template's `[project]`."""
    if theirs := ready.after.get(PYPROJECT):
        try:
            text, notes = packaging.carry(git.blob(theirs.oid).decode(), sides.packaging)
        except (
            ValueError,
            TypeError,
            LookupError,
            AttributeError,
        ):  # the template's own file is no TOML, or says what none may
            return
        ready.after[PYPROJECT] = theirs._replace(oid=git.put(text.encode()))
        ready.notes += notes


def _by_keys(git: Git, project: Project, sides: Sides, ready: _Prepared, done: Rendered) -> None:
    """Merge TOML, YAML and JSON by their keys, and `.gitignore` by its rules."""
    for path in sorted(sides.ours.keys() & ready.after.keys()):
        mine, theirs, base = sides.ours[path], ready.after[path], ready.before.get(path)
        if path in ready.frozen or path in done.kept or path == project.answers_file:
            continue
        if mine in (theirs, base) or base == theirs or not _plain(mine, theirs, base):
            continue
        contents = [git.blob(side.oid) if side else None for side in (base, mine, theirs)]
        assert contents[1] is not None and contents[2] is not None  # noqa: S101, PT018
        found = keyed.merge(path, contents[0], contents[1], contents[2])
        if found is None:
            continue
        ready.before[path] = mine
        ready.after[path] = (
            mine if found.content == contents[1] else mine._replace(oid=git.put(found.content))
        )
        ready.why[path] = found.why
        if found.stays:
            listed = ", ".join(found.stays[:12]) + (" …" if len(found.stays) > 12 else "")
            ready.kept.append(Change(path, "kept", f"the template has other values for {listed}"))


def _plain(*entries: Entry | None) -> bool:
    return all(entry is None or entry.mode.startswith("100") for entry in entries)


def collisions(project: Project, plan: sync.Plan) -> list[str]:
    """What on disk git doesn't track and the branch has otherwise, in words.

    Args:
        project: The managed folder.
        plan: What goes on the branch.
    """
    if project.top is None:
        return []
    ours, tree = project.tree(), plan.merged.tree
    found = worktree.survey(project, ours, [path for path in tree if path not in ours])
    loose = sorted(path for path in found.loose if found.loose[path] != tree[path])
    ignored = worktree.ignored(project.git, ours, project.prefix, loose)
    why = dict.fromkeys(loose, "git doesn't track it, so a merge stops there: move it away first")
    why |= dict.fromkeys(ignored, "git ignores it, so a merge would overwrite it: move it away first")
    why |= found.blocked
    notes = [f"In the way on your disk: {path} ({said})" for path, said in sorted(why.items())]
    known = {path.lower(): path for path in ours if path in tree}
    alike = [
        (path, known[path.lower()]) for path in sorted(tree) if path not in ours and path.lower() in known
    ]
    return notes + [
        f"{path} differs from your {other} in case alone: some disks can't hold both" for path, other in alike
    ]
