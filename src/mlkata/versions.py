"""Tags as versions (PEP 440)."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
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


def is_newer(name: str, than: str, tags: Container[str] = ()) -> bool:
    """Whether one recorded version is newer than another; a commit after a tag is newer than the tag.

    Args:
        name: The one.
        than: The other; where it is no tag, its digits may be an abbreviated commit.
        tags: What is known to be a tag.
    """
    from packaging.version import InvalidVersion, parse

    if re.fullmatch(r"[0-9a-f]{7,64}", than) and than not in tags:
        return name != than

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
