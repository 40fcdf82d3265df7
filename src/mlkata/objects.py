"""What git stores, as plain values: a tree is a dictionary, path to entry, without a working copy."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from typing import NamedTuple


class Entry(NamedTuple):
    """One path of a tree.

    Attributes:
        mode: git's, as text: 100644, 100755, 120000 (symlink), 160000 (submodule).
        oid: The object's name.
    """

    mode: str
    oid: str


Tree = dict[str, Entry]
"""Paths, relative to the managed folder, with `/`, and what is there."""

Stages = dict[int, Entry]
"""A conflicted path's versions: 1 base, 2 ours, 3 theirs."""


class Note(NamedTuple):
    """What a merge says of some paths; `kind` is git's name of it, such as `CONFLICT (contents)`."""

    paths: tuple[str, ...]
    kind: str
    text: str


def index_info(tree: Mapping[str, Entry | None], hashing: str = "sha1", stage: int = 0) -> bytes:
    """Lines for `git update-index -z --index-info`; None takes a path out."""
    lines = []
    for path, entry in tree.items():
        mode, oid = entry or ("0", "0" * 2 * hashlib.new(hashing, usedforsecurity=False).digest_size)
        lines.append(f"{mode} {oid} {stage}\t".encode() + os.fsencode(path) + b"\0")
    return b"".join(lines)


Nested = dict[bytes, "Entry | Nested"]
"""A tree, a folder a dictionary of its own."""


def nest(tree: Tree) -> Nested:
    """A tree as git stores it, folder by folder."""
    root: Nested = {}
    for path, entry in tree.items():
        *folders, name = os.fsencode(path).split(b"/")
        at = root
        for folder in folders:
            below = at.setdefault(folder, {})
            assert isinstance(below, dict), path  # noqa: S101 - no tree has a file and a folder of one name
            at = below
        at[name] = entry
    return root


def hash_tree(tree: Nested, hashing: str, made: dict[str, bytes]) -> str:
    """The name that git gives a tree; it and its folders are put down for `git mktree --batch -z`.

    Args:
        tree: The tree.
        hashing: sha1 or sha256.
        made: Where they are put down, folders before what holds them.
    """
    entries = []
    for name, entry in tree.items():
        if isinstance(entry, dict):
            entries.append((name + b"/", "40000", hash_tree(entry, hashing, made), name))
        else:
            entries.append((name, entry.mode, entry.oid, name))
    entries.sort()
    body = b"".join(
        mode.encode() + b" " + name + b"\0" + bytes.fromhex(oid) for _, mode, oid, name in entries
    )
    oid = hashlib.new(hashing, b"tree %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
    kinds = {"40000": "tree", "160000": "commit"}
    made[oid] = b"".join(
        f"{mode} {kinds.get(mode, 'blob')} {entry}\t".encode() + name + b"\0"
        for _, mode, entry, name in entries
    )
    return oid
