"""Poetry's own way to write requirements, as PEP 508 has it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any


def requirements_of(table: Mapping[str, Any]) -> tuple[list[str], list[tuple[str, str]]]:
    """The entries of `[tool.poetry.dependencies]`.

    Args:
        table: That table.

    Returns:
        The requirements, and what can't be said so, with the reason.
    """
    found, left = [], []
    for name, said in table.items():
        if name == "python":
            continue
        parts = {"version": said} if isinstance(said, str) else said
        if not isinstance(parts, dict) or parts.keys() - {"version", "extras", "markers"}:
            left.append((name, "Poetry's own kind of requirement; it still reads it there"))
            continue
        versions = [_specifier(part.strip()) for part in str(parts.get("version", "*")).split(",")]
        if None in versions:
            left.append((name, f"{parts.get('version')!r} is no version that PEP 508 knows"))
            continue
        extras = f"[{','.join(map(str, parts['extras']))}]" if parts.get("extras") else ""
        marker = f"; {parts['markers']}" if parts.get("markers") else ""
        found.append(f"{name}{extras}{','.join(filter(None, map(str, versions)))}{marker}")
    return found, left


def _specifier(text: str) -> str | None:
    if text in ("*", ""):
        return ""
    caret = re.fullmatch(r"([\^~])\s*(\d+(?:\.\d+)*)\S*", text)
    if caret:
        numbers = [int(number) for number in caret[2].split(".")]
        low = text[1:].strip()
        if caret[1] == "~":
            at = min(len(numbers) - 1, 1)
        else:
            at = next((place for place, number in enumerate(numbers) if number), len(numbers) - 1)
        high = [*numbers[:at], numbers[at] + 1]
        return f">={low},<{'.'.join(map(str, high))}"
    if re.fullmatch(r"\d\S*", text):
        return f"=={text}"
    return text if re.fullmatch(r"(===?|~=|!=|<=?|>=?)\s*\S+", text) else None
