"""Components: what a template can add to a project that is there already, read from the template.

A template keeps them in the folder `components/` beside its `_subdirectory`, a folder a kind. `component.yml`
in it is read as `copier.yml` is (questions, `name` among them; settings begin with `_`), and `files/` is laid
out as the project (docs/components.md). Nothing here knows what the kinds are.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from mlkata.errors import MlkataError
from mlkata.git import Git
from mlkata.process import GitError
from mlkata.template import Template, Version

NAME = "name"
"""The question that every component asks: what it is called."""

_FILE = "component.yml"
_TEXT, _LIST, _LISTS = "text", "list of texts", "list of lists of texts"
_SETTINGS = {"_help": _TEXT, "_next": _LIST, "_module": _TEXT, "_run": _LISTS, "_makes": _LIST}
_YES_OR_NO = {"y", "yes", "t", "true", "on", "n", "no", "f", "false", "off", "~", "null", "none", ""}
_MOST = 256  # of one component's variants; it has too many options that has more
_PROJECTS = ("_tasks", "_migrations", "_skip_if_exists", "_exclude")  # they are about the project as a whole


@dataclass(frozen=True)
class Kind:
    """One kind of component.

    Attributes:
        name: What it is called: its folder.
        folder: Where that is, from the template's top.
        questions: What it asks, as Copier has it: its name, its options, what follows from them.
        settings: What else its file says, without the leading `_`.
        filled: Whether it has files of its own.
        broken: Why it can't be used, if so.
    """

    name: str
    folder: str
    questions: dict[str, dict[str, Any]]
    settings: dict[str, Any]
    filled: bool
    broken: MlkataError | None = None

    @property
    def help(self) -> str:
        """What it is, in a line."""
        return str(self.settings.get("help") or "")

    @property
    def options(self) -> dict[str, dict[str, Any]]:
        """What can be chosen beside the name."""
        return {n: q for n, q in self.questions.items() if n != NAME and q.get("when") is not False}

    def config(self, project: Mapping[str, Any]) -> dict[str, Any]:
        """What Copier renders it by: the template's own settings and questions, and what differs.

        Args:
            project: The template's `copier.yml`.
        """
        kept = {key: value for key, value in project.items() if key not in _PROJECTS}
        kept = {key: value for key, value in kept.items() if not key.startswith("_message")}
        where = {"_subdirectory": f"{self.folder}/files"} if self.filled else {"_exclude": ["*"]}
        return kept | self.questions | where

    def variants(self) -> Iterator[dict[str, Any]]:
        """All that its options can be; those that are free text keep their defaults."""
        choices = [[(name, value) for value in values(q)] for name, q in self.options.items() if values(q)]
        choices += [[(name, "")] for name, q in self.options.items() if "default" not in q and not values(q)]
        for picked in itertools.islice(itertools.product(*choices), _MOST):
            yield dict(picked)


@dataclass(frozen=True)
class Catalogue:
    """What a version of a template offers.

    Attributes:
        template: The template.
        version: Which version of it.
        kinds: Its components.
        questions: What it asks, but for what is computed or secret.
    """

    template: Template
    version: Version
    kinds: dict[str, Kind]
    questions: dict[str, dict[str, Any]]


def choices(question: Mapping[str, Any]) -> list[Any]:
    """A question's choices as the template has them; empty, where it works out all of them."""
    found = question.get("choices")
    if isinstance(found, dict):
        found = list(found.values())
    if not isinstance(found, list):
        return []
    plain = [choice[1] if isinstance(choice, list) else choice for choice in found]
    return [choice.get("value") if isinstance(choice, dict) else choice for choice in plain]


def values(question: Mapping[str, Any]) -> list[Any]:
    """What may be answered; empty for free text, and where the template works it out."""
    found = choices(question)
    if found:
        return [] if any("{{" in choice or "{%" in choice for choice in map(str, found)) else found
    is_bool = question.get("type") == "bool" or isinstance(question.get("default"), bool)
    return [True, False] if is_bool and not question.get("choices") else []


def listed(value: object) -> list[str] | None:
    """The items of a list, which may be written as YAML; None for what is none."""
    import yaml

    if isinstance(value, list):
        return list(map(str, value))
    try:
        node = yaml.compose(value, Loader=yaml.SafeLoader) if isinstance(value, str) else None
    except yaml.YAMLError:
        return None
    return [str(item.value) for item in node.value] if isinstance(node, yaml.SequenceNode) else None


def is_yes_or_no(value: object) -> bool:
    """Whether a value answers a question of yes and no, as Copier takes it; it takes all else for yes."""
    if not isinstance(value, str):
        return value is None or isinstance(value, int | float)
    with suppress(ValueError):
        return bool(str(float(value)))
    return value.strip().lower() in _YES_OR_NO


