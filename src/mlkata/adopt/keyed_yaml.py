"""Edits to YAML by its lines: what is not edited stays byte for byte.

Writers of YAML, those that keep comments among them, lay a file out anew. Here the person's lines stay,
and those that are added are the template's own, with the comments that stand above them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import yaml

if TYPE_CHECKING:
    from mlkata.adopt.keyed import Edit


class _Loader(yaml.SafeLoader):
    """Takes no key twice, and dates, `on`, `yes` and the like for text (as YAML 1.2 does)."""


_TEXT = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:bool")
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in known if tag not in _TEXT]
    for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)


def _mapping(loader: yaml.SafeLoader, node: yaml.MappingNode) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str) or key in found or key == "<<":
            raise ValueError("keys that are twice there, or no text")
        found[key] = loader.construct_object(value_node, deep=True)
    return found


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)


def load(text: str) -> Any:
    """One document of YAML as plain values.

    Raises:
        ValueError: It is no YAML, or what a merge by key can't hold: several documents, anchors.
    """
    try:
        if any(isinstance(token, yaml.AnchorToken | yaml.AliasToken) for token in yaml.scan(text)):
            raise ValueError("anchors")
        documents = list(yaml.load_all(text, _Loader))
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    if len(documents) != 1:
        raise ValueError("several documents, or none")
    return documents[0]


class _Block(NamedTuple):
    """A key and its value in a text.

    Attributes:
        start: Its first line, comments above it included.
        key: The line of the key.
        end: The line after its last one.
        indent: How far it is indented.
        value: Its value's node.
    """

    start: int
    key: int
    end: int
    indent: int
    value: Any


def write(mine: str, other: str, edits: Sequence[Edit], wanted: dict[str, Any]) -> str:  # noqa: ARG001
    """Apply edits to a text.

    Args:
        mine: The person's text.
        other: The template's, from which what is added is taken as it is written there.
        edits: What to do.
        wanted: What the result must say.

    Raises:
        ValueError: It can't be done by lines.
    """
    for edit in edits:
        mine = _apply(mine, other, edit)
    return mine


def _apply(mine: str, other: str, edit: Edit) -> str:
    lines = mine.splitlines(keepends=True)
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    *above, last = edit.path
    inside = _blocks(mine, above)
    if edit.action == "remove":
        block = inside[last]
        if len(inside) == 1:
            raise ValueError("an empty mapping would be left")
        return "".join(lines[: block.start] + lines[block.end :])
    theirs = _blocks(other, edit.path[:-1])[last]
    block = next(iter(inside.values()))
    source = other.splitlines()[theirs.start if edit.action == "add" else theirs.key : theirs.end]
    new = [f"{line}{ending}" for line in _shifted(source, theirs.indent, block.indent)]
    if edit.action == "replace":
        block = inside[last]
        return "".join(lines[: block.key] + new + lines[block.end :])
    at = max(block.end for block in inside.values())
    if at and lines[at - 1 : at] and not lines[at - 1].endswith("\n"):
        lines[at - 1] += ending
    return "".join(lines[:at] + new + lines[at:])


def _shifted(lines: list[str], old: int, new: int) -> list[str]:
    """Lines at another depth."""
    if any(line.strip() and len(line) - len(line.lstrip(" ")) < old for line in lines):
        raise ValueError("lines that stand further out")
    return [" " * new + line[old:] if line.strip() else "" for line in lines]


def _blocks(text: str, path: Sequence[str]) -> dict[str, _Block]:
    """The keys of a mapping in a text."""
    node = yaml.compose(text, Loader=_Loader)
    for key in path:
        if not isinstance(node, yaml.MappingNode):
            raise ValueError("no mapping")
        node = next(value for name, value in node.value if name.value == key)
    if not isinstance(node, yaml.MappingNode) or node.flow_style or not node.value:
        raise ValueError("no mapping laid out by lines")
    lines = text.splitlines()
    found: dict[str, _Block] = {}
    for name, value in node.value:
        mark = name.start_mark
        if lines[mark.line][: mark.column].strip():
            raise ValueError("a key that does not begin its line")
        end = _end(lines, value, mark.line, mark.column)
        found[name.value] = _Block(
            _comments(lines, mark.line, mark.column), mark.line, end, mark.column, value
        )
    return found


def _end(lines: list[str], value: Any, key: int, indent: int) -> int:
    """The line after a value: empty lines and comments that follow are no part of it."""
    mark: yaml.Mark = value.end_mark  # of a block it is where the next key begins
    within = mark.line < len(lines) and lines[mark.line][: mark.column].strip()
    end = min(max(mark.line + 1 if within else mark.line, key + 1), len(lines))
    while end - 1 > key and _outside(lines[end - 1], indent):
        end -= 1
    return end


def _outside(line: str, indent: int) -> bool:
    plain = line.strip()
    return not plain or (plain.startswith("#") and len(line) - len(line.lstrip()) <= indent)


def _comments(lines: list[str], key: int, indent: int) -> int:
    """The first line of the comment that stands right above a key."""
    start = key
    while start and lines[start - 1].lstrip().startswith("#") and lines[start - 1][:indent].strip() == "":
        start -= 1
    return start
