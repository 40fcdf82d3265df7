"""What a repository's packaging files say, read and never run."""

from __future__ import annotations

import ast
import configparser
import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from mlkata.adopt.poetry import requirements_of

Facts = dict[str, Any]
"""name, version, description, author, email, license, python, dependencies (a list), scripts and extras (by
name); as far as they are said. lost: what else it says, and why it is not here; unread: why nothing is."""

_BUILDING = {  # what the template's own way to build takes the place of
    "packages", "package_dir", "zip_safe", "include_package_data", "long_description",
    "long_description_content_type",
}  # fmt: skip
_KNOWN = {
    "name", "version", "description", "author", "author_email", "license", "python_requires",
    "install_requires", "extras_require", "entry_points",
}  # fmt: skip
_RUNS = "worked out when it runs"


def read(files: Callable[[str], str | None]) -> dict[str, Facts]:
    """The facts in each packaging file that is there, the most telling first.

    Args:
        files: A file's text by name; None where there is no such file, or it is no text.
    """
    readers: dict[str, Callable[[str], Facts]] = {
        "pyproject.toml": pyproject, "setup.cfg": setup_cfg, "setup.py": setup_py,
        "environment.yml": environment, "environment.yaml": environment, ".python-version": _python_version,
    }  # fmt: skip
    found = {}
    for name, reader in readers.items():
        text = files(name)
        if text is not None and (facts := {key: value for key, value in reader(text).items() if value}):
            found[name] = facts
    return found


def pyproject(text: str) -> Facts:
    """`[project]`, and what Poetry had before there was one."""
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {"unread": "it is no TOML"}
    project, poetry = (_table(data, "project"), _table(data, "tool", "poetry"))
    authors = project.get("authors")
    author = next((a for a in authors if isinstance(a, dict)), {}) if isinstance(authors, list) else {}
    facts: Facts = {key: project.get(key) for key in ("name", "description", "license", "dependencies")}
    facts |= {
        "author": author.get("name"),
        "email": author.get("email"),
        "python": project.get("requires-python"),
    }
    if isinstance(facts["license"], dict):
        facts["license"] = facts["license"].get("text")
    if poetry:
        names = poetry.get("authors")
        person = str(names[0]) if isinstance(names, list) and names else ""
        found = re.fullmatch(r"\s*(.*?)\s*(?:<([^<>]*)>)?\s*", person)
        table = _table(poetry, "dependencies")
        python = table.get("python")
        if "dependencies" not in project:
            facts["poetry"], facts["unknown"] = requirements_of(table)
        older = {key: poetry.get(key) for key in ("name", "version", "description", "license")}
        older |= {
            "author": found[1] if found else None,
            "email": found[2] if found else None,
            "python": python,
        }
        facts |= {key: value for key, value in older.items() if not facts.get(key)}
        scripts = _table(poetry, "scripts")
        facts["scripts"] = {key: value for key, value in scripts.items() if isinstance(value, str)}
        parts = ("extras", "group", "dev-dependencies", "plugins", "source")
        facts["lost"] = [
            (f"[tool.poetry.{key}]", "Poetry still reads it there") for key in parts if key in poetry
        ]
    return facts


