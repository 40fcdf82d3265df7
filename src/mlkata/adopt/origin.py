"""What a repository says of the template that it was made from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from mlkata.errors import MlkataError
from mlkata.git import Git
from mlkata.objects import Tree
from mlkata.template import Template

CRUFT = ".cruft.json"
CONTEXTS = (
    ".cookiecutter.json", ".cookiecutter.yml", ".cookiecutter.yaml", ".cookiecutterrc",
    ".cookiecutter_replay.json", ".cookiecutter-replay.json",
)  # fmt: skip
"""Where templates leave the answers that they were rendered with."""


@dataclass(frozen=True)
class Origin:
    """The template that a repository was made from.

    Attributes:
        kind: cookiecutter, copier, plain (a repository that was copied as it is), or hands.
        url: Its address; empty where it is not known.
        commit: The recorded version; empty where none is.
        directory: The folder of that repository that is the template.
        context: The recorded answers.
        files: The files that record all this, which the new template's answers file replaces.
        record: Which of them says so.
        settings: The file of the old template that has its questions.
        lenient: Whether it renders as nothing what is not there.
        places: Where its hooks put what it renders: folders, each ending in a slash.
    """

    kind: str
    url: str = ""
    commit: str = ""
    directory: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    record: str = ""
    settings: str = "cookiecutter.json"
    lenient: bool = False
    places: Mapping[str, str] = field(default_factory=dict)


def detect(git: Git, tree: Tree, answers_file: str) -> Origin:
    """Read what is recorded; `hands` where nothing is.

    Args:
        git: The repository.
        tree: The managed folder.
        answers_file: Where Copier's answers are, if they are.

    Raises:
        MlkataError: A record can't be read.
    """
    if answers_file in tree:
        return _copier(git, tree, answers_file)
    files = tuple(name for name in (CRUFT, *CONTEXTS) if name in tree)
    found = Origin("hands", files=files)
    for name in files:
        record = _load(git.blob(tree[name].oid), name)
        context = _context(record, name)
        url = record.get("template") if name == CRUFT else context.get("_template")
        if name == CRUFT and not url:
            raise MlkataError(f"{name} names no template", "Mend it, or say --from-nothing.")
        if not found.context:
            found = replace(found, kind="cookiecutter", context=context, record=name)
        if url and not found.url:
            commit = (
                record.get("commit") if name == CRUFT else context.get("_commit") or context.get("_checkout")
            )
            folder = record.get("directory") or ""
            found = replace(found, url=_text(url, name), record=name)
            found = replace(found, commit=_text(commit or "", name), directory=_text(folder, name))
    return found


def _copier(git: Git, tree: Tree, name: str) -> Origin:
    record = _load(git.blob(tree[name].oid), name)
    if not record.get("_src_path"):
        raise MlkataError(
            f"{name} names no template (_src_path)", "Mend it, or choose another: --answers-file."
        )
    return Origin(
        "copier", _text(record["_src_path"], name), _text(record.get("_commit") or "", name), "", record,
        record=name,
    )  # fmt: skip


def _context(record: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The answers in a record, wherever its tool puts them."""
    inner = record.get("context", {}) if name == CRUFT else record
    for key in ("cookiecutter", "default_context"):
        if isinstance(inner, dict) and isinstance(inner.get(key), dict):
            inner = inner[key]
    if not isinstance(inner, dict) or not all(isinstance(key, str) for key in inner):
        raise MlkataError(f"{name} records no answers by name", "Mend it, or say --from-nothing.")
    return dict(inner)


def _load(content: bytes, name: str) -> dict[str, Any]:
    import yaml

    try:
        found = json.loads(content) if name.endswith(".json") else yaml.safe_load(content)
    except (ValueError, RecursionError, yaml.YAMLError) as error:
        raise MlkataError(
            f"{name} can't be read: it is no {'JSON' if name.endswith('.json') else 'YAML'}",
            "Mend it, or say --from-nothing, which looks at no record.",
        ) from error
    if not isinstance(found, dict):
        raise MlkataError(f"{name} records no answers by name", "Mend it, or say --from-nothing.")
    return found


def _text(value: object, name: str) -> str:
    if not isinstance(value, str) or not value.isprintable() or value.startswith("-"):
        raise MlkataError(f"{name}: {value!r} is no address or version", "Mend it, or say --from-nothing.")
    return value


def settled(found: Origin, old: Template, ref: str) -> Origin:
    """An origin whose kind is what the old template's files say.

    Args:
        found: The origin as recorded or named.
        old: The old template, fetched.
        ref: A version of it; empty for the newest.
    """
    version = (old.find(ref) if ref else None) or old.latest()
    top = old.git.tree(version.sha, f"{found.directory}/" if found.directory else "")
    kinds = {
        found.settings: "cookiecutter", "cookiecutter.json": "cookiecutter",
        "copier.yml": "copier", "copier.yaml": "copier",
    }  # fmt: skip
    return replace(found, kind=next((kind for name, kind in kinds.items() if name in top), "plain"))
