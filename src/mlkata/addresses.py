"""Addresses of templates, and where mirrors of them are kept."""

from __future__ import annotations

import os
import re
from pathlib import Path

from mlkata.errors import MlkataError

_SHORT = {"gh:": "https://github.com/", "gl:": "https://gitlab.com/"}
_ADDRESS = re.compile(r"(gh:|gl:|git\+|[A-Za-z][\w+.-]*://|[\w.-]+@[\w.-]+:)")


def is_address(text: str) -> bool:
    """Whether a text can't be meant as a folder."""
    return bool(_ADDRESS.match(text))


def cache_dir() -> Path:
    """Where mirrors are kept: $MLKATA_CACHE_DIR, or mlkata in the user's cache folder (XDG)."""
    if own := os.environ.get("MLKATA_CACHE_DIR"):
        return Path(own)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mlkata"


def expand(url: str, base: Path | None = None) -> str:
    """The address that git understands, from what Copier records.

    Args:
        url: An address, `gh:owner/name`, `gl:owner/name`, `git+https://…`, or a path.
        base: What a relative path is relative to.
    """
    for short, whole in _SHORT.items():
        if url.startswith(short):
            name = url.removeprefix(short).lstrip("/")
            return f"{whole}{name.removesuffix('.git')}.git"
    if url.startswith("git+"):
        return url.removeprefix("git+")
    path = Path(url).expanduser()
    if path.is_absolute():
        return str(path)
    for folder in (base, Path.cwd()):
        if folder and (folder / path).is_dir() and "://" not in url:
            return str((folder / path).resolve())
    return url


def same(one: str, other: str) -> bool:
    """Whether two addresses are of one repository, however they are written."""
    return _plain(one) == _plain(other)


def _plain(url: str) -> str:
    address = expand(url)
    if Path(address).exists():
        return str(Path(address).resolve())
    found = re.fullmatch(r"(?:[a-z+]+://)?(?:[^/@]*@)?([^/:]+)(?::\d+(?=/))?[:/](.*?)/*(?:\.git)?/*", address)
    return f"{found[1].lower()}/{found[2].lstrip('/')}" if found else address


def default_url() -> str:
    """The repository that mlkata itself came from: it is the template, too.

    $MLKATA_TEMPLATE wins; then the working copy it runs from; then where it was installed from (PEP 610).

    Raises:
        MlkataError: It came from none, as a wheel does.
    """
    if own := os.environ.get("MLKATA_TEMPLATE"):
        return own
    here = Path(__file__).resolve().parents[2]
    if (here / "copier.yml").is_file() and (here / ".git").exists():
        return str(here)
    import json
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        record = json.loads(distribution("mlkata").read_text("direct_url.json") or "{}")
    except PackageNotFoundError:
        record = {}
    url = str(record.get("url", ""))
    if record.get("vcs_info", {}).get("vcs") == "git":
        return url if url.endswith(".git") or url.startswith("file:") else f"git+{url}"
    path = Path(url.removeprefix("file://"))
    if url.startswith("file://") and (path / "copier.yml").is_file():
        return str(path)
    raise MlkataError(
        "mlkata doesn't know where its template's repository is",
        "Give it by --template URL, or once and for all in the environment as MLKATA_TEMPLATE.",
    )
