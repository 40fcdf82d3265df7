"""Trees in, result out: the one function behind update, adopt, add and fleet.

    base   = the template's old version rendered with the old answers
    ours   = what the project has
    theirs = the template's new version rendered with the new answers

git merges; what is added here is policy, each a few lines: what the user deleted stays deleted, what
the user edited is never deleted, lock files are never merged, line endings follow the project, and the
answers file is the template's. Nothing here reads or writes a working tree.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import NamedTuple

from mlkata.git import Git, Merge
from mlkata.objects import Entry, Note, Stages, Tree

LOCKS = frozenset({
    "Cargo.lock", "Pipfile.lock", "conda-lock.yml", "package-lock.json", "pdm.lock", "pixi.lock",
    "pnpm-lock.yaml", "poetry.lock", "uv.lock", "yarn.lock",
})  # fmt: skip
"""Files that a tool writes as a whole. A `requirements*.txt` with hashes is one, too."""


class Labels(NamedTuple):
    """What conflict markers call the sides."""

    ours: str
    theirs: str


class Change(NamedTuple):
    """What happens to one path, and why.

    Attributes:
        path: Where it is afterwards, or was.
        action: add, change, delete, rename, conflict; or kept, skipped: what the template has is not
            taken over.
        why: In words.
        source: For a rename: where it was.
    """

    path: str
    action: str
    why: str
    source: str | None = None


@dataclass
class Merged:
    """A merge's result.

    Attributes:
        tree: The files; a conflicted one with markers, or ours where it is binary.
        conflicts: Versions of each conflicted path.
        changes: What differs from ours, and what of the template was not taken over.
    """

    tree: Tree
    conflicts: dict[str, Stages] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)


def merge(
    git: Git,
    base: Tree,
    ours: Tree,
    theirs: Tree,
    *,
    labels: Labels,
    prefix: str = "",
    answers_file: str = "",
    kept: Iterable[str] = (),
    frozen: Mapping[str, str] | None = None,
    renames: bool = True,
) -> Merged:
    """Merge what a template changed into a project.

    Args:
        git: The repository that has the objects.
        base: The template's old version, rendered.
        ours: What the project has.
        theirs: The template's new version, rendered.
        labels: What conflict markers call ours and theirs.
        prefix: The managed folder, so that the repository's git attributes apply.
        answers_file: It is taken as the template has it.
        kept: Paths that the template writes only where there is none.
        frozen: Paths to leave as they are, and why.
        renames: Whether an edit follows a file that a side renamed, and a file its folder.

    Returns:
        The result.
    """
    base, theirs = dict(base), dict(theirs)
    notes: list[Change] = []

    def leave(path: str, why: str) -> None:
        if base.get(path) != theirs.get(path) and ours.get(path) != theirs.get(path):
            notes.append(Change(path, "skipped", why))
        for side in (base, theirs):
            side.pop(path, None)
            if path in ours:
                side[path] = ours[path]

    for path, why in (frozen or {}).items():
        leave(path, why)
    for path in set(kept) & ours.keys():
        leave(path, "the template leaves it to the project")
    both = [path for path in base.keys() & theirs.keys() & ours.keys() if base[path] != theirs[path]]
    for path in sorted(both):
        if ours[path] not in (base[path], theirs[path]) and is_lock(git, path, ours[path]):
            leave(path, "yours is kept: a lock is never merged; renew it (make lock)")
    mine = dict(ours)
    _follow_line_endings(git, base, mine, theirs, both)
    answers = theirs.pop(answers_file, None)
    modules = {path: entry for path, entry in ours.items() if entry.mode == "160000"}
    for path in [path for path in theirs if any(up in modules for up in (path, *_above(path)))]:
        leave(path, "a submodule of yours is in its place")
    for side in (base, mine, theirs):  # git would take submodules along with a folder that is renamed
        for path in (answers_file, *modules):
            side.pop(path, None)

    names = dict(zip(labels, (mine, theirs), strict=True))
    if not renames:
        for path, why in _in_the_way(base, mine, theirs):
            leave(path, why)
    done = git.merge(names, base, prefix=prefix) if renames else _by_path(git, names, base, prefix)
    if any(note.kind == "CONFLICT (file/directory)" for note in done.notes):
        for path, why in _in_the_way(base, mine, theirs):
            leave(path, why)
        done = git.merge(names, base, prefix=prefix)
    if any(entry.mode == "000000" for stages in done.conflicts.values() for entry in stages.values()):
        # git loses a file of ours that a renamed folder takes to where the template has a folder.
        done = git.merge(names, base, prefix=prefix, folders=False)
    merged = Merged(done.tree | modules, done.conflicts)
    _settle(merged, base, mine, theirs)
    if answers:
        merged.tree[answers_file] = answers
    elif answers_file in ours:
        merged.tree[answers_file] = ours[answers_file]
    merged.changes = sorted(
        [*_changes(merged, base, ours, done.notes, done.renamed), *merged.changes, *notes]
    )
    return merged


def _by_path(git: Git, names: Mapping[str, Tree], base: Tree, prefix: str) -> Merge:
    """Merge each path for itself; git, which always looks for renames, gets those that both sides changed."""
    ours, theirs = names.values()
    both = {p for p in ours.keys() & theirs.keys() if len({base.get(p), ours[p], theirs[p]}) == 3}
    some = [{path: side[path] for path in both if path in side} for side in (base, ours, theirs)]
    done = git.merge(dict(zip(names, some[1:], strict=True)), some[0], prefix=prefix)
    for path in {*base, *ours, *theirs} - both:
        old, mine, new = base.get(path), ours.get(path), theirs.get(path)
        if entry := new if mine == old else mine:
            done.tree[path] = entry
        if old and old not in (mine, new) and mine != new:  # deleted here, changed there: `_settle` decides
            stages = {1: old, 2: mine, 3: new}
            done.conflicts[path] = {number: entry for number, entry in stages.items() if entry}
    return done


def _in_the_way(base: Tree, ours: Tree, theirs: Tree) -> list[tuple[str, str]]:
    """What the template has where the user made a folder of a file, or a file of a folder."""
    own = {path for path, entry in ours.items() if entry != base.get(path)}
    folders = {up for path in own for up in _above(path)}
    found = [(path, "a folder of yours is in its place") for path in theirs if path in folders]
    for path in theirs:
        found += [(path, f"{up} of yours is no folder") for up in _above(path) if up in own]
    return found


def _above(path: str) -> list[str]:
    return [str(up) for up in PurePosixPath(path).parents][:-1]


def _settle(merged: Merged, base: Tree, ours: Tree, theirs: Tree) -> None:
    """Where one side deleted and the other changed: the user's choice stands, and is reported."""
    gone = "you deleted it; the template changed it, and it stays deleted"
    for path, stages in list(merged.conflicts.items()):
        beside = path.rpartition("~")[0] in ours  # theirs, of another kind than ours: git gave it a name
        if stages.keys() == {1, 3} and path not in ours and not beside:
            merged.tree.pop(path, None)
            merged.changes.append(Change(path, "skipped", gone))
            del merged.conflicts[path]
    for path in (base.keys() & theirs.keys()) - ours.keys():  # also where its kind changed, or it was moved
        if merged.tree.get(path) == theirs[path] and merged.conflicts.get(path, {}).keys() <= {1, 3}:
            del merged.tree[path]
            merged.conflicts.pop(path, None)
            merged.changes.append(Change(path, "skipped", gone))
    for path, stages in list(merged.conflicts.items()):
        if stages.keys() == {1, 2}:
            merged.tree[path] = stages[2]
            why = "you edited it, the template no longer has it; it is yours now"
            merged.changes.append(Change(path, "kept", why))
            del merged.conflicts[path]


