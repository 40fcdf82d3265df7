"""A template's files on disk, for Copier to read."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from mlkata.errors import MlkataError
from mlkata.git import Git


class Place(Protocol):
    """Where Copier finds the files of the version that was switched to last."""

    folder: Path

    def switch(self, sha: str) -> None:
        """Bring the folder to a version."""


class Checkout:
    """A template's files on disk, one version at a time; a switch writes what differs.

    Args:
        git: The template's repository.
        url: Its address.
        folder: Where to put them; made here.
    """

    def __init__(self, git: Git, url: str, folder: Path) -> None:
        self.git = git
        self.url = url
        self.folder = folder
        self._at = ""
        folder.mkdir(parents=True)

    def switch(self, sha: str) -> None:
        """Bring the folder to a version.

        Raises:
            MlkataError: It has submodules, which Copier's own clone would bring.
        """
        if sha == self._at:
            return
        at, self._at = self._at, ""
        env = {
            "GIT_INDEX_FILE": str(self.folder.with_suffix(".index")),
            "GIT_DIR": str(self.git.layout().folder),
            "GIT_WORK_TREE": str(self.folder),
        }
        if at:
            self.git.run("read-tree", "-m", "-u", at, sha, env=env, cwd=self.folder)
        else:
            self.git.run("read-tree", sha, env=env, cwd=self.folder)
            self.git.run("checkout-index", "-a", "-u", "-q", "-f", env=env, cwd=self.folder)
        self._at = sha
        if (self.folder / ".gitmodules").is_file():
            raise MlkataError(
                f"the template {self.url} at {sha[:10]} has submodules, which mlkata does not follow",
                "Use copier itself for this template, or ask its authors to do without.",
            )
