"""Which version of a template a repository was made from, where nothing records it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from mlkata.errors import ExitCode, MlkataError
from mlkata.objects import Tree
from mlkata.template import Template, Version
from mlkata.versions import order

TAGS = 40
COMMITS = 50
"""How many are rendered at most; a longer history is sampled, then searched around the best."""


@dataclass(frozen=True)
class Match:
    """A version, and how well it fits.

    Attributes:
        version: The version.
        tree: Its rendered files.
        same: How many of them the repository has, byte for byte.
    """

    version: Version
    tree: Tree
    same: int

    @property
    def rank(self) -> tuple[int, int]:
        """More files that are equal; among those, fewer that are not."""
        return self.same, -len(self.tree)

    def __str__(self) -> str:
        return f"{self.version.name}: {self.same} of its {len(self.tree)} files are as it renders them"


def best(source: Template, rendered: Callable[[Version], Tree], ours: Sequence[Tree]) -> Match:
    """Render a template's history as far as it takes, and compare.

    Args:
        source: The template.
        rendered: Renders one version.
        ours: The repository as it is, and as it was at first: the best fit counts.

    Raises:
        MlkataError: No version can be rendered, or none fits at all.
    """
    search = _Search(source, rendered, ours)
    tags = source.tags()
    releases = order(tags)
    names = [*reversed(releases), *sorted(set(tags) - set(releases))]
    search.look(dict.fromkeys(tags[name] for name in _sample(names, TAGS)))
    commits = source.git.text("rev-list", "HEAD" if source.local else "refs/mlkata/head").split()
    search.look(_sample(commits, COMMITS))
    sha = search.found.version.sha if search.found else ""
    at = commits.index(sha) if sha in commits else 0
    reach = min(len(commits) // COMMITS + 1, COMMITS // 2)  # what the sample left out around the best
    search.look(commits[max(at - reach, 0) : at + reach + 1])
    if search.found is None:
        raise search.error or MlkataError(f"the old template {source.url} has no version")
    if not search.found.same:
        raise MlkataError(
            f"no version of the old template {source.url} resembles this repository "
            f"({len(search.seen)} were compared)",
            "--from REF names the version, --old-template URL another template, --from-nothing does without.",
        )
    return search.found


def compare(version: Version, tree: Tree, ours: Sequence[Tree]) -> Match:
    """How well a rendered version fits.

    Args:
        version: The version.
        tree: Its files.
        ours: The repository as it is, and as it was at first: the best fit counts.
    """
    return Match(
        version, tree, max(sum(side.get(path) == entry for path, entry in tree.items()) for side in ours)
    )


class _Search:
    def __init__(self, source: Template, rendered: Callable[[Version], Tree], ours: Sequence[Tree]) -> None:
        self.source = source
        self.rendered = rendered
        self.ours = ours
        self.seen: set[str] = set()
        self.found: Match | None = None
        self.error: MlkataError | None = None

    @property
    def perfect(self) -> bool:
        """Whether nothing can fit better."""
        return self.found is not None and self.found.same == len(self.found.tree)

    def look(self, shas: Iterable[str]) -> None:
        for sha in shas:
            if sha in self.seen or self.perfect:
                continue
            self.seen.add(sha)
            version = self.source.version(sha)
            try:
                tree = self.rendered(version)
            except MlkataError as error:  # a version of the template that was broken, or is another one yet
                if error.code is ExitCode.UNTRUSTED:
                    raise
                self.error = self.error or error
                continue
            match = compare(version, tree, self.ours)
            if tree and (self.found is None or match.rank > self.found.rank):
                self.found = match


def _sample(items: Sequence[str], count: int) -> list[str]:
    """At most so many, spread evenly, the first and the last among them."""
    if len(items) <= count:
        return list(items)
    step = (len(items) - 1) / (count - 1)
    return [items[round(number * step)] for number in range(count)]
