"""What an old template was told where nothing records it: the choices whose files fit the repository best.

A choice shows in lines of a few files. So one question after another is given each of its options, and
the one stays under which the rendered lines are most like the repository's.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mlkata.errors import MlkataError
from mlkata.objects import Entry, Tree

RENDERS = 80
"""How many renderings it may take."""
_PAIRS = (("y", "n"), ("yes", "no"), ("Yes", "No"), ("True", "False"))
_SWITCHES = {**dict(_PAIRS), **{no: yes for yes, no in _PAIRS}}


def options(
    questions: Mapping[str, Any], told: Mapping[str, Any], guessed: Mapping[str, Any]
) -> dict[str, list[Any]]:
    """The questions that have few possible answers, and those, the default first.

    Args:
        questions: The old template's.
        told: Answers that are recorded, which stay.
        guessed: What is guessed; `question.option.setting` is a setting of one choice.
    """
    found: dict[str, list[Any]] = {}
    for name, default in questions.items():
        if name.startswith("_") or name in told:
            continue
        if isinstance(default, list) and len(default) > 1:
            found[name] = [_set(name, option, guessed) for option in default]
        elif isinstance(default, bool):
            found[name] = [default, not default]
        elif isinstance(default, str) and default in _SWITCHES:
            found[name] = [default, _SWITCHES[default]]
    return found


def _set(name: str, option: object, guessed: Mapping[str, Any]) -> object:
    """An option, with those of its settings that are guessed."""
    if not isinstance(option, dict):
        return option
    return {
        key: {inner: guessed.get(f"{name}.{key}.{inner}", value) for inner, value in settings.items()}
        if isinstance(settings, dict) else settings
        for key, settings in option.items()
    }  # fmt: skip


def fit(
    open_: Mapping[str, list[Any]], told: Mapping[str, Any], rendered: Callable[[Mapping[str, Any]], Tree],
    ours: Sequence[Tree], read: Callable[[str], bytes],
) -> dict[str, Any]:  # fmt: skip
    """Find the choices.

    Args:
        open_: Questions and their possible answers.
        told: What the other questions are answered, and first guesses.
        rendered: Renders the old template under some answers.
        ours: The repository as it is, and as it was at first: the best fit counts.
        read: The content of a blob.

    Returns:
        The choices that differ from the defaults and the first guesses.
    """
    score = _Score(ours, read)
    found: dict[str, Any] = {}
    best = score(rendered(told))
    left = RENDERS
    for _ in range(2):  # an answer can show only under another one
        before = dict(found)
        for name, values in open_.items():
            now = found.get(name, told.get(name, values[0]))
            for value in values:
                if value == now or best.perfect or not left:
                    continue
                left -= 1
                try:
                    tried = score(rendered({**told, **found, name: value}))
                except MlkataError:  # no pair that the template can render
                    continue
                if tried.lines > best.lines:
                    best, found[name] = tried, value
        if found == before:
            break
    return found


def said(found: Mapping[str, Any]) -> str:
    """Choices, for a person."""
    return ", ".join(
        f"{name} = {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in found.items()
    )


class _Fit:
    def __init__(self, lines: int, *, perfect: bool) -> None:
        self.lines = lines
        self.perfect = perfect


class _Score:
    """How like the repository some rendered files are, in lines."""

    def __init__(self, ours: Sequence[Tree], read: Callable[[str], bytes]) -> None:
        self.ours = ours
        self.read = read
        self.known: dict[str, Counter[bytes]] = {}

    def __call__(self, tree: Tree) -> _Fit:
        return max((self._beside(tree, side) for side in self.ours), key=lambda fit: fit.lines)

    def _beside(self, tree: Tree, side: Tree) -> _Fit:
        total, perfect = 0, True
        for path, entry in tree.items():
            mine = side.get(path)
            lines = self._lines(entry)
            common = lines if mine == entry else lines & self._lines(mine) if mine else Counter[bytes]()
            total += 2 * common.total() - lines.total() + (mine == entry)
            perfect = perfect and mine == entry
        return _Fit(total, perfect=perfect)

    def _lines(self, entry: Entry) -> Counter[bytes]:
        """Its lines, and one for its being there."""
        if entry.oid not in self.known:
            content = self.read(entry.oid) if entry.mode.startswith("100") else b""
            self.known[entry.oid] = Counter([b"", *filter(None, content.split(b"\n"))])
        return self.known[entry.oid]