def check_given(questions: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any]) -> None:
    """Refuse an answer to a question of yes and no that is neither, and one that should be a list.

    Raises:
        MlkataError: One is.
    """
    for name, question in questions.items():
        if name not in given:
            continue
        if question.get("multiselect"):
            if listed(given[name]) is None:
                example = ", ".join(map(str, values(question)[:2])) or "…"
                raise MlkataError(
                    f"{name} can't be {given[name]!r}", f"It takes a list: '{name}=[{example}]'"
                )
        elif values(question) == [True, False] and not is_yes_or_no(given[name]):
            raise MlkataError(f"{name} can't be {given[name]!r}", "It takes yes or no.")


def catalogue(template: Template, version: Version, git: Git) -> Catalogue:
    """Read what a version of a template offers.

    Raises:
        MlkataError: It can't be read, or a component is not written as docs/components.md has it.
    """
    with _files(template, version, git) as source:
        from mlkata import copying
        from mlkata.render import Request

        whole = copying.read(Request(template, version, source, None, {}), source)
        folder = PurePosixPath(str(whole.get("_subdirectory") or ".")).parent / "components"
        inside = source / folder
        kinds = {}
        if whole.get("_subdirectory") and inside.is_dir() and not inside.is_symlink():
            files = sorted(inside.glob(f"*/{_FILE}"))
            found = [
                file.parent
                for file in files
                if file.resolve() == source.resolve() / folder / file.parent.name / _FILE
            ]
            kinds = {path.name: _kind(path, f"{folder}/{path.name}", template, version) for path in found}
    shown = {
        name: question if isinstance(question, dict) else {"default": question}
        for name, question in whole.items()
        if not name.startswith("_")
    }
    hidden = {name for name, q in shown.items() if q.get("when") is False or q.get("secret")}
    hidden |= set(whole.get("_secret_questions") or ())
    return Catalogue(template, version, kinds, {n: q for n, q in shown.items() if n not in hidden})


def earlier(template: Template, version: Version, kind: Kind) -> Iterator[Version]:
    """The releases before a version, newest first, in which a component was another."""
    git = template.git
    seen = {git.oid(f"{version.sha}:{kind.folder}")}
    for name in reversed(template.releases()):
        older = template.find(name)
        if (
            older is None
            or git.call("merge-base", "--is-ancestor", older.sha, version.sha, ok=(0, 1)).returncode
        ):
            continue
        tree = git.oid(f"{older.sha}:{kind.folder}")
        if tree and tree not in seen:
            seen.add(tree)
            yield older


@contextmanager
def _files(template: Template, version: Version, git: Git) -> Iterator[Path]:
    work = Path(tempfile.mkdtemp(dir=git.work()))
    try:
        checkout = template.checkout(work / "template")
        try:
            checkout.switch(version.sha)
        except GitError:
            if not template.renew():
                raise
            checkout.switch(version.sha)
        yield checkout.folder
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _kind(path: Path, folder: str, template: Template, version: Version) -> Kind:
    """Read a kind; where it is not written as it should be, the others are to be had all the same."""
    try:
        return _read(path, folder, f"{folder}/{_FILE} of the template {template.url} at {version.name}")
    except MlkataError as error:
        return Kind(path.name, folder, {}, {}, filled=False, broken=error)


def _read(path: Path, folder: str, where: str) -> Kind:
    import yaml

    try:
        found = yaml.safe_load((path / _FILE).read_bytes())
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise MlkataError(f"{where} is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise MlkataError(f"{where} is no list of questions")
    settings = {key: value for key, value in found.items() if key.startswith("_")}
    questions = {key: value for key, value in found.items() if key not in settings}
    if unknown := sorted(settings.keys() - _SETTINGS):
        raise MlkataError(f"{where} has {unknown[0]}; there is: {', '.join(sorted(_SETTINGS))}")
    if wrong := [key for key, value in questions.items() if not isinstance(value, dict)]:
        raise MlkataError(f"{where}: {wrong[0]} is no question")
    if several := [name for name, question in questions.items() if question.get("multiselect")]:
        raise MlkataError(f"{where}: {several[0]} has several answers, and a component's question one")
    if NAME not in questions:
        raise MlkataError(f"{where} does not ask for a name")
    if ill := [key for key, value in settings.items() if not _fits(value, _SETTINGS[key])]:
        raise MlkataError(f"{where}: {ill[0]} is no {_SETTINGS[ill[0]]}")
    if settings.get("_run") and "_module" not in settings:
        raise MlkataError(f"{where} has _run, but no _module that it is to be told to")
    filled = (path / "files").is_dir()
    if not filled and not settings.get("_makes"):
        raise MlkataError(f"{where} has no files: there is no folder files/ beside it, and no _makes in it")
    return Kind(path.name, folder, questions, {key[1:]: value for key, value in settings.items()}, filled)


def _fits(value: object, what: str) -> bool:
    if what == _TEXT:
        return isinstance(value, str)
    inner = _TEXT if what == _LIST else _LIST
    return isinstance(value, list) and all(_fits(item, inner) for item in value)
