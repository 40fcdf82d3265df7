"""What an adoption tells a person beside the files: answers, moves, what is in the way, what is next."""

from __future__ import annotations

import os
import shlex
from argparse import Namespace
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlkata.objects import Tree
from mlkata.project import Project

_VALUES = {
    "answers_file": "--answers-file", "template": "--template", "ref": "--ref", "data_file": "--data-file",
    "old_template": "--old-template", "old_directory": "--old-directory", "start": "--from",
    "branch": "--branch",
}  # fmt: skip
_SWITCHES = ("trust", "prereleases", "defaults", "offline")


def again(args: Namespace, verb: str = "adopt", *more: str) -> str:
    """The command that does what was asked: the same folder, template and answers.

    Args:
        args: The command line's flags.
        verb: Another verb takes the folder alone.
        more: Further flags.
    """
    words = ["mlkata"] + (["-C", args.directory] if args.directory != "." else [])
    words += [verb] + ([args.path] if args.path else [])
    if verb == "adopt":
        for name, flag in _VALUES.items():
            words += [flag, str(value)] if (value := getattr(args, name)) else []
        for pair in args.data or ():
            words += ["-d", pair]
        words += ["--from-nothing"] if args.nothing else []
        words += [f"--{name}" for name in _SWITCHES if getattr(args, name)]
    return shlex.join([*words, *more])


def following(found: Project, args: Namespace, branch: str, *, conflicts: bool) -> list[str]:
    """What to type once the branch is there.

    Args:
        found: The managed folder.
        args: The command line's flags.
        branch: The branch.
        conflicts: Whether it has conflict markers.
    """
    top = (found.top or found.git.directory).resolve()
    here = Path(args.directory).resolve()
    git = "git" if here.is_relative_to(top) else f"git -C {shlex.quote(os.path.relpath(top, here))}"
    name = shlex.quote(branch)
    if conflicts:
        return [f"{git} switch {name}   (resolve there, then git commit)"]
    return [f"{git} diff HEAD...{name}", f"{git} merge {name}"]


def staying(paths: Collection[str]) -> list[str]:
    """What is said of the old template's files that are kept whether edited or not.

    Args:
        paths: Those that the repository has.
    """
    if not paths:
        return []
    stay = "1 file of the old template stays: your code may need it. It is" if len(paths) == 1 else (
        f"{len(paths)} files of the old template stay: your code may need them. They are"
    )  # fmt: skip
    return [f"{stay} yours from now on."]


def answered(answers: Sequence[Mapping[str, Any]]) -> list[str]:
    """The answers that are no defaults and where each is from, and which are defaults."""
    lines = [
        f"  {item['question']}: {item['answer']}  ({item['source']})"
        for item in answers if item["source"] != "default"
    ]  # fmt: skip
    rest = [item["question"] for item in answers if item["source"] == "default"]
    lines = ["Answers:", *lines] if lines else []
    return lines + ([f"Defaults for {', '.join(rest)}; -d question=answer says otherwise."] if rest else [])


def to_move(found: Project, moves: Sequence[Mapping[str, str]]) -> list[str]:
    """What to move, and the commands."""
    if not moves:
        return []
    lines = [f"  {move['command']}" + (f"   # {move['why']}" if move["why"] else "") for move in moves]
    where = f" (in {found.prefix.rstrip('/')}: the commands are for that folder)" if found.prefix else ""
    return [f"To move, once the branch is merged{where}:", *lines]


def uncommitted(found: Project, ours: Tree, result: Tree) -> list[str]:
    """What is changed and not committed, and which of it the branch changes, too."""
    if found.top is None:
        return []
    scope = ("--", found.prefix) if found.prefix else ()
    fields = found.git.run(
        "status", "--porcelain", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=dirty",
        *scope,
    ).split(b"\0")[:-1]  # fmt: skip
    names = [os.fsdecode(field[3:])[len(found.prefix) :] for field in fields]
    if not names:
        return []
    both = [f"  {name}" for name in sorted(names) if ours.get(name) != result.get(name)]
    notes = ["Changes that are not committed are not looked at."]
    return notes + (["Modified and not committed; a merge stops there:", *both] if both else [])


def hosts(found: Project, result: Tree) -> list[str]:
    """CI that no host reads, as it is not at the top of the repository."""
    unread = sorted(
        {path.split("/")[0] for path in result if path.startswith((".github/", ".gitlab-ci.yml"))}
    )
    if not found.prefix or not unread:
        return []
    listed = " and ".join(found.prefix + name for name in unread)
    return [f"No CI host reads {listed}: it looks at the top of the repository alone."]
