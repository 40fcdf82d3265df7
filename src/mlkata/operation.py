"""What the journal records: one operation on a working tree, before and after."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from mlkata.git import Git
from mlkata.objects import Entry, Stages, index_info
from mlkata.placing import copy, link, link_above, place


@dataclass
class Operation:
    """One operation on a working tree.

    Attributes:
        verb: The command.
        prefix: The managed folder.
        head: The commit that was checked out.
        state: applying, conflicts, undoing or done.
        last: The path that is written last.
        paths: For each path what was there and what shall be: a fingerprint, None for nothing.
        folders: Those that it makes.
        report: What the command said, for `--continue`.
        hidden: Tracked paths that it changes in the index alone.
        links: Symlinks that stood above a path before: it was written through them.
    """

    verb: str
    prefix: str
    head: str
    state: str
    last: str
    paths: dict[str, tuple[str | None, str | None]]
    folders: list[str]
    report: dict[str, Any]
    hidden: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    def barred(self, top: Path, path: str) -> str | None:
        """The symlink above a path that was none of its way then: behind it is another place."""
        above = link_above(top, path)
        return None if above in self.links else above

    def at(self, top: Path, path: str) -> str | None:
        """As `fingerprint`; None too for what lies in another place."""
        return None if self.barred(top, path) else fingerprint(top / path)


@dataclass(frozen=True)
class Write:
    """What shall change.

    Attributes:
        tracked: Paths (from the top) to write and to track; None removes one.
        loose: Likewise on disk alone, the index left as it is.
        conflicts: Versions of conflicted paths, for the index.
        hidden: Tracked paths that are not on disk (a sparse checkout): the index alone.
        files: As `loose`, taken from where they lie: data may be too large for git's store.
    """

    tracked: Mapping[str, Entry | None]
    loose: Mapping[str, Entry | None]
    conflicts: Mapping[str, Stages]
    hidden: frozenset[str] = frozenset()
    files: Mapping[str, Path] = field(default_factory=dict)


def keep_permissions(old: Path, new: Path) -> None:
    """A file that is private or read-only stays so; whether it is executable is the new one's to say."""
    bits, wanted = old.lstat().st_mode, new.lstat().st_mode
    if stat.S_ISREG(bits) and stat.S_ISREG(wanted):
        runs = (bits & 0o444) >> 2 if wanted & 0o111 else 0
        new.chmod(stat.S_IMODE(bits) & ~0o111 | runs)


def fingerprint(path: Path) -> str | None:
    """What is at a path: kind, permissions and content; None where there is nothing, or a folder."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    if stat.S_ISLNK(found.st_mode):
        return "link " + os.readlink(path)
    if stat.S_ISDIR(found.st_mode):
        return None
    with path.open("rb") as content:
        return f"{found.st_mode & 0o777:o} {hashlib.file_digest(content, 'sha256').hexdigest()}"


def edited_since(git: Git, top: Path, folder: Path, operation: Operation) -> list[str]:
    """What somebody edited since an operation, or put behind a link, so that taking it back would lose it.

    Halfway, a path may be as it was or as it shall be; what is in conflict may be anything.

    Args:
        git: The repository.
        top: Its working tree.
        folder: Where the operation is kept.
        operation: The operation.
    """
    free = set()
    if operation.state == "conflicts":
        env = {"GIT_INDEX_FILE": str(folder / "index.after")}
        lines = git.run("ls-files", "-u", "-z", env=env).split(b"\0")[:-1]
        free = {os.fsdecode(line.partition(b"\t")[2]) for line in lines}
    found = []
    for path, (before, after) in operation.paths.items():
        above = operation.barred(top, path)
        known = {_plain(after)} if operation.state == "done" else {_plain(before), _plain(after)}
        same = path in free or _plain(operation.at(top, path)) in known
        if (above and above not in operation.paths) or not same:
            found.append(path)
    return found


def _plain(print_: str | None) -> str | None:
    """A fingerprint as git sees it: of the permissions, whether the file is executable."""
    mode, _, rest = (print_ or "").partition(" ")
    return f"{int(mode, 8) & 0o100} {rest}" if mode.isdecimal() else print_


def prepare(git: Git, top: Path, folder: Path, operation: Operation, write: Write) -> None:
    """Put together what an operation writes and what it replaces.

    Args:
        git: The repository.
        top: Its working tree.
        folder: Where to: incoming/, backup/, and the index before and after.
        operation: Its paths and folders are filled in.
        write: What shall change.
    """
    incoming, backup = folder / "incoming", folder / "backup"
    incoming.mkdir()
    backup.mkdir()
    on_disk = {path: e for path, e in {**write.tracked, **write.loose}.items() if path not in write.hidden}
    on_disk = {path: e for path, e in on_disk.items() if not e or e.mode != "160000"}
    with git.scratch_index() as env:
        new = {path: entry for path, entry in on_disk.items() if entry}
        git.run("update-index", "-z", "--index-info", stdin=index_info(new), env=env)
        git.run("checkout-index", "-a", "-q", f"--prefix={incoming}/", env=env)
    for path, source in write.files.items():
        place(source, incoming / path, folder, link)
    folders: set[str] = set()
    writes: dict[str, Entry | Path | None] = {**on_disk, **write.files}
    operation.hidden = sorted(write.hidden & write.tracked.keys())
    above = {path: link_above(top, path) for path in writes}
    operation.links = sorted({link for link in above.values() if link and link not in writes})
    for number, (path, entry) in enumerate(sorted(writes.items())):
        before = operation.at(top, path)
        if entry and before is not None:
            keep_permissions(top / path, incoming / path)
        after = fingerprint(incoming / path) if entry else None
        operation.paths[path] = (before, after)
        if before is not None:
            copy(top / path, backup / str(number))
        if after is not None:
            ups = [str(up) for up in PurePosixPath(path).parents]
            folders |= {up for up in ups if operation.barred(top, up) or not os.path.lexists(top / up)}
    operation.folders = sorted(folders)
    _prepare_index(git, folder, write)


def _prepare_index(git: Git, folder: Path, write: Write) -> None:
    index = git.layout().index_file
    for name in ("index.before", "index.after"):
        if index.exists():
            copy(index, folder / name)
    env = {"GIT_INDEX_FILE": str(folder / "index.after")}
    listed = git.run("ls-files", "-v", "-z", env=env).split(b"\0")[:-1]
    flagged = [line for line in listed if not line.startswith(b"H")]
    lines = index_info(dict.fromkeys({*write.tracked, *write.conflicts}), git.layout().hashing)
    staying = {path: e for path, e in write.tracked.items() if e and path not in write.conflicts}
    lines += index_info(staying)
    for path, stages in write.conflicts.items():
        for number, entry in stages.items():
            lines += index_info({path: entry}, stage=number)
    git.run("update-index", "-z", "--index-info", stdin=lines, env=env)
    for flag, tags in (("--skip-worktree", b"Ss"), ("--assume-unchanged", b"hs")):
        names = [os.fsdecode(line[2:]) for line in flagged if line[:1] in tags]
        kept = b"".join(os.fsencode(name) + b"\0" for name in names if name in staying)
        if kept:
            git.run("update-index", "-z", flag, "--stdin", stdin=kept, env=env)
