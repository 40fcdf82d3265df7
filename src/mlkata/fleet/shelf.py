"""Templates that many projects share: opened once, fetched once a run, each version on disk once."""

from __future__ import annotations

import shutil
from collections import OrderedDict
from functools import cached_property
from pathlib import Path

from mlkata.checkout import Checkout, Place
from mlkata.errors import MlkataError
from mlkata.project import Project
from mlkata.template import Template, Version

_KEEP = 6  # versions of a template on disk at a time


class Shared(Template):
    """A template whose versions are looked up once, and stay on disk for the next project.

    Args:
        url: As recorded in the answers file.
        base: The project's folder, for a relative `url`.
        offline: Use what the cache has.
        since: A mirror that was brought up to date after this time is new enough.
        folder: Where to put versions.
    """

    def __init__(self, url: str, base: Path, *, offline: bool, since: float, folder: Path) -> None:
        super().__init__(url, base, offline=offline, since=since)
        self._shelf = folder
        self._found: dict[str, Version | None] = {}

    def find(self, ref: str) -> Version | None:
        """As of any template, looked up once."""
        if ref not in self._found:
            self._found[ref] = super().find(ref)
        return self._found[ref]

    @cached_property
    def _places(self) -> _Places:
        return _Places(self, self._shelf)

    def checkout(self, folder: Path) -> Place:  # noqa: ARG002 - it has a place already
        """The place that all projects share."""
        return self._places


class _Places:
    """Versions of one template, each in a folder of its own; those not used for longest go."""

    def __init__(self, template: Template, shelf: Path) -> None:
        self.template = template
        self.folder = self.shelf = shelf
        self._kept: OrderedDict[str, Checkout] = OrderedDict()

    def switch(self, sha: str) -> None:
        """Bring a version to disk, if it is not there.

        Raises:
            MlkataError: It has submodules.
        """
        if sha not in self._kept or not self._kept[sha].folder.is_dir():
            while len(self._kept) >= _KEEP:
                shutil.rmtree(self._kept.popitem(last=False)[1].folder, ignore_errors=True)
            shutil.rmtree(self.shelf / sha, ignore_errors=True)
            made = Checkout(self.template.git, self.template.url, self.shelf / sha)
            made.switch(sha)
            self._kept[sha] = made
        self._kept.move_to_end(sha)
        self.folder = self._kept[sha].folder


class Shelf:
    """Every template that a worker met in a run.

    Args:
        folder: Where to put versions.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[tuple[str, Path | None], Shared | MlkataError] = {}

    def opened(self, found: Project, *, offline: bool, since: float) -> Template:
        """A project's template.

        Args:
            found: The project.
            offline: Use what the cache has.
            since: When the run began.

        Raises:
            MlkataError: It can't be reached; that is found out once, too.
        """
        relative = "://" not in found.source and not Path(found.source).is_absolute()
        key = (found.source, found.folder if relative else None)
        known = self._known.get(key)
        if isinstance(known, Shared) and known.vanished():
            known = None
        if known is None:
            try:
                place = self.folder / str(len(self._known))
                known = Shared(found.source, found.folder, offline=offline, since=since, folder=place)
                known.fetch()
            except MlkataError as error:
                known = error
            self._known[key] = known
        if isinstance(known, MlkataError):
            raise known
        return known
