"""The small files in a template's `adopt/` folder that say what other templates' answers mean to it.

A file names the old template (`template`, a pattern of its address; `markers`, files that only it makes),
and answers: the name of an old answer, a list of names of which the first that is there counts, a text
with `{{ … }}`, or `from` with a `table` of values or values `unless` it is not meant. `any.yml` holds for
every repository: its names are the facts that are inferred, and it says what should move where.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from mlkata import components
from mlkata.adopt.infer import Fact, Facts, Files
from mlkata.adopt.origin import Origin
from mlkata.errors import MlkataError
from mlkata.objects import Tree
from mlkata.template import Template, Version

ANY = "any.yml"
_KEYS = {
    "name", "template", "markers", "source", "kind", "directory", "settings", "state", "context",
    "answers", "moves", "lenient", "places", "keeps",
}  # fmt: skip


@dataclass(frozen=True)
class Other:
    """One file of `adopt/`.

    Attributes:
        file: Its name.
        name: What it is about, for a person.
        data: What it says.
    """

    file: str
    name: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Known:
    """What a template knows of others.

    Attributes:
        questions: Its own questions.
        mappings: Its files, `any.yml` not among them.
        any: That one, empty where there is none.
    """

    questions: Mapping[str, Any]
    mappings: list[Other] = field(default_factory=list)
    any: Mapping[str, Any] = field(default_factory=dict)


def load(source: Template, version: Version) -> Known:
    """Read a template's questions and what it knows of others.

    Args:
        source: The template.
        version: Which version of it.

    Raises:
        MlkataError: One of the files can't be read.
    """
    tree = source.git.tree(version.sha)
    settings = next((name for name in ("copier.yml", "copier.yaml") if name in tree), None)
    config = _yaml(source.git.blob(tree[settings].oid), settings) if settings else {}
    questions = {key: value for key, value in config.items() if not str(key).startswith("_")}
    subdirectory = config.get("_subdirectory")
    folder = PurePosixPath(subdirectory if isinstance(subdirectory, str) else ".").parent / "adopt"
    known = Known(questions)
    inside = [path for path in sorted(tree) if str(PurePosixPath(path).parent) == str(folder)]
    for path in inside:
        if not path.endswith((".yml", ".yaml")):
            continue
        data = _yaml(source.git.blob(tree[path].oid), path)
        if unknown := sorted(str(key) for key in data if key not in _KEYS):
            raise MlkataError(
                f"{path} of the template {source.url}: {', '.join(unknown)} is no key of a mapping"
            )
        name = PurePosixPath(path).name
        if name == ANY:
            known = Known(questions, known.mappings, data)
        else:
            known.mappings.append(Other(name, str(data.get("name") or name), data))
    return known


def _yaml(content: bytes, path: str) -> dict[str, Any]:
    import yaml

    class Loader(yaml.SafeLoader):
        """Takes any tag (`!include`) for nothing."""

    Loader.add_multi_constructor("!", lambda *_: None)
    try:
        documents = [doc for doc in yaml.load_all(content, Loader) if doc is not None]
    except yaml.YAMLError as error:
        raise MlkataError(f"{path} of the template is no YAML: {str(error).splitlines()[0]}") from error
    if not all(isinstance(document, dict) for document in documents):
        raise MlkataError(f"{path} of the template is no list of `key: value`")
    return {key: value for document in documents for key, value in document.items()}


def recognise(known: Known, origin: Origin, named: str, tree: Tree, files: Files) -> Other | None:
    """Which of the known templates a repository was made from: by its address, else by its files.

    Args:
        known: What the new template knows.
        origin: What the repository says.
        named: The address that a person names; empty for none.
        tree: Its files.
        files: To read them.
    """
    url = named or origin.url
    for mapping in known.mappings:
        pattern = mapping.data.get("template")
        if pattern and url and re.search(str(pattern), url):
            return mapping
    if origin.url:  # another template; the address of a copy says nothing, so there its files do
        return None
    for mapping in known.mappings:
        markers = mapping.data.get("markers") or []
        if markers and all(_marked(marker, tree, files) for marker in markers):
            return mapping
    return None


def _marked(marker: object, tree: Tree, files: Files) -> bool:
    """A path, or `{path: text that is in it}`."""
    if isinstance(marker, dict):
        return all(str(text) in (files.text(str(path)) or "") for path, text in marker.items())
    return any(
        PurePosixPath(path).match(str(marker)) for path in tree if path.count("/") == str(marker).count("/")
    )


def state(mapping: Other | None, files: Files) -> dict[str, Any]:
    """Old answers that a template leaves in a table of a TOML file (`state`: file and table)."""
    where = mapping.data.get("state") if mapping else None
    if not isinstance(where, dict):
        return {}
    import tomllib

    try:
        found: Any = tomllib.loads(files.text(str(where.get("file"))) or "")
    except tomllib.TOMLDecodeError:
        return {}
    for key in str(where.get("table", "")).split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def answers(known: Known, mapping: Other | None, old: Facts, facts: Facts) -> tuple[Facts, list[str]]:
    """Answers for a template: mapped, else inferred.

    Args:
        known: What the template knows, its questions among it.
        mapping: The old template's file.
        old: The old template's answers.
        facts: What is inferred.

    Returns:
        The answers and where each is from; and what was found and does not fit.
    """
    found: Facts = {}
    refused = []
    rules = (mapping.data.get("answers") or {}) if mapping else {}
    general = {**{name: name for name in facts}, **(known.any.get("answers") or {})}
    candidates = [(rules, old), ({} if mapping else {name: name for name in old}, old), (general, facts)]
    for table, values in candidates:
        for question, rule in table.items():
            if question in found or question not in known.questions:
                continue
            fact = _apply(rule, values, f"{mapping.file if mapping else ANY}: {question}")
            if fact is None:
                continue
            if _fits(known.questions[question], fact.value):
                found[question] = fact
            else:
                refused.append(f"{question}: {str(fact.value)!r} ({fact.source}) is none of its choices")
    return found, refused


def context(mapping: Other | None, facts: Facts, files: Files) -> dict[str, Any]:
    """What the old template was probably answered, where nothing records it (`context`).

    Args:
        mapping: The old template's file.
        facts: What is inferred.
        files: The repository's, for rules that read one.
    """
    rules = (mapping.data.get("context") if mapping else None) or {name: name for name in facts}
    where = mapping.file if mapping else ""
    found = {key: _apply(rule, facts, f"{where}: {key}", files) for key, rule in rules.items()}
    return {key: fact.value for key, fact in found.items() if fact}


def _apply(rule: object, values: Facts, where: str, files: Files | None = None) -> Fact | None:
    if isinstance(rule, list):
        return next((fact for item in rule if (fact := _apply(item, values, where, files))), None)
    if isinstance(rule, dict) and files and "file" in rule:
        return _read(rule, files, where)
    if isinstance(rule, str) and re.search(r"\{[{%]", rule):
        return _expression(rule, values, where)
    if isinstance(rule, str):
        fact = values.get(rule)
        return fact if fact and fact.value not in (None, "", [], {}) else None
    if not isinstance(rule, dict) or "from" not in rule:
        raise MlkataError(
            f"{where} of the template is no rule", "docs/adopt.md says how a mapping is written."
        )
    fact = _apply(rule["from"], values, where, files)
    if fact is None or str(fact.value) in [str(item) for item in rule.get("unless") or []]:
        return None
    if "table" in rule:
        value = fact.value
        if isinstance(value, dict) and len(value) == 1:  # a choice with settings of its own
            value = next(iter(value))
        table = {str(key).lower(): item for key, item in rule["table"].items()}
        mapped = table.get(str(value).lower())
        return None if mapped is None else Fact(mapped, fact.source)
    return fact


def _read(rule: Mapping[str, Any], files: Files, where: str) -> Fact | None:
    """What a pattern finds in a file: its first group."""
    try:
        pattern = re.compile(str(rule.get("pattern")), re.MULTILINE)
        if pattern.groups != 1:
            raise re.error("it has to have one group, which is the answer")
    except re.error as error:
        raise MlkataError(
            f"{where} of the template has a wrong pattern: {error}",
            "docs/adopt.md says how a mapping is written.",
        ) from error
    found = pattern.search(files.text(str(rule["file"])) or "")
    return Fact(found[1], str(rule["file"])) if found and found[1] else None


def _expression(text: str, values: Facts, where: str) -> Fact | None:
    from jinja2 import StrictUndefined, TemplateError, UndefinedError
    from jinja2.sandbox import SandboxedEnvironment

    used: dict[str, None] = {}
    environment = SandboxedEnvironment(undefined=StrictUndefined)
    try:
        from jinja2 import meta

        names = meta.find_undeclared_variables(environment.parse(text))
        used |= dict.fromkeys(values[name].source for name in sorted(names) if name in values)
        value = environment.from_string(text).render({name: fact.value for name, fact in values.items()})
    except UndefinedError:
        return None
    except (TemplateError, TypeError, ValueError) as error:
        raise MlkataError(f"{where} of the template can't be worked out: {error}") from error
    return Fact(value.strip(), ", ".join(used) or where) if value.strip() else None


def _fits(question: object, value: object) -> bool:
    """Whether a value is among a question's choices, where those are written out."""
    if not isinstance(question, dict):
        return True
    if question.get("when") is False:
        return False
    if question.get("type") == "bool" and not isinstance(value, bool):
        return str(value).lower() in ("true", "false", "yes", "no", "y", "n")
    known = list(map(str, components.choices(question)))
    if question.get("multiselect"):
        items = components.listed(value)
        return items is not None and all(not known or item in known for item in items)
    return not known or str(value) in known
