"""Modules of the old template that the person's own code imports: they stay, edited or not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

_IMPORT = re.compile(
    r"""^[ \t]*"?[ \t]*(?:
        from[ \t]+(?P<module>\.*[\w.]*)[ \t]+import[ \t]+(?P<names>\([^)]*\)|[\w \t,]+)
        | import[ \t]+(?P<plain>[\w. \t,]+)
    )""",
    re.MULTILINE | re.VERBOSE,
)
"""In Python, and in a notebook, where each line is a string. A guess too many only keeps a file."""


def needed(own: Mapping[str, str], modules: Mapping[str, str]) -> set[str]:
    """The modules that the person's code imports, and those that they import.

    Args:
        own: The person's Python files and notebooks, by path.
        modules: Python files of the old template, as it made them, by path.
    """
    known: dict[str, str] = {}
    for path in modules:
        known |= dict.fromkeys(_names(path), path)
    found: set[str] = set()
    todo = list(own.items())
    while todo:
        path, text = todo.pop()
        for name in _imported(text, path):
            parts = name.split(".")
            for length in range(1, len(parts) + 1):
                target = known.get(".".join(parts[:length]))
                if target and target not in found:
                    found.add(target)
                    todo.append((target, modules[target]))
    return found


def _names(path: str) -> list[str]:
    """What a module may be imported as: from the root, and from src/."""
    parts = path.removesuffix(".py").split("/")
    if parts[-1] == "__init__":
        parts.pop()
    shorter = [parts[1:]] if parts[:1] == ["src"] else []
    return [".".join(each) for each in (parts, *shorter) if each]


def _imported(text: str, path: str) -> Iterator[str]:
    """The full names in a file's imports, whether of modules or of what is in them."""
    for match in _IMPORT.finditer(text):
        if match["plain"]:
            yield from (name.split()[0] for name in match["plain"].split(",") if name.split())
            continue
        module = match["module"]
        dots = len(module) - len(module.lstrip("."))
        if dots:
            folder = PurePosixPath(path).parent.parts
            above = folder[: len(folder) - dots + 1]
            module = ".".join([*above, *filter(None, [module[dots:]])])
        for name in match["names"].strip("()").replace("\n", " ").split(","):
            if name.split():
                yield f"{module}.{name.split()[0]}"
