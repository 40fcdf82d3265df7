"""From a result to a branch of its own."""

from __future__ import annotations

import hashlib
import os
import re
import shlex

from mlkata import sync
from mlkata.errors import MlkataError
from mlkata.project import Project

MADE = "refs/mlkata/made/"
"""Below it is what we made of a branch, so that we know it again; a branch that differs is a person's."""


def name_for(project: Project, what: str) -> str:
    """The branch for an update or an adoption, one of its own for each managed folder of a repository."""
    folder = project.prefix.rstrip("/")
    plain = re.sub(r"[^A-Za-z0-9_/-]+", "-", folder)
    if plain != folder:
        plain += "-" + hashlib.sha256(os.fsencode(folder)).hexdigest()[:8]
    return f"mlkata/{plain}/{what}" if folder else f"mlkata/{what}"


def to_branch(project: Project, plan: sync.Plan, name: str, message: str) -> str:
    """Commit a plan on a branch of its own; working tree, index and HEAD stay as they are.

    A branch that is still what an earlier run made of it is made anew.

    Returns:
        The commit.

    Raises:
        MlkataError: There is another branch of that name.
    """
    git, head = project.git, plan.head
    refused = git.call("check-ref-format", f"refs/heads/{name}", ok=(0, 1)).returncode
    if refused or name == "HEAD" or name.startswith("-"):
        raise MlkataError(f"{name!r} is no name for a branch")
    tree = git.write_tree(plan.merged.tree, project.prefix, over=head)
    ref, mark = f"refs/heads/{name}", f"{MADE}{name}"
    present = git.oid(ref)
    if present and git.oid(f"{present}^{{tree}}") == tree and git.oid(f"{present}^") == head:
        return present
    in_use = present and git.text("for-each-ref", "--format=%(worktreepath)", ref)
    if present and (in_use or git.oid(mark) != present):
        here = " (it is checked out)" if in_use else ""
        remove = "" if in_use else f", or remove it: git branch -D {shlex.quote(name)}"
        raise MlkataError(
            f"there is a branch {name} already, with something else on it{here}",
            f"Choose another name (--branch NAME){remove}",
        )
    commit = git.commit(tree, message, head)
    none = "0" * len(commit)
    git.move_refs(f"update {ref} {commit} {present or none}\nupdate {mark} {commit}\n", name)
    sync.remember(project, plan)
    return commit
