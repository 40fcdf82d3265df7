"""Tags as versions (PEP 440)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.version import Version


def order(names: Iterable[str]) -> list[str]:
    """Those names that are versions (PEP 440), oldest first."""
    from packaging.version import InvalidVersion, parse

    known = []
    for name in names:
        try:
            known.append((parse(name), name))
        except InvalidVersion:
            continue
    return [name for _, name in sorted(known)]


def is_prerelease(name: str) -> bool:
    """Whether a version is a pre-release (PEP 440)."""
    from packaging.version import parse

    return parse(name).is_prerelease


def is_newer(name: str, than: str) -> bool:
    """Whether one recorded version is newer than another; a commit after a tag is newer than the tag."""
    from packaging.version import InvalidVersion, parse

    def key(text: str) -> tuple[object, int]:
        described = re.fullmatch(r"(.+)-(\d+)-g[0-9a-f]+", text)
        return (parse(described[1]), int(described[2])) if described else (parse(text), 0)

    try:
        return key(name) > key(than)
    except InvalidVersion:
        return name != than


def pep440(name: str) -> Version | None:
    """A recorded version as a number; a commit after a tag is a post-release. None where it is neither."""
    from packaging.version import InvalidVersion, Version

    described = re.fullmatch(r"(.+)-(\d+)-g([0-9a-f]+)", name)
    try:
        return Version(f"{described[1]}.post{described[2]}+{described[3]}" if described else name)
    except InvalidVersion:
        return None