def _table(data: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    found: Any = data
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def setup_cfg(text: str) -> Facts:
    """`[metadata]` and `[options]` of setuptools."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {"unread": "it is laid out as no setup.cfg is"}
    lost: list[tuple[str, str]] = []

    def said(section: str, key: str) -> str | None:
        value = parser.get(section, key, fallback="").strip()
        if not value.startswith(("attr:", "file:")):
            return value
        if value.split() != ["file:", "requirements.txt"]:
            lost.append((key, value))
        return None

    license_ = said("metadata", "license") or _classified(said("metadata", "classifiers") or "")
    known = {"metadata": _KNOWN | _BUILDING, "options": _KNOWN | _BUILDING}
    for section in parser.sections():
        if section in known:
            lost += [(key, "") for key in parser[section] if key not in known[section]]
        elif section not in ("options.extras_require", "options.entry_points", "options.packages.find"):
            lost.append((f"[{section}]", ""))
    points = dict(parser["options.entry_points"]) if "options.entry_points" in parser else None
    extras = dict(parser["options.extras_require"]) if "options.extras_require" in parser else {}
    return {
        "version": said("metadata", "version"), "scripts": _scripts(points, lost),
        "extras": {key: _lines(value) for key, value in extras.items()}, "lost": lost,
        "name": said("metadata", "name"), "description": said("metadata", "description"),
        "author": said("metadata", "author"), "email": said("metadata", "author_email"), "license": license_,
        "python": said("options", "python_requires"),
        "dependencies": _lines(said("options", "install_requires")),
    }  # fmt: skip


def _lines(said: object) -> list[str]:
    """A list of requirements, or the lines that are one."""
    lines = said.splitlines() if isinstance(said, str) else said if isinstance(said, list | tuple) else []
    return [line for item in lines if (line := str(item).strip()) and not line.startswith("#")]


def _scripts(points: object, lost: list[tuple[str, str]]) -> dict[str, str]:
    """The scripts among entry points, however those are written; the rest is lost."""
    if isinstance(points, str):
        parser = configparser.ConfigParser(interpolation=None, strict=False, delimiters=("=",))
        try:
            parser.read_string(points)
        except configparser.Error:
            lost.append(("entry_points", ""))
            return {}
        points = {name: "\n".join(f"{a}={b}" for a, b in parser[name].items()) for name in parser.sections()}
    found: dict[str, str] = {}
    for group, said in points.items() if isinstance(points, dict) else ():
        pairs = [line.partition("=")[::2] for line in _lines(said)]
        if group == "console_scripts" and all(name.strip() and what.strip() for name, what in pairs):
            found |= {name.strip(): what.strip() for name, what in pairs}
        else:
            lost.append((f"entry_points {group}", ""))
    return found


def setup_py(text: str) -> Facts:
    """The arguments of `setup(…)` that are written out, or names of what is."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {"unread": "it is no Python that can be read"}
    names = {
        target.id: node.value for node in module.body if isinstance(node, ast.Assign)
        for target in node.targets if isinstance(target, ast.Name)
    }  # fmt: skip
    call = next(
        (node for node in ast.walk(module) if isinstance(node, ast.Call) and _called(node.func) == "setup"),
        None,
    )
    if call is None:
        return {"unread": "no setup(…) is called in it"}
    given: dict[str, Any] = {}
    lost: list[tuple[str, str]] = []
    for keyword in call.keywords:
        value = keyword.value
        if isinstance(value, ast.Name):
            value = names.get(value.id, value)
        try:
            given[str(keyword.arg)] = ast.literal_eval(value)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            if keyword.arg not in _BUILDING:  # it never runs here
                lost.append((keyword.arg or "**", _RUNS))
    classifiers = given.get("classifiers")
    classified = (
        _classified("\n".join(map(str, classifiers))) if isinstance(classifiers, list | tuple) else None
    )
    lost += [
        (key, "")
        for key in given
        if key not in (*_KNOWN, *_BUILDING) and not (key == "classifiers" and classified)
    ]
    extras = given.get("extras_require")
    extras = extras if isinstance(extras, dict) else {}
    return {
        "version": str(given.get("version") or ""), "scripts": _scripts(given.get("entry_points"), lost),
        "extras": {str(key): _lines(said) for key, said in extras.items()},
        "lost": lost,
        "name": given.get("name"), "description": given.get("description"), "author": given.get("author"),
        "email": given.get("author_email"), "license": given.get("license") or classified,
        "python": given.get("python_requires"),
        "dependencies": _lines(given.get("install_requires")),
    }  # fmt: skip


def _called(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _classified(text: str) -> str | None:
    found = re.search(r"License :: OSI Approved :: (.+)", text)
    return found[1].strip() if found else None


def environment(text: str) -> Facts:
    """Conda's name, Python, and what it leaves to pip."""
    import yaml

    try:
        data = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError):
        return {"unread": "it is no YAML"}
    entries = data.get("dependencies") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(entries, list):
        return {}
    python = next((str(e) for e in entries if re.match(r"python\s*[=<>!]", str(e))), "")
    inner = [entry.get("pip") for entry in entries if isinstance(entry, dict)]
    pip: list[Any] = next((found for found in inner if isinstance(found, list)), [])
    conda = [str(e) for e in entries if isinstance(e, str) and not re.match(r"(python|pip)\b(?!-)", e)]
    return {
        "name": data.get("name"), "python": python.removeprefix("python").strip(),
        "dependencies": [str(item) for item in pip], "conda": conda,
    }  # fmt: skip


def _python_version(text: str) -> Facts:
    found = re.match(r"\s*(\d+\.\d+)", text)
    return {"python": f"=={found[1]}"} if found else {}
