"""Repositories at an address, as bare clones in the user's cache: no history, and files only as needed.

An address's credentials are given to git in its environment. They are in no file and on no command line.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlkata.addresses import cache_dir
from mlkata.errors import ExitCode, MlkataError
from mlkata.git import Git
from mlkata.locking import locked
from mlkata.privacy import clean
from mlkata.process import GitError


@contextmanager
def clone(address: str, *, offline: bool) -> Iterator[Path]:
    """Hold a clone that is up to date; its HEAD is what the remote's is.

    Args:
        address: Where from, credentials and all.
        offline: Use what the cache has.

    Raises:
        MlkataError: It can't be reached (code 6), or another run holds it (code 7).
    """
    folder = _place(clean(address))
    with locked(folder.parent / "lock"), _credentials(address):
        if offline:
            if not (folder / "HEAD").is_file():
                raise MlkataError(
                    f"{clean(address)} is not in the cache",
                    "Try again without --offline.",
                    ExitCode.UNREACHABLE,
                )
        else:
            _bring(clean(address), folder)
        yield folder


def _place(plain: str) -> Path:
    """A template may look at a folder's name, so it is the repository's."""
    key = hashlib.sha256(plain.encode()).hexdigest()[:20]
    name = re.split(r"[/:]", plain.rstrip("/"))[-1].removesuffix(".git")
    return cache_dir() / "fleet" / "clones" / key / (re.sub(r"[^\w.-]", "-", name).strip(".") or "clone")


@contextmanager
def _credentials(address: str) -> Iterator[None]:
    """Have git put the credentials into the address while this lasts."""
    if clean(address) == address:
        yield
        return
    number = int(os.environ.get("GIT_CONFIG_COUNT") or 0)
    kept = dict(os.environ)
    os.environ |= {
        f"GIT_CONFIG_KEY_{number}": f"url.{address}.insteadOf",
        f"GIT_CONFIG_VALUE_{number}": clean(address),
        "GIT_CONFIG_COUNT": str(number + 1),
    }
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


def _bring(plain: str, folder: Path) -> None:
    there = folder.exists()
    try:
        _fetch(plain, folder)
    except GitError as error:
        if there and str(folder) in error.words:  # what a kill left broken is made anew
            shutil.rmtree(folder)
            try:
                _fetch(plain, folder)
                return
            except GitError as again:
                error = again
        if not there:
            shutil.rmtree(folder, ignore_errors=True)
        lines = [line for line in error.words.splitlines() if not line.startswith(("warning:", "remote:"))]
        words = lines[0].removeprefix("fatal: ") if lines else "git failed"
        if "remote ref HEAD" in words:
            raise MlkataError(f"{plain} has no commit yet", "Nothing to do there.") from error
        raise MlkataError(
            f"{plain} can't be reached: {clean(words)}",
            "Check the address, your rights and the network.",
            ExitCode.UNREACHABLE,
        ) from error


def _fetch(plain: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    git = Git(folder)
    if not (folder / "FETCH_HEAD").is_file():
        git.run("init", "-q", "--bare", ".")
        settings = {
            "core.repositoryFormatVersion": "1",
            "extensions.partialClone": "origin",
            "remote.origin.url": plain,
            "remote.origin.promisor": "true",
            "remote.origin.partialCloneFilter": "blob:none",
        }
        for key, value in settings.items():
            git.run("config", key, value)
    refs = ("+HEAD:refs/remotes/origin/HEAD", "+refs/heads/mlkata/*:refs/remotes/origin/mlkata/*")
    git.run("fetch", "-q", "--depth=1", "--filter=blob:none", "--no-tags", "--prune", "origin", *refs)
    git.run("update-ref", "--no-deref", "HEAD", "refs/remotes/origin/HEAD")
