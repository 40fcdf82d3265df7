"""Edits to TOML that leave the rest of it as it is (tomlkit)."""

from __future__ import annotations

import copy
import tomllib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlkata.adopt.keyed import Edit


def load(text: str) -> dict[str, Any]:
    """TOML as plain values."""
    return tomllib.loads(text)


def write(mine: str, other: str, edits: Sequence[Edit], wanted: dict[str, Any]) -> str:  # noqa: ARG001
    """Apply edits to a text.

    Args:
        mine: The person's text.
        other: The template's, from which what is added is taken as it is written there.
        edits: What to do.
        wanted: What the result must say.

    Raises:
        ValueError: It can't be done.
    """
    import tomlkit
    from tomlkit.items import Array

    ending = "\r\n" if mine.count("\r\n") == mine.count("\n") > 0 else "\n"
    document, source = (tomlkit.parse(text.replace("\r\n", "\n")) for text in (mine, other))
    for edit in edits:
        *above, last = edit.path
        if edit.action == "add":
            _add(_at(document, above, make=True), last, copy.deepcopy(_at(source, above)[last]))
            continue
        table: Any = _at(document, above)
        if edit.action == "remove":
            del table[last]
        elif isinstance(table[last], Array) and isinstance(edit.value, list):
            _fill(table[last], edit.value)
        else:
            table[last] = copy.deepcopy(_at(source, above)[last])
    return _once_apart(tomlkit.dumps(document), mine).replace("\n", ending)


def _at(document: Any, path: Sequence[str], *, make: bool = False) -> Any:
    import tomlkit

    for key in path:
        if make and key not in document:
            document[key] = tomlkit.table(is_super_table=True)
        document = document[key]
    return document


def _add(table: Any, key: str, value: Any) -> None:
    """Add a value to a table, above the comments at its end: they are about the table that is next."""
    from tomlkit.items import Table, Whitespace

    if isinstance(value, Table):
        _cut(value)
        _inmost(value).append(None, Whitespace("\n"))
    tail = _cut(table) if isinstance(table, Table) else []
    table[key] = value
    if tail:
        end = _inmost(table)
        if end.body and isinstance(end.body[-1][1], Whitespace):
            end.body.pop()
        for item in tail:
            end.append(None, item)


def _cut(table: Any) -> list[Any]:
    """Take the empty lines and comments at a table's end out of it."""
    from tomlkit.items import Comment, Whitespace

    body = _inmost(table).body
    at = len(body)
    while at and body[at - 1][0] is None and isinstance(body[at - 1][1], Comment | Whitespace):
        at -= 1
    tail = [item for _, item in body[at:]]
    del body[at:]
    return tail


def _inmost(table: Any) -> Any:
    """What holds the last line of a table: itself, or the last table in it."""
    from tomlkit.items import AoT, Table

    body = table.value.body
    last = body[-1][1] if body else None
    if isinstance(last, AoT):
        last = last.body[-1]
    return _inmost(last) if isinstance(last, Table) else table.value


def _fill(array: Any, wanted: list[Any]) -> None:
    """Bring an array to some values and leave the others and their comments alone."""
    for index in reversed(range(len(array))):
        if array[index] not in wanted:
            del array[index]
    present = list(array)
    lines = "\n" in array.as_string()
    for value in wanted:
        if value not in present:
            if lines:
                array.add_line(value, indent="    ")
            else:
                array.append(value)


def _once_apart(text: str, mine: str) -> str:
    """A text that ends with one line break, its tables one empty line apart where the person's are."""
    while "\n\n\n" in text and "\n\n\n" not in mine.replace("\r\n", "\n"):
        text = text.replace("\n\n\n", "\n\n")
    return text.rstrip("\n") + "\n" if text.strip() else text


def require(text: str, entries: Sequence[str]) -> str | None:
    """Put requirements into a text's `[project] dependencies`; they win over those of the same name.

    Args:
        text: A `pyproject.toml`.
        entries: What is required (PEP 508).

    Returns:
        The text; None where it has no such list.
    """
    import tomlkit
    from tomlkit.items import Array

    from mlkata.adopt import requirements

    document: Any = tomlkit.parse(text)
    array = document.get("project", {}).get("dependencies")
    if not isinstance(array, Array):
        return None
    mine = [entry for entry in entries if entry not in list(array)]
    named = {requirements.name(entry) for entry in mine}
    for index in reversed(range(len(array))):
        if requirements.name(array[index]) in named:
            del array[index]
    _fill(array, [*map(str, array), *mine])
    return tomlkit.dumps(document)