def _changes(
    merged: Merged, base: Tree, ours: Tree, said: list[Note], renamed: Mapping[str, str]
) -> Iterable[Change]:
    moved = {old for new, old in renamed.items() if new in merged.tree and old not in merged.tree}
    conflicted: dict[str, str] = {}
    for note in said:
        if note.kind.startswith("CONFLICT"):
            conflicted |= dict.fromkeys(note.paths, note.kind.removeprefix("CONFLICT ").strip("()"))
    for path in merged.conflicts:
        why = f"both changed it ({conflicted.get(path, 'contents')})"
        source = renamed.get(path)
        yield Change(path, "conflict", why, source if source not in merged.tree else None)
    for path, entry in merged.tree.items():
        if path in merged.conflicts or ours.get(path) == entry:
            continue
        if path in ours:
            edited = path in base and ours[path] != base[path]
            why = "your edits and the template's, merged" if edited else "changed in the template"
            yield Change(path, "change", why)
        elif path in renamed and renamed[path] in moved:
            own = renamed[path] not in base
            why = "its folder was renamed in the template" if own else "renamed in the template"
            yield Change(path, "rename", why, renamed[path])
        else:
            yield Change(path, "add", "new in the template" if path not in base else "as the template has it")
    for path in ours:
        if path not in merged.tree and path not in moved and path not in merged.conflicts:
            yield Change(path, "delete", "the template no longer has it, and you had not edited it")


def is_lock(git: Git, path: str, entry: Entry) -> bool:
    """Whether a tool writes a file as a whole."""
    name = path.rpartition("/")[2]
    if name in LOCKS:
        return True
    pins = name.startswith("requirements") and name.endswith(".txt")
    return pins and entry.mode.startswith("100") and b"--hash=" in git.blob(entry.oid)


def _follow_line_endings(git: Git, base: Tree, ours: Tree, theirs: Tree, paths: Iterable[str]) -> None:
    """Where a side turned a file to CRLF, or to LF, merge all three so; the project's choice wins."""
    sides = (base, ours, theirs)
    found = {path: [side[path] for side in sides] for path in paths}
    edited = {
        path: entries
        for path, entries in found.items()
        if entries[1] not in (entries[0], entries[2]) and all(e.mode.startswith("100") for e in entries)
    }
    blobs = git.blobs(entry.oid for entries in edited.values() for entry in entries) if edited else {}
    for path, entries in edited.items():
        contents = [blobs[entry.oid] for entry in entries]
        endings = [_line_ending(content) for content in contents]
        ending = endings[1] if endings[1] != endings[0] else endings[2]
        if ending is None:
            continue
        for side, content, old in zip(sides, contents, endings, strict=True):
            if old not in (None, ending):
                plain = content.replace(b"\r\n", b"\n").replace(b"\n", ending)
                side[path] = side[path]._replace(oid=git.put(plain))


def _line_ending(content: bytes) -> bytes | None:
    """The one that a text has; None where it has none, or both."""
    if b"\0" in content or b"\n" not in content:
        return None
    if b"\r" not in content:
        return b"\n"
    return b"\r\n" if content.count(b"\r\n") == content.count(b"\n") == content.count(b"\r") else None
