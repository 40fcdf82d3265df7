"""What is on disk and git doesn't protect: changes not committed, files not tracked, hidden edits."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from mlkata.errors import ExitCode, MlkataError
from mlkata.git import Git
from mlkata.objects import Entry, Tree
from mlkata.project import Project


def check_clean(project: Project, *, branch: bool = False) -> None:
    """Stop where the managed folder has changes that are not committed; other folders may.

    Args:
        project: The project.
        branch: Whether the command can leave them alone by making a branch.

    Raises:
        MlkataError: It has, or there is no commit yet (code 5).
    """
    scope = ("--", project.prefix) if project.prefix else ()
    fields = project.git.run(
        "status",
        "--porcelain",
        "-z",
        "--no-renames",
        "--untracked-files=no",
        "--ignore-submodules=dirty",
        *scope,
    ).split(b"\0")[:-1]
    if not fields:
        return
    project.head()
    names = [os.fsdecode(field[3:]) for field in fields]
    if any(field[:2] in (b"UU", b"AA", b"DD", b"AU", b"UA", b"DU", b"UD") for field in fields):
        what, hint = "in conflict", "Resolve and commit them first."
    else:
        what = "changed and not committed"
        hint = "Commit or stash first: git stash, or git commit -am '…'"
        hint += "; or use --branch." if branch else "."
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    raise MlkataError(f"{what}: {', '.join(names[:8])}{more}; nothing was written", hint, ExitCode.UNSAFE)


@dataclass(frozen=True)
class Disk:
    """What is on disk beside what HEAD has.

    Attributes:
        loose: Files that the template ships and git doesn't track, as they are on disk.
        blocked: Paths where something else stands, and what.
        frozen: Tracked files with edits that git was told not to look at, and why.
        hidden: Tracked files that are not on disk (a sparse checkout).
    """

    loose: Tree
    blocked: dict[str, str]
    frozen: dict[str, str]
    hidden: frozenset[str]


def survey(project: Project, ours: Tree, paths: Iterable[str]) -> Disk:
    """Look at the disk where the template has a say.

    Args:
        project: A project with a working tree.
        ours: What HEAD has.
        paths: What the template writes, before or now.
    """
    folder = project.folder
    wanted = sorted(set(paths))
    loose, blocked = [], {}
    for path in wanted:
        if path in ours or any(str(up) in ours for up in PurePosixPath(path).parents):
            continue
        if what := obstacle(folder, path):
            inside = {file.relative_to(folder).as_posix() for file in _files(folder / path)}
            if not inside or not inside <= ours.keys():
                blocked[path] = what
        elif os.path.lexists(folder / path):
            loose.append(path)
    frozen, hidden = _flagged(project, ours)
    disk = project.git.add_files(folder, loose) if loose else {}
    return Disk(disk, blocked, frozen, hidden)


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())


def present(project: Project, paths: Iterable[str]) -> Tree:
    """Those of some paths that are on disk, as they are there."""
    folder = project.folder
    there = [path for path in paths if os.path.lexists(folder / path) and not obstacle(folder, path)]
    return project.git.add_files(folder, there) if there else {}


def indexed(project: Project, paths: Iterable[str]) -> set[str]:
    """Those of some paths that git tracks, committed or not."""
    names = [project.prefix + path for path in paths]
    found = project.git.run("ls-files", "-z", "--", *names).split(b"\0")[:-1] if names else []
    return {os.fsdecode(name)[len(project.prefix) :] for name in found}


def obstacle(folder: Path, path: str) -> str | None:
    """What stands where a file shall be written, or on the way to it."""
    target = folder / path
    if target.is_dir() and not target.is_symlink():
        return "a folder of yours is in its place"
    for up in reversed(PurePosixPath(path).parents):
        above = folder / up
        if above.is_symlink() or (above.exists() and not above.is_dir()):
            return f"{up} of yours is no folder"
    return None


def _flagged(project: Project, ours: Tree) -> tuple[dict[str, str], frozenset[str]]:
    scope = ("--", project.prefix) if project.prefix else ()
    lines = project.git.run("ls-files", "-v", "-z", *scope).split(b"\0")[:-1]
    flagged = [os.fsdecode(line[2:])[len(project.prefix) :] for line in lines if not line.startswith(b"H")]
    flagged = [path for path in flagged if path in ours]
    folder = project.folder
    present = [p for p in flagged if os.path.lexists(folder / p) and not obstacle(folder, p)]
    disk = project.git.add_files(project.folder, present) if present else {}
    why = "git was told not to look at it (skip-worktree or assume-unchanged), and you edited it"
    frozen = {path: why for path in present if disk.get(path) != ours[path]}
    return frozen, frozenset(set(flagged) - set(present))


def ignored(git: Git, tree: Tree, prefix: str, paths: Iterable[str]) -> set[str]:
    """Which paths a tree's own `.gitignore` files would ignore; a person's own rules are not the team's.

    Args:
        git: The repository.
        tree: A managed folder's files.
        prefix: That folder.
        paths: What to ask about, relative to it.
    """
    return set(ignoring(git, tree, prefix, paths, settings=("-c", f"core.excludesFile={os.devnull}")))


def ignoring(
    git: Git, tree: Tree, prefix: str, paths: Iterable[str], settings: tuple[str, ...] = ()
) -> dict[str, tuple[str, str]]:
    """The paths that are ignored, by the person too, and for each the file and the rule that say so."""
    asked = list(paths)
    if not asked:
        return {}
    folder = git.work() / "ignore"
    rules: dict[str, Entry] = {
        prefix + path: entry for path, entry in tree.items() if path.rpartition("/")[2] == ".gitignore"
    }
    for up in PurePosixPath(prefix).parents if prefix else ():
        name = ".gitignore" if str(up) == "." else f"{up}/.gitignore"
        above = git.tree("HEAD", "").get(name) if git.oid(f"HEAD:{name}") else None
        if above:
            rules[name] = above
    try:
        for name, entry in rules.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(git.blob(entry.oid))
        folder.mkdir(exist_ok=True)
        where = {"GIT_DIR": str(git.layout().folder), "GIT_WORK_TREE": str(folder)}
        where["GIT_LITERAL_PATHSPECS"] = "0"  # check-ignore knows none
        names = b"".join(b"./" + os.fsencode(prefix + path) + b"\0" for path in asked)
        out = git.run(
            *settings,
            "check-ignore",
            "--no-index",
            "-v",
            "-z",
            "--stdin",
            stdin=names,
            env=where,
            cwd=folder,
            ok=(0, 1),
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    fields = [os.fsdecode(field) for field in out.split(b"\0")[:-1]]
    found = zip(fields[::4], fields[2::4], fields[3::4], strict=True)
    return {
        path[2 + len(prefix) :]: (source, rule) for source, rule, path in found if not rule.startswith("!")
    }
