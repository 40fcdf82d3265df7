"""A `.gitignore` that both sides have: the person's lines stay, and the template's rules come in under them.

Of the rules that match a file the last one decides, so the template's keep their order among themselves:
what comes after one that is put in, and would have another meaning without standing after it, is repeated.
"""

from __future__ import annotations

import re

NAME = ".gitignore"


def write(base: str | None, ours: str, theirs: str) -> tuple[str, list[str]] | None:
    """Merge a file of rules.

    Args:
        base: What both come from; a rule of it that the person took out stays out.
        ours: The person's.
        theirs: The template's.

    Returns:
        The result, and the rules put in that take back what others ignore (`!…`); None where the person has
        such rules that the template lacks: only a person can say where they belong.
    """
    mine, known = _rules(ours), _rules(theirs)
    if any(_takes_back(rule) and rule not in known for rule in mine):
        return None
    former = set(_rules(base or "")) - set(mine)
    found: list[str] = []
    end = "\r\n" if "\r\n" in ours else "\n"
    for group in re.split(r"\n(?:[ \t\r]*\n)+", theirs):
        lines, count = [], len(found)
        for line in group.splitlines():
            for rule in _rules(line) or [""]:
                again = bool(found) if _takes_back(rule) else any(map(_takes_back, found))
                if rule and rule not in former and (rule not in mine or again):
                    found.append(rule)
                    lines.append(rule)
                elif not rule and line.strip():
                    lines.append(line.rstrip())
        if len(found) > count:
            ours = end.join([ours.rstrip("\r\n"), "", *lines, ""])
    return ours, list(filter(_takes_back, found))


def _rules(text: str) -> list[str]:
    """Lines that are neither empty nor comments, as git reads them."""
    lines = (re.sub(r"(?<!\\) +$", "", line.removesuffix("\r")) for line in text.split("\n"))
    return [line for line in lines if line and not line.startswith("#")]


def _takes_back(rule: str) -> bool:
    return rule.startswith("!")
