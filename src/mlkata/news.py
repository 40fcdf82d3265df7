"""What is new in a template, in its own words: its changelog from one version to another."""

from __future__ import annotations

import re

from mlkata.template import Template, Version
from mlkata.versions import pep440

_HEADING = re.compile(r"(#{1,6}) +(?:\[?v?(\d+\.[\w.+!-]*))?")


def between(source: Template, old: str, new: Version) -> str:
    """The sections of the template's CHANGELOG.md for the versions after `old`, up to `new`.

    A section's heading begins with its version, as on keepachangelog.com: `## 1.2.0`
    or `## [1.2.0] - 2026-03-01`.

    Args:
        source: The template.
        old: The version that a project had, as recorded.
        new: The version that it gets.

    Returns:
        Markdown; empty where there is no changelog, no such section, or a version that is no number.
    """
    first, last = pep440(old), pep440(new.name)
    if first is None or last is None:
        return ""
    blob = source.git.call("cat-file", "blob", f"{new.sha}:CHANGELOG.md", ok=range(256))
    if blob.returncode:
        return ""
    kept: list[str] = []
    wanted, level = False, 0
    for line in blob.stdout.decode(errors="replace").splitlines():
        if heading := _HEADING.match(line):
            version, depth = pep440(heading[2] or ""), len(heading[1])
            if version is not None:
                wanted, level = first < version <= last, depth
            elif depth <= level:  # a heading of another kind; a deeper one is of the section
                wanted = False
        if wanted:
            kept.append(line.expandtabs())
    return "\n".join(kept).strip()
