"""TOML, YAML and JSON that both sides have, merged key by key over what both come from.

A person's value wins over the template's; what the person deleted stays deleted; what the person left as
the old template had it follows the new one. The person's text stays as it is, comments and all, but for
what is put in, replaced or taken out. Each result is read again and compared with what it must say; where
that fails, or a file can't be read, there is no result and git merges lines, which may conflict. The
keys of a `.gitignore` are its rules.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from mlkata.adopt import keyed_ignore, keyed_toml, keyed_yaml, requirements

Path_ = tuple[str, ...]


class Edit(NamedTuple):
    """One thing to do to the person's file.

    Attributes:
        action: add, replace or remove.
        path: The keys that lead there.
        value: The new value; None where it is removed.
    """

    action: str
    path: Path_
    value: Any = None


class Result(NamedTuple):
    """A merged file.

    Attributes:
        content: Its bytes.
        stays: The keys at which the person's value was kept and the template has another.
        why: How it was merged, in words.
    """

    content: bytes
    stays: list[str]
    why: str = "merged key by key; your values and comments stay"


_REQUIREMENTS = re.compile(
    r"project\.dependencies|project\.optional-dependencies\.[^.]+|dependency-groups\.[^.]+"
)
_MISSING: Any = object()


def merge(path: str, base: bytes | None, ours: bytes, theirs: bytes) -> Result | None:
    """Merge a file by its keys.

    Args:
        path: Its name, which says what it is.
        base: What both come from; None where there is nothing.
        ours: The person's.
        theirs: The template's.

    Returns:
        The result; None where it can't be merged so.
    """
    if PurePosixPath(path).name == keyed_ignore.NAME:
        return _ignoring(base, ours, theirs)
    kind = {".toml": "toml", ".yml": "yaml", ".yaml": "yaml", ".json": "json"}.get(PurePosixPath(path).suffix)
    if kind is None:
        return None
    try:
        texts = [None if side is None else side.decode() for side in (base, ours, theirs)]
        sides = [{} if text is None else _load(kind, text) for text in texts]
    except (ValueError, TypeError, RecursionError):
        return None
    edits: list[Edit] = []
    stays: list[str] = []
    lists = path.endswith("pyproject.toml")
    wanted = _merged(sides[0], sides[1], sides[2], (), edits, stays, lists=lists)
    mine, other = str(texts[1]), str(texts[2])
    if not edits:
        return Result(ours, stays)
    writer = {"toml": keyed_toml.write, "yaml": keyed_yaml.write, "json": _write_json}[kind]
    try:
        changed = writer(mine, other, [edit for edit in edits if edit.action != "add"], wanted)
        text = writer(changed, other, [edit for edit in edits if edit.action == "add"], wanted)
        if not _same(_load(kind, text), wanted) or (kind != "json" and not _keeps(changed, text)):
            return None
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None
    return Result(text.encode(), stays)


def _ignoring(base: bytes | None, ours: bytes, theirs: bytes) -> Result | None:
    try:
        found = keyed_ignore.write(base.decode() if base else None, ours.decode(), theirs.decode())
    except ValueError:
        return None
    if found is None:
        return None
    text, back = found
    listed = f"; of them, these take back what others ignore: {', '.join(back)}" if back else ""
    return Result(text.encode(), [], f"your rules stay, the template's come in under them{listed}")


def _merged(
    base: Mapping[str, Any], ours: Mapping[str, Any], theirs: Mapping[str, Any], at: Path_,
    edits: list[Edit], stays: list[str], *, lists: bool,
) -> dict[str, Any]:  # fmt: skip
    """What a merged file must say, and what leads there from the person's."""
    found = dict(ours)
    for key, new in theirs.items():
        path, old = (*at, key), base.get(key, _MISSING)
        if key not in ours:
            if lists and _clashes(path, ours):
                stays.append(".".join(path))
            elif old is _MISSING:
                found[key] = new
                edits.append(Edit("add", path, new))
            continue
        mine = ours[key]
        if isinstance(mine, dict) and isinstance(new, dict):
            below = old if isinstance(old, dict) else {}
            found[key] = _merged(below, mine, new, path, edits, stays, lists=lists)
        elif (
            lists
            and _REQUIREMENTS.fullmatch(".".join(path))
            and isinstance(mine, list)
            and isinstance(new, list)
        ):
            former = {requirements.name(entry) for entry in old} if isinstance(old, list) else set()
            stale = [entry for entry in mine if isinstance(old, list) and entry in old]
            kept = [entry for entry in mine if entry not in stale]
            named = {requirements.name(entry) for entry in mine}
            fresh = [e for e in new if requirements.name(e) not in former or requirements.name(e) in named]
            found[key] = requirements.joined(kept, fresh)
            other = [entry for entry in fresh if entry not in found[key]]
            stays += [".".join((*path, requirements.name(entry))) for entry in other]
            if found[key] != mine:
                edits.append(Edit("replace", path, found[key]))
        elif _same(mine, new) or _same(old, new):
            continue
        elif _same(mine, old):
            found[key] = new
            edits.append(Edit("replace", path, new))
        else:
            stays.append(".".join(path))
    for key, mine in ours.items():
        if key in theirs or key not in base:
            continue
        if _same(mine, base[key]):
            del found[key]
            edits.append(Edit("remove", (*at, key)))
        elif isinstance(mine, dict) and isinstance(base[key], dict):
            found[key] = _merged(base[key], mine, {}, (*at, key), edits, stays, lists=lists)
    return found


def _clashes(path: Path_, ours: Mapping[str, Any]) -> bool:
    """Whether `[project]` may not have a key beside what is in it (PEP 621, PEP 639)."""
    if path[:-1] != ("project",):
        return False
    dynamic, classifiers = (ours.get(key) for key in ("dynamic", "classifiers"))
    classified = isinstance(classifiers, list) and any("License ::" in str(item) for item in classifiers)
    return (
        (isinstance(dynamic, list) and path[-1] in dynamic)
        or (path[-1] == "license-files" and isinstance(ours.get("license"), dict))
        or (path[-1] == "license" and classified)
    )


def _same(one: Any, other: Any) -> bool:
    """Equal, kinds and all: 1, 1.0 and true are three things; the order of keys is none."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return type(one) is type(other) and (one == other or (one != one and other != other))  # nan


def _keeps(mine: str, text: str) -> bool:
    """Whether every line of one text is in another, in order."""
    lines = iter(text.splitlines())
    return all(line in lines for line in mine.splitlines())


def _load(kind: str, text: str) -> dict[str, Any]:
    if kind == "toml":
        found: Any = keyed_toml.load(text)
    elif kind == "yaml":
        found = keyed_yaml.load(text)
    else:
        found = json.loads(text, object_pairs_hook=_once)
    if not isinstance(found, dict):
        raise TypeError("no mapping")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key is there twice")
    return found


def _write_json(mine: str, other: str, edits: list[Edit], wanted: dict[str, Any]) -> str:  # noqa: ARG001
    """JSON is written anew; only where that would have given the person's text, too."""
    if not edits:
        return mine
    indented = re.search(r"\n([ \t]+)\S", mine)
    indent, end = indented[1] if indented else None, "\n" if mine.endswith("\n") else ""

    def dump(data: Any) -> str:
        return json.dumps(data, indent=indent, ensure_ascii=mine.isascii()) + end

    if dump(json.loads(mine)) != mine:
        raise ValueError("laid out in a way of its own")
    return dump(wanted)
