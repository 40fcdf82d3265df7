"""What `setup.py`, `setup.cfg` and Poetry say of a package, beside what it requires, and where that goes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import InvalidName, canonicalize_name
from packaging.version import VERSION_PATTERN

from mlkata.adopt import requirements
from mlkata.adopt.infer import NO_PACKAGE, Files
from mlkata.adopt.metadata import Facts
from mlkata.objects import Tree

PYPROJECT = "pyproject.toml"
_READ = ("setup.py", "setup.cfg", PYPROJECT, "environment.yml", "environment.yaml", "requirements.txt")
_ABOUT = (PYPROJECT, "setup.cfg", "setup.py")


def own(files: Files, base: Tree, packaging: Mapping[str, Facts]) -> dict[str, Facts]:
    """The facts of the files that are the person's, those among them that can't be read, too.

    Args:
        files: The repository's files.
        base: The old template's.
        packaging: What the packaging files say.
    """
    found: dict[str, Facts] = {}
    for name in _READ:
        entry = files.tree.get(name)
        if entry is None or entry == base.get(name):
            continue
        facts = dict(packaging.get(name, {}))
        if entry.mode.startswith("100") and files.text(name) is None:
            facts["unread"] = "it is no text in UTF-8"
        if str(facts.get("name")).lower() in NO_PACKAGE:
            del facts["name"]
        found[name] = facts
    return found


def carry(text: str, packaging: Mapping[str, Facts]) -> tuple[str, list[str]]:
    """Put version, name, scripts and extras into the `[project]` of a template's `pyproject.toml`.

    Args:
        text: That file.
        packaging: What the person's packaging files say; the first that says something wins.

    Returns:
        The text, and what went into it, in words.
    """
    import tomlkit

    project = _project(text)
    if not project:
        return text, []
    document: Any = tomlkit.parse(text)
    into: Any = document["project"]
    said: dict[str, list[str]] = {}
    done: set[str] = set()

    def put(table: str, key: str, value: Any, file: str, words: str) -> None:
        if f"{table}.{key}" in done:
            return
        done.add(f"{table}.{key}")
        at = into.setdefault(table, tomlkit.table()) if table else into
        if at.get(key) != value:
            at[key] = value
            said.setdefault(file, []).append(words)

    for file in _ABOUT:
        facts = packaging.get(file, {})
        name, version = facts.get("name"), facts.get("version")
        dynamic = "version" in list(project.get("dynamic") or [])
        if isinstance(version, str) and re.fullmatch(VERSION_PATTERN, version, re.X | re.I) and not dynamic:
            put("", "version", version, file, f"version {version}")
        if isinstance(name, str) and _name(name):
            put("", "name", name, file, f"name {name}")
        for script, what in (facts.get("scripts") or {}).items():
            put("scripts", script, what, file, f"script {script}")
        for extra, entries in (facts.get("extras") or {}).items():
            if all(_valid(entry) and entry == requirements.public(entry) for entry in entries) and _name(
                extra
            ):
                theirs = _table(project, "optional-dependencies").get(extra, [])
                put(
                    "optional-dependencies",
                    extra,
                    requirements.joined(entries, theirs),
                    file,
                    f"extra {extra}",
                )
    changed = tomlkit.dumps(document)
    if _project(changed) is None:
        return text, []
    return changed, [f"Into [project], from {file}: {', '.join(words)}." for file, words in said.items()]


def unmoved(text: str, packaging: Mapping[str, Facts]) -> dict[str, list[str]]:
    """What the packaging files say and the result doesn't, by file, in words.

    Args:
        text: The `pyproject.toml` that results.
        packaging: What the person's packaging files say.
    """
    project = _project(text) or {}
    found = {}
    for file, facts in packaging.items():
        if facts.get("unread"):
            found[file] = [f"{file} could not be read: {facts['unread']}; nothing of it was moved."]
            continue
        lines = list(_differing(facts, project)) if file in _ABOUT else []
        if file != PYPROJECT:  # it stays
            required = [entry for entry in facts.get("dependencies") or [] if _valid(entry)]
            required = [entry for entry in required if entry == requirements.public(entry)]  # said elsewhere
            lines += _missing(required, project.get("dependencies"))
        lines += [f"{what} ({why})" if why else what for what, why in facts.get("lost") or []]
        if lines:
            found[file] = [f"Not moved from {file}: {', '.join(lines)}."]
    return found


def replaced(text: str, entries: Iterable[str]) -> list[str]:
    """Which of a person's requirements win over one of the template's, in words."""
    there = (_project(text) or {}).get("dependencies")
    theirs = {requirements.name(entry): entry for entry in there} if isinstance(there, list) else {}
    named = ((entry, theirs.get(requirements.name(entry))) for entry in entries)
    return [f"{entry} for {other}" for entry, other in named if other and other != entry]


def _differing(facts: Facts, project: Mapping[str, Any]) -> Iterable[str]:
    name, version, python = (facts.get(key) for key in ("name", "version", "python"))
    if version and project.get("version") != version:
        yield f"version {version} (pyproject.toml has {project.get('version', 'none')})"
    if name and _name(str(project.get("name"))) != (_name(str(name)) or name):
        yield f"name {name} (pyproject.toml has {project.get('name', 'none')})"
    if python and _plain(project.get("requires-python")) != _plain(python):
        yield f"Python {python} (pyproject.toml has {project.get('requires-python', 'none')})"
    scripts = _table(project, "scripts")
    yield from (
        f"script {key} = {what}"
        for key, what in (facts.get("scripts") or {}).items()
        if scripts.get(key) != what
    )
    extras = _table(project, "optional-dependencies")
    for key, entries in (facts.get("extras") or {}).items():
        if missing := _missing(entries, extras.get(key)):
            yield f"extra {key}: {' '.join(map(requirements.public, missing))}"


def _missing(entries: Iterable[str], there: object) -> list[str]:
    names = {requirements.name(entry) for entry in there} if isinstance(there, list) else set()
    return [entry for entry in entries if requirements.name(entry) not in names]


def _project(text: str) -> dict[str, Any] | None:
    try:
        project = tomllib.loads(text).get("project")
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    return project if isinstance(project, dict) else None


def _table(project: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = project.get(key)
    return found if isinstance(found, dict) else {}


def _plain(specifier: object) -> str:
    return ",".join(sorted("".join(str(specifier).split()).split(",")))


def _name(text: str) -> str | None:
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        return None


def _valid(entry: str) -> bool:
    try:
        Requirement(entry)
    except InvalidRequirement:
        return False
    return True
