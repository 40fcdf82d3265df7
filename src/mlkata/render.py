"""A template's version and answers in, a tree out.

Copier asks and renders. What it renders is stored as git would store it, and is never written where
the project is. A file whose source did not change between two versions, under equal answers, is not
rendered for either of them (`pair`): the cost of an update grows with the change.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mlkata.checkout import Place
from mlkata.errors import MlkataError
from mlkata.git import Git
from mlkata.objects import Tree
from mlkata.paths import check_path
from mlkata.process import GitError
from mlkata.template import Template, Version
from mlkata.trust import Trust

if TYPE_CHECKING:
    from mlkata.components import Kind


class Source(NamedTuple):
    """Where an output comes from: a template file, and what a loop in its path set."""

    file: str
    context: dict[str, Any]


@dataclass(frozen=True)
class Request:
    """What to render.

    Attributes:
        template: The template.
        version: Which version of it.
        destination: The project's folder as the template shall see it.
        answers_file: The answers file, where it is not the template's default.
        answers: Those recorded.
        data: Those given now; they win.
        ask: Ask at the terminal what is not answered; otherwise take defaults.
        ask_again: Ask also what is answered.
        named: Those of `data` that must be questions of the template.
        operation: As Copier names it to the template: copy or update.
        trust: What may run code.
        component: What of the template to render, where it is not the project.
        lenient: Take the default instead of a recorded answer that this version refuses.
    """

    template: Template
    version: Version
    destination: Path
    answers_file: str | None
    answers: Mapping[str, Any]
    data: Mapping[str, Any] = field(default_factory=dict)
    named: tuple[str, ...] = ()
    ask: bool = False
    ask_again: bool = False
    operation: str = "update"
    trust: Trust = field(default_factory=Trust)
    component: Kind | None = None
    lenient: bool = False


@dataclass(frozen=True)
class Rendered:
    """What came out.

    Attributes:
        tree: The files.
        answers: What the template recorded or would record, `_src_path` and `_commit` included.
        kept: Paths that the template writes only where there is no such file (`_skip_if_exists`).
        message: What the template says to a person afterwards.
        secret: Whether an answer went in that is recorded nowhere, so that this must not be kept.
        settings: What a component's file says beside its questions.
    """

    tree: Tree
    answers: dict[str, Any]
    kept: frozenset[str]
    message: str = ""
    secret: bool = False
    settings: dict[str, Any] = field(default_factory=dict)


class Pair(NamedTuple):
    """Two versions to merge between.

    Attributes:
        old: The version that the project has.
        new: The version that it shall have.
        standing: Paths that are equal in both and were left unrendered; both trees hold what the
            project has there, which merges to just that.
    """

    old: Rendered
    new: Rendered
    standing: frozenset[str]


def render(request: Request, git: Git) -> Rendered:
    """Render a version, whole.

    Args:
        request: What.
        git: The repository that stores it.

    Raises:
        MlkataError: The template or an answer is wrong, or it wants to run code untrusted (code 4).
    """
    return next(iter(several([request], git)))


def several(requests: Iterable[Request], git: Git) -> Iterator[Rendered]:
    """As `render`, of several requests to one template, one after the other."""
    work = Path(tempfile.mkdtemp(dir=git.work()))
    source: Place | None = None
    try:
        for number, request in enumerate(requests):
            source = source or request.template.checkout(work / "template")
            yield _Version(request, source, work / f"project-{number}").rendered(git)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def pair(old: Request, new: Request, git: Git, ours: Tree) -> Pair:
    """Render two versions as far as they can differ.

    Args:
        old: The version that the project has.
        new: The version that it shall have.
        git: The repository that stores them.
        ours: What the project has.

    Raises:
        MlkataError: As `render`.
    """
    work = Path(tempfile.mkdtemp(dir=git.work()))
    try:
        source = new.template.checkout(work / "template")
        before = _Version(old, source, work / "old")
        after = _Version(new, source, work / "new")
        standing: Tree = {}
        if before.comparable(after):
            stale = before.affected(changed := _changed(old, new)) | after.affected(changed)
            same = {path for path, made in before.plan.items() if made == after.plan.get(path)}
            same = {path for path in same if before.plan[path].file not in stale}
            # .gitattributes decides how others are stored: rendered always; where it changes, so is all.
            decisive = {path for path in {*before.plan, *after.plan} if path.endswith(_ATTRIBUTES)}
            if decisive <= same:
                standing = {path: ours[path] for path in (same - decisive) & ours.keys()}
        theirs = after.rendered(git, standing)  # first: its files are there
        return Pair(before.rendered(git, standing), theirs, frozenset(standing))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _changed(old: Request, new: Request) -> set[str]:
    git = new.template.git
    fields = git.run("diff-tree", "-r", "-z", "--no-renames", "--name-only", old.version.sha, new.version.sha)
    return {os.fsdecode(path) for path in fields.split(b"\0")[:-1]}


# What a template can read that differs between two versions under equal answers, or each time.
_VOLATILE = re.compile(
    rb"_copier_|_folder_name|_external_data|\b(now|random|shuffle|strftime|make_secret|ans_random|"
    rb"random_mac|fileglob|realpath|relpath|expanduser|expandvars|lipsum|uuid[14])\b"
)
_REFERS = re.compile(rb"\b(include|import|extends)\b")
_ATTRIBUTES = ".gitattributes"
# Settings that decide how a file is rendered; paths are worked out anew for every version.
_SETTINGS = ("envops", "jinja_extensions", "templates_suffix", "preserve_symlinks", "subdirectory", "tasks")


class _Version:
    """One version under one set of answers: what it would write, and what it writes when asked."""

    def __init__(self, request: Request, source: Place, target: Path) -> None:
        from mlkata import copying

        self.request = request
        self.source = source
        self.target = target
        self._links: bool | None = None
        target.mkdir()
        try:
            source.switch(request.version.sha)
        except GitError:
            if not request.template.renew():
                raise
            source.switch(request.version.sha)
        self.worker = copying.prepare(request, source.folder, target)
        self.plan: dict[str, Source] = {}
        self.unique = True
        for file, path, context in self.worker.planned:
            name = path.as_posix()
            check_path(name, request.template.url)
            self.unique &= name not in self.plan
            self.plan[name] = Source(file.as_posix(), context)

    def comparable(self, other: _Version) -> bool:
        """Whether an unchanged source gives an unchanged file in the other version."""
        mine, theirs = self.worker.template.config_data, other.worker.template.config_data
        return (
            self.unique
            and other.unique
            and not self.worker.template.tasks
            and all(mine.get(name) == theirs.get(name) for name in _SETTINGS)
            and self.worker.context() == other.worker.context()
        )

    def affected(self, changed: set[str]) -> set[str]:
        """Sources that may render differently since some files changed; the others are read for it."""
        references: dict[str, set[str] | None] = {}

        def reach(file: str, seen: set[str]) -> bool:
            if file in changed:
                return True
            if file in seen:
                return False
            seen.add(file)
            if file not in references:
                references[file] = self._references(file)
            found = references[file]
            return found is None or any(reach(name, seen) for name in found)

        def differs(file: str) -> bool:
            if file.endswith(self.worker.template.templates_suffix):
                return reach(file, set())
            return file in changed or self._linked(file)

        return {source.file for source in self.plan.values() if differs(source.file)}

    def _linked(self, file: str) -> bool:
        """Whether a symlink is on the way to a file, whose target then decides."""
        if self._links is None:
            files = self.request.template.git.tree(self.request.version.sha)
            self._links = any(entry.mode == "120000" for entry in files.values())
        root = self.source.folder
        return self._links and (root / file).resolve() != root.resolve() / file

    def _references(self, file: str) -> set[str] | None:
        """What a file includes; None where that, or what it says, can't be told from its text."""
        if self._linked(file):
            return None
        try:
            content = (self.source.folder / file).read_bytes()
        except OSError:
            return None
        if _VOLATILE.search(content):
            return None
        if not _REFERS.search(content):
            return set()
        return self.worker.references(content)

    def rendered(self, git: Git, standing: Tree | None = None) -> Rendered:
        """Render, but for the paths that are given."""
        self.source.switch(self.request.version.sha)
        tree = dict(standing or {})
        self.worker.draw({path for path in self.plan if path not in tree})
        tree |= git.add_files(self.target)
        said = self.request.component.settings if self.request.component else {}
        if any(entry.mode == "160000" for entry in tree.values() if standing is None):
            raise MlkataError(
                f"the template {self.request.template.url} makes a repository inside the project"
            )
        return Rendered(
            tree=tree,
            answers=self.worker.remembered(),
            kept=frozenset(path for path in self.plan if self.worker.match_skip(Path(path))),
            message=self.worker.message(),
            secret=self.worker.secret(),
            settings={name: self.worker.say(value) for name, value in said.items()},
        )
