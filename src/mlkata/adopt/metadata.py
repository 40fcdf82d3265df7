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
"""name, description, author, email, license, python, dependencies (a list); as far as they are said."""


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
        return {}
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
        older = {key: poetry.get(key) for key in ("name", "description", "license")}
        older |= {
            "author": found[1] if found else None,
            "email": found[2] if found else None,
            "python": python,
        }
        facts |= {key: value for key, value in older.items() if not facts.get(key)}
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
        return {}

    def said(section: str, key: str) -> str | None:
        value = parser.get(section, key, fallback="").strip()
        return None if value.startswith(("attr:", "file:")) else value

    license_ = said("metadata", "license") or _classified(said("metadata", "classifiers") or "")
    lines = (said("options", "install_requires") or "").splitlines()
    return {
        "name": said("metadata", "name"), "description": said("metadata", "description"),
        "author": said("metadata", "author"), "email": said("metadata", "author_email"), "license": license_,
        "python": said("options", "python_requires"),
        "dependencies": [line.strip() for line in lines if line.strip() and not line.strip().startswith("#")],
    }  # fmt: skip


def setup_py(text: str) -> Facts:
    """The arguments of `setup(…)` that are written out, or names of what is."""
    try:
        module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    names = {
        target.id: node.value for node in module.body if isinstance(node, ast.Assign)
        for target in node.targets if isinstance(target, ast.Name)
    }  # fmt: skip
    call = next(
        (node for node in ast.walk(module) if isinstance(node, ast.Call) and _called(node.func) == "setup"),
        None,
    )
    if call is None:
        return {}
    given: dict[str, Any] = {}
    for keyword in call.keywords:
        value = keyword.value
        if isinstance(value, ast.Name):
            value = names.get(value.id, value)
        try:
            given[str(keyword.arg)] = ast.literal_eval(value)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            continue  # worked out when it runs, and it never runs here
    classifiers = given.get("classifiers")
    classified = (
        _classified("\n".join(map(str, classifiers))) if isinstance(classifiers, list | tuple) else None
    )
    requires = given.get("install_requires")
    return {
        "name": given.get("name"), "description": given.get("description"), "author": given.get("author"),
        "email": given.get("author_email"), "license": given.get("license") or classified,
        "python": given.get("python_requires"),
        "dependencies": [str(item) for item in requires] if isinstance(requires, list | tuple) else None,
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
        return {}
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
