"""What a repository was made from, as a tree: the base that its new template is merged over."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mlkata import render
from mlkata.adopt import choices, cookie, history
from mlkata.adopt.origin import Origin
from mlkata.checkout import Place
from mlkata.errors import ExitCode, MlkataError
from mlkata.objects import Tree
from mlkata.project import Project
from mlkata.template import Template, Version
from mlkata.trust import Trust


@dataclass(frozen=True)
class Base:
    """The old template's files under the old answers.

    Attributes:
        tree: The files; empty for what was made by hand.
        said: What it is, for a person.
        version: Which version; None where there is none.
        match: How well a guessed version fits; None where it is recorded or given.
        notes: What else to know.
    """

    tree: Tree = field(default_factory=dict)
    said: str = "made by hand: nothing is taken for boilerplate"
    version: Version | None = None
    match: history.Match | None = None
    notes: tuple[str, ...] = ()


def find(
    project: Project, origin: Origin, recorded: Mapping[str, Any], old: Template | None, ref: str,
    trust: Trust,
) -> Base:  # fmt: skip
    """Render the old template.

    Args:
        project: The repository's managed folder.
        origin: What it says that it was made from, and what it was told, as it seems.
        recorded: Which of those answers are recorded.
        old: The old template, fetched; None where it was made by hand.
        ref: A version that wins over the recorded one; empty for none.
        trust: What may run code.

    Raises:
        MlkataError: It can't be rendered, or has no such version.
    """
    if old is None:
        return Base()
    work = Path(tempfile.mkdtemp(dir=project.git.work()))
    try:
        maker = _Maker(project, origin, old, trust, work)
        commit = ref or origin.commit
        if not ref and commit not in old.tags() and old.git.oid(f"refs/heads/{commit}"):
            commit = ""  # a branch says where it was made from, not when
        version = old.version(ref) if ref else (old.find(commit) if commit else None)
        if version:
            tree = maker.rendered(version)
            said = f"made from {old.url} at {version.name}"
            return Base(tree, said, version, None, maker.notes())
        if commit:
            raise MlkataError(
                f"the old template {old.url} no longer has {commit!r}, which {origin.record} names",
                "--from REF names the version that is nearest to it, --from-nothing does without.",
            )
        sides = [project.tree(), *_early(project)]
        match = history.best(old, maker.rendered, sides)
        if found := maker.choose(match.version, recorded, sides):
            match = history.compare(match.version, maker.rendered(match.version), sides)
            maker.said.append(
                "Nothing records what the old template was told; these choices fit best: "
                f"{choices.said(found)}."
            )
        said = f"made from {old.url}, as it seems at {match}"
        return Base(match.tree, said, match.version, match, maker.notes())
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _early(project: Project) -> list[Tree]:
    """The managed folder in the commits that brought it, where most is still as it was rendered."""
    scope = ("--", project.prefix) if project.prefix else ()
    shas = project.git.text("rev-list", "--reverse", "HEAD", *scope).split("\n")[:4]
    return [project.git.tree(sha, project.prefix) for sha in shas]


class _Maker:
    """Renders versions of an old template, by whatever made it."""

    def __init__(self, project: Project, origin: Origin, old: Template, trust: Trust, work: Path) -> None:
        self.project = project
        self.origin = origin
        self.old = old
        self.trust = trust
        self.work = work
        self._checkout: Place | None = None
        self._hooks = False
        self.said: list[str] = []

    def rendered(self, version: Version) -> Tree:
        """One version."""
        makers: dict[str, Callable[[Version], Tree]] = {
            "copier": self._copier, "cookiecutter": self._cookiecutter, "plain": self._plain,
        }  # fmt: skip
        return makers[self.origin.kind](version)

    def notes(self) -> tuple[str, ...]:
        """What a person should know of it."""
        said = "The old template has hooks, which were not run: what they write or delete counts as yours. "
        return (*self.said, *((said + "--trust runs them.",) if self._hooks else ()))

    def choose(self, version: Version, recorded: Mapping[str, Any], ours: Sequence[Tree]) -> dict[str, Any]:
        """Take the choices that fit the repository best, where none are recorded."""
        if self.origin.kind != "cookiecutter":
            return {}
        questions = cookie.settings(self._files(version), self.origin)
        open_ = choices.options(questions, recorded, self.origin.context)

        def rendered(told: Mapping[str, Any]) -> Tree:
            self.origin = replace(self.origin, context=told)
            return self.rendered(version)

        before = self.origin.context
        found = choices.fit(open_, before, rendered, ours, self.project.git.blob) if open_ else {}
        self.origin = replace(self.origin, context={**before, **found})
        return found

    def _files(self, version: Version) -> Path:
        if self._checkout is None:
            self._checkout = self.old.checkout(self.work / "template")
        self._checkout.switch(version.sha)
        return self._checkout.folder

    def _copier(self, version: Version) -> Tree:
        # Without the recorded version there is no way from it to this one, so no migrations lie on it.
        answers = {key: value for key, value in self.origin.context.items() if not key.startswith("_")}
        request = render.Request(
            self.old, version, self.project.folder, self.origin.record or None, answers, trust=self.trust
        )
        return render.render(request, self.project.git).tree

    def _plain(self, version: Version) -> Tree:
        return self.project.git.add_files(self._files(version) / self.origin.directory)

    def _cookiecutter(self, version: Version) -> Tree:
        source = self._files(version)
        hooks = cookie.hooks(source, self.origin)
        extensions = cookie.settings(source, self.origin).get("_extensions")
        if extensions:
            self.trust.check(self.old, version, ["Jinja extensions"])
        trusted = bool(hooks or extensions) and self._trusted(version)
        self._hooks |= hooks and not trusted
        target = Path(tempfile.mkdtemp(dir=self.work))
        try:
            out = cookie.render(source, self.origin, target, trusted=trusted, version=version.name)
            tree = self.project.git.add_files(out)
            if hooks and not trusted:
                tree = _placed(tree, self.origin.places, cookie.told(source, self.origin))
        finally:
            shutil.rmtree(target, ignore_errors=True)
        if any(entry.mode == "160000" for entry in tree.values()):
            raise MlkataError(f"the old template {self.old.url} makes a repository inside the project")
        return tree

    def _trusted(self, version: Version) -> bool:
        try:
            self.trust.check(self.old, version, ["hooks"])
        except MlkataError as error:
            if error.code is not ExitCode.UNTRUSTED:
                raise
            return False
        return True


def _placed(tree: Tree, places: Mapping[str, str], told: Mapping[str, str]) -> Tree:
    """Files where the template's hooks would have put them; `{question}` in a folder is its answer.

    The first folder that a file is in counts; what goes nowhere, they delete.
    """
    found = dict(tree)
    folders = [(re.sub(r"\{(\w+)\}", lambda m: told.get(m[1], m[0]), key), to) for key, to in places.items()]
    for path, entry in tree.items():
        for before, after in folders:
            if path.startswith(before):
                del found[path]
                if after:
                    found[after + path.removeprefix(before)] = entry
                break
    return found


def opened(project: Project, origin: Origin, *, offline: bool) -> Template | None:
    """The old template, fetched; None where it was made by hand.

    Raises:
        MlkataError: It can't be reached (code 6).
    """
    if origin.kind == "hands":
        return None
    hint = "Where it is now: --old-template URL; --from-nothing takes nothing for boilerplate."
    try:
        old = Template(_address(origin.url), project.folder, offline=offline)
        old.fetch()
    except MlkataError as error:
        raise MlkataError(
            f"this repository was made from a template ({origin.record or 'as its files show'}), and "
            + error.what.replace("the template", "that one,", 1), hint, error.code,
        ) from error  # fmt: skip
    return old


def _address(url: str) -> str:
    """An address as git takes it, from what cookiecutter takes."""
    if url.startswith("bb:"):
        return f"https://bitbucket.org/{url.removeprefix('bb:')}"
    return os.path.expanduser(url)
