"""What of a repository belongs elsewhere under its new template, and the commands that move it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Container, Iterable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from mlkata.errors import MlkataError
from mlkata.objects import Tree


class Move(NamedTuple):
    """A file or folder that should move.

    Attributes:
        path: Where it is.
        to: Where it belongs; empty where it goes.
        why: Why, for a person.
        command: What does it.
    """

    path: str
    to: str
    why: str
    command: str


def find(rules: object, tree: Tree, theirs: Tree, answers: Mapping[str, Any]) -> list[Move]:
    """What to move where.

    Args:
        rules: The template's rules: `files`, and `to` or `command` or both; `except`, `why`.
        tree: The repository's files, as they are on the branch.
        theirs: The template's; those stay where they are.
        answers: The answers, which rules may name.

    Raises:
        MlkataError: A rule can't be understood.
    """
    found: list[Move] = []
    taken: set[str] = set()
    for rule in rules if isinstance(rules, list) else []:
        if not isinstance(rule, dict) or not rule.get("files") or not (rule.get("to") or rule.get("command")):
            raise MlkataError(
                "a rule of what to move in the template's adopt/ has no `files`, or no `to` and `command`"
            )
        to = _filled(str(rule.get("to") or ""), answers)
        for path in _matching(rule, tree, theirs, answers):
            if path in taken or any(path.startswith(f"{other}/") for other in taken):
                continue
            taken.add(path)
            target = f"{to}{PurePosixPath(path).name}" if to.endswith("/") else to
            if not target or not (path == target or path.startswith(f"{to.rstrip('/')}/")):
                found += _moved(path, target, rule, tree)
    return found


def among(globs: object, paths: Iterable[str]) -> set[str]:
    """The paths that one of some patterns fits.

    Args:
        globs: The patterns, as a rule's `files` has them; no list is none.
        paths: The paths.
    """
    patterns = [_pattern(str(glob)) for glob in globs] if isinstance(globs, list) else []
    return {path for path in paths if any(pattern.fullmatch(path) for pattern in patterns)}


def careful(move: Move, unmoved: Container[str]) -> Move:
    """A move that removes no file of which something is nowhere else yet: a person looks at it first.

    Args:
        move: What the template's rule says.
        unmoved: Such files.
    """
    if move.path not in unmoved or not move.command.startswith("git rm "):
        return move
    command = f"# look at {shlex.quote(move.path)}; then {move.command}"
    return move._replace(command=command, why="not all of it is in pyproject.toml")


def _moved(path: str, target: str, rule: Mapping[str, Any], tree: Tree) -> Iterator[Move]:
    """One move; or one a file, where the folder that it goes to is there."""
    why = str(rule.get("why") or "")
    inside = [other for other in sorted(tree) if other.startswith(f"{path}/")]
    if inside and any(other.startswith(f"{target}/") for other in tree):
        for other in inside:
            yield from _moved(other, target + other[len(path) :], rule, tree)
        return
    words = {"path": path, "target": target, "folder": str(PurePosixPath(target).parent)}
    quoted = {key: shlex.quote(value) for key, value in words.items()}
    default = (
        "git mv {path} {target}" if quoted["folder"] == "." else "mkdir -p {folder} && git mv {path} {target}"
    )
    if target in tree:
        command, why = "git diff --no-index {target} {path}", "both are there: bring yours over by hand"
    else:
        command = str(rule.get("command") or default)
    yield Move(path, target, why, _filled(command, quoted))


def _matching(rule: Mapping[str, Any], tree: Tree, theirs: Tree, answers: Mapping[str, Any]) -> Iterator[str]:
    """The files, or the folders where a pattern ends in `/`, that a rule is about."""
    spared = [_pattern(_filled(str(glob), answers)) for glob in rule.get("except") or []]
    folders = sorted({str(up) for path in tree for up in PurePosixPath(path).parents} - {"."})
    for glob in rule["files"]:
        text = _filled(str(glob), answers)
        pattern = _pattern(text.rstrip("/"))
        for path in folders if text.endswith("/") else sorted(tree):
            if pattern.fullmatch(path) and path not in theirs and not any(e.fullmatch(path) for e in spared):
                yield path


def _pattern(glob: str) -> re.Pattern[str]:
    """`*` within a folder, `**/` over folders, `{a,b}` either."""
    known = {"**/": r"(?:[^/]+/)*", "*": r"[^/]*", "?": r"[^/]", "{": "(?:", "}": ")", ",": "|"}
    parts = re.split(r"(\*\*/|[*?{},])", glob)
    return re.compile("".join(known.get(part, re.escape(part)) for part in parts))


def _filled(text: str, words: Mapping[str, Any]) -> str:
    """A text with `{name}` filled in."""
    return re.sub(r"\{(\w+)\}", lambda found: str(words.get(found[1], found[0])), text)
