"""Which paths a template may write."""

from __future__ import annotations

import re

from mlkata.errors import MlkataError

_DOT_GIT = re.compile(r"(?i)^(\.git|git~1)$")


def check_path(path: str, url: str) -> None:
    """Refuse what would land outside the project.

    Raises:
        MlkataError: It would.
    """
    if escapes(path):
        raise MlkataError(
            f"the template {url} writes {path!r}, which is not a file of the project",
            "Check the answers that make up this path, and whether you trust the template.",
        )


def escapes(path: str) -> bool:
    """Whether a path is outside the project or inside `.git`, in any spelling a file system takes."""
    parts = path.split("/")
    plain = [
        re.sub("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]", "", part).rstrip(" .") for part in parts
    ]
    return path.startswith("/") or ".." in parts or any(_DOT_GIT.match(part.split(":")[0]) for part in plain)
