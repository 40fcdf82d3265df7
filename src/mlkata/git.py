"""A repository as an object store: trees in, trees out; nothing here touches index or working tree."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from mlkata.errors import MlkataError
from mlkata.objects import Entry, Note, Stages, Tree, hash_tree, nest
from mlkata.process import GitError, Process

_numbers = itertools.count()


class Merge(NamedTuple):
    """What git made of a merge.

    Attributes:
        tree: The result, conflict markers and all.
        conflicts: Each conflicted path's versions.
        notes: What git says of it.
        renamed: Which path of the result came from which of ours, as far as content tells.
    """

    tree: Tree
    conflicts: dict[str, Stages]
    notes: list[Note]
    renamed: dict[str, str]


class Git(Process):
    """One repository, bare or not.

    Args:
        directory: Any folder inside it.
        layout: Where it keeps what, if that is known.
    """

    def tree(self, revision: str, prefix: str = "") -> Tree:
        """Every path of a commit or tree under a folder.

        Args:
            revision: A commit or a tree.
            prefix: The folder, empty or ending in `/`; paths are given relative to it.
        """
        spec = f"{revision}:{prefix.rstrip('/')}" if prefix else revision
        if prefix and self.oid(spec) is None:
            return {}
        found: Tree = {}
        for line in self.run("ls-tree", "-r", "-z", "--full-tree", spec).split(b"\0")[:-1]:
            meta, _, path = line.partition(b"\t")
            mode, _, oid = meta.split(b" ")
            found[os.fsdecode(path)] = Entry(mode.decode(), oid.decode())
        return found

    def blob(self, oid: str) -> bytes:
        """A file's bytes as git stores them."""
        return self.run("cat-file", "blob", oid)

    def blobs(self, oids: Iterable[str]) -> dict[str, bytes]:
        """As `blob`, of many at once."""
        asked = list(dict.fromkeys(oids))
        out = self.run("cat-file", "--batch", stdin="".join(f"{oid}\n" for oid in asked).encode())
        found, at = {}, 0
        for oid in asked:
            start = out.index(b"\n", at) + 1
            at = start + int(out[at:start].split()[2]) + 1
            found[oid] = out[start : at - 1]
        return found

    @contextmanager
    def scratch_index(self, start: str | None = None) -> Iterator[dict[str, str]]:
        """An index of its own, as environment for other calls.

        Args:
            start: A tree to start from.
        """
        file = self.work() / f"index-{next(_numbers)}"
        env = {"GIT_INDEX_FILE": str(file)}
        try:
            if start:
                self.run("read-tree", start, env=env)
            yield env
        finally:
            file.unlink(missing_ok=True)

    def put(self, content: bytes, kind: str = "blob") -> str:
        """Store an object, a file's bytes as they are."""
        return os.fsdecode(self.run("hash-object", "-w", "-t", kind, "--stdin", stdin=content)).strip()

    def add_files(self, folder: Path, paths: Iterable[str] | None = None) -> Tree:
        """Store files as `git add` would store them in this repository, filters and line endings included.

        Args:
            folder: Where they are.
            paths: Which of them, relative to the folder; all, where None.
        """
        settings = ["-c", "core.fileMode=true", "-c", "core.symlinks=true", "-c", "core.sparseCheckout=false"]
        where = {"GIT_WORK_TREE": str(folder), "GIT_DIR": str(self.layout().folder)}
        with self.scratch_index() as env:
            if paths is None:
                self.run(*settings, "add", "-A", "-f", "--", ".", env=env | where, cwd=folder)
            else:
                named = b"".join(os.fsencode(path) + b"\0" for path in paths)
                self.run(
                    *settings, "update-index", "--add", "-z", "--stdin",
                    stdin=named, env=env | where, cwd=folder,
                )  # fmt: skip
            found: Tree = {}
            for line in self.run("ls-files", "-s", "-z", env=env | where, cwd=folder).split(b"\0")[:-1]:
                meta, _, path = line.partition(b"\t")
                mode, oid, _ = meta.split(b" ")
                found[os.fsdecode(path)] = Entry(mode.decode(), oid.decode())
        return found

    def write_tree(self, tree: Tree, prefix: str = "", over: str | None = None) -> str:
        """Store a tree.

        Args:
            tree: Its paths.
            prefix: A folder to put them under, empty or ending in `/`.
            over: A tree whose other folders stay; what it has under the prefix goes.
        """
        whole = {prefix + path: entry for path, entry in tree.items()}
        if over:
            rest = self.tree(over)
            whole |= {path: entry for path, entry in rest.items() if not path.startswith(prefix)}
        return self._write_trees(whole)[0]

    def _write_trees(self, *trees: Tree) -> list[str]:
        """Store trees by one process, shared folders once; files need not be there (a partial clone)."""
        made: dict[str, bytes] = {}
        found = [hash_tree(nest(tree), self.layout().hashing, made) for tree in trees]
        self.run("mktree", "-z", "--missing", "--batch", stdin=b"\0".join(made.values()))
        return found

    def commit(self, tree: str, message: str, *parents: str) -> str:
        """Store a commit of the person's without moving a branch: unsigned, and no hook runs.

        Args:
            tree: What it holds.
            message: What it says.
            parents: What it follows.
        """
        env: dict[str, str] = {}
        for who in ("AUTHOR", "COMMITTER"):
            known = self.call("-c", "user.useConfigOnly=true", "var", f"GIT_{who}_IDENT", ok=(0, 128))
            if known.returncode:
                env |= {f"GIT_{who}_NAME": "mlkata", f"GIT_{who}_EMAIL": "mlkata@localhost"}
        flags = [flag for parent in parents for flag in ("-p", parent)]
        return os.fsdecode(self.run("commit-tree", *flags, tree, stdin=message.encode(), env=env)).strip()

    def move_refs(self, lines: str, branch: str) -> None:
        """Make or move refs, all or none.

        Args:
            lines: What `git update-ref --stdin` is told.
            branch: The branch among them.

        Raises:
            MlkataError: Another branch is in the way: git keeps no `a` beside an `a/b`.
        """
        try:
            self.run("update-ref", "--stdin", stdin=lines.encode())
        except GitError as error:
            taken = re.search(r"'(refs/(heads/)?([^']+))' exists", error.words)
            if taken is None:
                raise
            left = "" if taken[2] else f"; or remove what a branch left behind: git update-ref -d {taken[1]}"
            raise MlkataError(
                f"git can't make the branch {branch} while there is {taken[3] if taken[2] else taken[1]}",
                f"Choose another name: --branch NAME{left}",
            ) from error

    def merge(
        self,
        sides: Mapping[str, Tree],
        base: Tree,
        *,
        prefix: str = "",
        folders: bool = True,
    ) -> Merge:
        """Merge two trees without a working tree.

        Args:
            sides: Ours and theirs, by the names that conflict markers give them.
            base: What both come from.
            prefix: The folder that they are, so that the repository's git attributes apply.
            folders: Whether a file may follow a folder that was renamed.
        """
        whole = [{prefix + path: entry for path, entry in tree.items()} for tree in (base, *sides.values())]
        start, *ours_and_theirs = self._write_trees(*whole)
        root = self._own_commit(start)
        commits = [self._own_commit(tree, root) for tree in ours_and_theirs]
        setting = f"merge.directoryRenames={str(folders).lower()}"
        flags = ("-c", setting, "merge-tree", "--write-tree", "-z", "--messages")
        done = self.call(*flags, *commits, ok=(0, 1))
        oid, _, told = done.stdout.partition(b"\0")
        renamed = self._renames(ours_and_theirs[0], oid.decode())
        conflicts, notes = _told(told)

        def inside(path: str) -> str:
            for commit, name in zip(commits, sides, strict=True):
                path = path.replace(f"~{commit}", "~" + re.sub(r"[^\w.+-]", "_", name))
            return path[len(prefix) :]

        tree = {inside(prefix + path): entry for path, entry in self.tree(oid.decode(), prefix).items()}
        merged = Merge(
            tree=tree,
            conflicts={inside(path): stages for path, stages in conflicts.items()},
            notes=[note._replace(paths=tuple(inside(path) for path in note.paths)) for note in notes],
            renamed={inside(new): inside(old) for new, old in renamed.items()},
        )
        self._name_sides(merged, dict(zip(commits, sides, strict=True)))
        return merged

    def _name_sides(self, merged: Merge, names: Mapping[str, str]) -> None:
        """Let conflict markers call the sides by names; git calls them what it was given, our commits.

        A reference for each would do, too, but a killed git would leave it, or its lock, behind.
        """
        marked = [path for path in merged.conflicts if path in merged.tree]
        marked = [path for path in marked if merged.tree[path].mode.startswith("100")]
        blobs = self.blobs(merged.tree[path].oid for path in marked) if marked else {}
        for path in marked:
            old = new = blobs[merged.tree[path].oid]
            for commit, name in names.items():
                new = new.replace(commit.encode(), name.encode())
            if new != old:
                merged.tree[path] = merged.tree[path]._replace(oid=self.put(new))

    def _own_commit(self, tree: str, parent: str = "") -> str:
        """A commit that is equal for equal input, for a merge to start from."""
        above = f"parent {parent}\n" if parent else ""
        who = "mlkata <mlkata@localhost> 86400 +0000"
        text = f"tree {tree}\n{above}author {who}\ncommitter {who}\n\n"
        return self.put(text.encode(), "commit")

    def _renames(self, old: str, new: str) -> dict[str, str]:
        fields = self.run("diff-tree", "-r", "-z", "-M", "--diff-filter=R", "--name-status", old, new)
        names = [os.fsdecode(field) for field in fields.split(b"\0")[:-1]]
        return {names[at + 2]: names[at + 1] for at in range(0, len(names), 3)}


def _told(text: bytes) -> tuple[dict[str, Stages], list[Note]]:
    """The conflicts and the words in what `git merge-tree -z --messages` prints after the tree."""
    parts = iter(text.split(b"\0"))
    conflicts: dict[str, Stages] = {}
    for line in parts:
        if not line:
            break
        meta, _, path = line.partition(b"\t")
        mode, blob, stage = meta.decode().split(" ")
        conflicts.setdefault(os.fsdecode(path), {})[int(stage)] = Entry(mode, blob)
    notes = []
    for count in parts:
        if not count:
            break
        paths = tuple(os.fsdecode(next(parts)) for _ in range(int(count)))
        notes.append(Note(paths, next(parts).decode(), os.fsdecode(next(parts)).strip()))
    return conflicts, notes
