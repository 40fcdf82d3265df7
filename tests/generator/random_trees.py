"""Random trees of files whose every line is unique, and random edits of them, for the tests of merging."""

from __future__ import annotations

import hashlib
import os
import re
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

from mlkata.objects import Entry, Tree

Files = dict[str, tuple[str, bytes]]
"""Paths, and what is there: git's mode and the content (a symlink's target)."""

TEXT, PROGRAM, LINK = "100644", "100755", "120000"
PATHS = (
    "a.txt", "b.txt", "d/a.txt", "d/b.txt", "d/e/c.txt", "f/a.txt", "f/b.txt", "g", "g/x.txt", "run.sh",
    "poetry.lock", "new/h.txt", "ä b.txt",
)  # fmt: skip
TOKEN = re.compile(rb"(?:user|template)-\d{6}")


class Author:
    """Who edits: the user or the template, by chance; each line has a number that no other has.

    Args:
        name: user or template.
        chance: Decides what.
        paths: Names for new files.
    """

    def __init__(self, name: str, chance: Random, paths: Sequence[str] = PATHS) -> None:
        self.name = name
        self.chance = chance
        self.paths = paths
        self.count = 0

    def line(self) -> bytes:
        self.count += 1
        return f"{self.name}-{self.count:06d}\n".encode()

    def lines(self, count: int) -> bytes:
        return b"".join(self.line() for _ in range(count))

    def content(self) -> tuple[str, bytes]:
        kind = self.chance.randrange(12)
        if kind == 0:
            return TEXT, b"\0\1" + self.line()
        if kind == 1:
            return LINK, self.line().strip()
        if kind == 2:
            return TEXT, b""
        return (PROGRAM if kind == 3 else TEXT), self.lines(self.chance.randrange(1, 12))

    def start(self) -> Files:
        """The first version of a template."""
        files: Files = {}
        for path in self.chance.sample(self.paths, self.chance.randrange(1, 8)):
            put(files, path, self.content())
        return files

    def edit(self, files: Files, steps: int) -> Files:
        """A few edits later."""
        after = dict(files)
        for _ in range(steps):
            self._step(after)
        return after

    def _step(self, files: Files) -> None:
        kind = self.chance.choice(
            [
                "line",
                "line",
                "insert",
                "cut",
                "whole",
                "delete",
                "rename",
                "folder",
                "chmod",
                "crlf",
                "add",
                "add",
            ]
        )
        path = self.chance.choice(sorted(files)) if files else ""
        if kind == "add" or not path:
            put(files, self.chance.choice(self.paths), self.content())
        elif kind == "whole":
            files[path] = self.content()
        elif kind == "delete":
            del files[path]
        elif kind == "rename":
            put(files, self.chance.choice(self.paths), files.pop(path))
        elif kind == "folder":
            self._move(files, path)
        elif kind == "chmod" and files[path][0] != LINK:
            files[path] = (PROGRAM if files[path][0] == TEXT else TEXT, files[path][1])
        elif files[path][0] != LINK and b"\0" not in files[path][1]:
            files[path] = (files[path][0], self._lines(kind, files[path][1]))

    def _lines(self, kind: str, content: bytes) -> bytes:
        lines = content.splitlines(keepends=True)
        at = self.chance.randrange(len(lines) + 1)
        if kind == "crlf":
            return content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        end = b"\r\n" if b"\r\n" in content else b"\n"
        fresh = self.line().replace(b"\n", end)
        rest = lines[at:] if kind == "insert" else lines[at + 1 :]
        return b"".join([*lines[:at], *([] if kind == "cut" else [fresh]), *rest])

    def _move(self, files: Files, path: str) -> None:
        folder = path.rpartition("/")[0]
        target = self.chance.choice(["d", "f", "new", "moved"])
        for name in sorted(files) if folder else ():
            if name.startswith(f"{folder}/") and not target.startswith(folder):
                put(files, target + name[len(folder) :], files.pop(name))


def put(files: Files, path: str, file: tuple[str, bytes]) -> None:
    """Set a file; what can't be there beside it goes."""
    for other in list(files):
        if other.startswith(f"{path}/") or path.startswith(f"{other}/"):
            del files[other]
    files[path] = file


def tokens(contents: Iterable[bytes]) -> set[bytes]:
    """Every unique line of some files."""
    return {token for content in contents for token in TOKEN.findall(content)}


class Objects:
    """git's loose objects, read and written without a process.

    Args:
        folder: The repository's folder of objects.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.known: dict[str, bytes] = {}

    def tree(self, files: Files) -> Tree:
        """Files, stored."""
        return {path: Entry(mode, self.put(content)) for path, (mode, content) in files.items()}

    def files(self, tree: Tree) -> Files:
        """A tree, read."""
        return {path: (entry.mode, self.read(entry.oid)) for path, entry in tree.items()}

    def put(self, content: bytes) -> str:
        data = b"blob %d\0" % len(content) + content
        oid = hashlib.sha1(data).hexdigest()
        if oid not in self.known:
            file = self.folder / oid[:2] / oid[2:]
            file.parent.mkdir(exist_ok=True)
            if not file.exists():
                file.write_bytes(zlib.compress(data, 1))
            self.known[oid] = content
        return oid

    def read(self, oid: str) -> bytes:
        if oid not in self.known:
            data = zlib.decompress((self.folder / oid[:2] / oid[2:]).read_bytes())
            self.known[oid] = data.partition(b"\0")[2]
        return self.known[oid]


def materialize(folder: Path, files: Files, before: Files | None = None) -> None:
    """Bring a folder from one set of files to another."""
    for path in (before or {}).keys() - files.keys():
        (folder / path).unlink()
        for up in (folder / path).parents:
            if up == folder or any(up.iterdir()):
                break
            up.rmdir()
    for path, (mode, content) in files.items():
        if before and before.get(path) == (mode, content):
            continue
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)
        if mode == LINK:
            file.symlink_to(os.fsdecode(content))
        else:
            file.write_bytes(content)
            file.chmod(0o755 if mode == PROGRAM else 0o644)


def on_disk(folder: Path) -> Files:
    """Every file below a folder but git's own."""
    found: Files = {}
    for above, folders, names in os.walk(folder):
        if ".git" in folders:
            folders.remove(".git")
        for name in [*names, *(n for n in folders if (Path(above) / n).is_symlink())]:
            path = Path(above) / name
            at = path.relative_to(folder).as_posix()
            if path.is_symlink():
                found[at] = (LINK, os.fsencode(os.readlink(path)))
            else:
                found[at] = (PROGRAM if path.stat().st_mode & 0o100 else TEXT, path.read_bytes())
    return found
