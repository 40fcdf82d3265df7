"""Rendered trees, kept in the project's own repository so that they are rendered once.

A reference `refs/mlkata/rendered/<key>/<template commit>` names a tree; the key stands for the answers,
the template's address and version among them, and for the managed folder. git's hashes check it, git's
garbage collection spares it, a clone doesn't carry it. It may be deleted at any time. It also remembers
what a tag stood for when the project was rendered from it, should the tag move or vanish.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from mlkata.errors import MlkataError
from mlkata.git import Git
from mlkata.objects import Tree

_FORMAT = "1"  # raise when rendering changes, so that older trees are not used
_KEEP = 24


class Known(NamedTuple):
    """A rendered version.

    Attributes:
        oid: Its tree's name.
        sha: The template's commit.
    """

    oid: str
    sha: str

    def tree(self, git: Git) -> Tree:
        """Its files."""
        return git.tree(self.oid)


def load(git: Git, answers: Mapping[str, Any], folder: str) -> Known | None:
    """What these answers gave in this folder of the repository, if it is still there."""
    ref = _ref(answers, folder)
    line = git.text("for-each-ref", "--count=1", "--format=%(objectname) %(refname)", ref)
    if not line:
        return None
    oid, _, name = line.partition(" ")
    return Known(oid, name.rpartition("/")[2])


def store(git: Git, answers: Mapping[str, Any], folder: str, files: Tree, sha: str) -> str:
    """Keep a rendered version, and let the oldest go; returns the tree's name."""
    tree = git.write_tree(files)
    mine = _ref(answers, folder)
    format_ = "--format=%(refname)"
    lines = [f"delete {ref}" for ref in git.text("for-each-ref", format_, mine).splitlines()]
    others = git.text("for-each-ref", "--sort=-creatordate", format_, "refs/mlkata/rendered").splitlines()
    others = [ref for ref in others if not ref.startswith(mine)]
    lines += [f"delete {ref}" for ref in others[_KEEP:]]
    if f"{mine}/{sha}" in {line.removeprefix("delete ") for line in lines}:
        lines = [line for line in lines if line != f"delete {mine}/{sha}"]
    lines.append(f"update {mine}/{sha} {tree}")
    git.run("update-ref", "--stdin", stdin="".join(f"{line}\n" for line in lines).encode())
    return tree


def _ref(answers: Mapping[str, Any], folder: str) -> str:
    try:
        text = json.dumps([_FORMAT, answers, *([folder] if folder else [])], sort_keys=True, default=str)
    except (ValueError, TypeError) as error:
        raise MlkataError(f"the answers file can't be used: {error}", "Answers are plain values.") from error
    return f"refs/mlkata/rendered/{hashlib.sha256(text.encode()).hexdigest()[:24]}"
