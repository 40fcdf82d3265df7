"""What a repository made by hand already answers: facts, and where each is from."""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from mlkata.adopt import metadata
from mlkata.git import Git
from mlkata.objects import Tree
from mlkata.project import Project

NO_PACKAGE = {
    "src", "tests", "test", "docs", "doc", "scripts", "notebooks", "examples", "build", "dist",
    "conf", "config", "configs", "confs", "data", "models", "hooks",
}  # fmt: skip
"""Folders of a repository that say what is in them, not whose they are."""
_CI = {"github": r"\.github/workflows/[^/]+\.ya?ml", "gitlab": r"\.gitlab-ci\.yml"}
_LICENSES = {
    "MIT": r"permission is hereby granted, free of charge, to any person obtaining a copy",
    "Apache-2.0": r"apache license,? version 2\.0",
    "BSD-3-Clause": r"redistribution and use in source and binary forms.*neither the name",
    "BSD-2-Clause": r"redistribution and use in source and binary forms",
    "AGPL-3.0": r"gnu affero general public license",
    "LGPL-3.0": r"gnu lesser general public license",
    "GPL-3.0": r"gnu general public license\s+version 3",
    "MPL-2.0": r"mozilla public license,? version 2\.0",
}
_SAID = {"MIT": r"\bMIT\b", "Apache-2.0": r"\bapache\b", "BSD-3-Clause": r"\bBSD\b(?!-2)|3-clause"}


class Fact(NamedTuple):
    """Something that a repository says of itself, and where."""

    value: Any
    source: str


Facts = dict[str, Fact]


class Files:
    """The text files of a tree, read as they are asked for."""

    def __init__(self, git: Git, tree: Tree) -> None:
        self.git = git
        self.tree = tree

    def text(self, path: str) -> str | None:
        """A file's text; None where there is none, or it is no text."""
        entry = self.tree.get(path)
        if entry is None or not entry.mode.startswith("100"):
            return None
        content = self.git.blob(entry.oid)
        try:
            encoding = "utf-8-sig"
            if path.endswith(".py"):  # Python's may say which it is
                encoding = tokenize.detect_encoding(io.BytesIO(content).readline)[0]
            return content.decode(encoding)
        except (UnicodeDecodeError, SyntaxError, LookupError):
            return None


def facts(project: Project, tree: Tree) -> Facts:
    """Whatever can be told of a repository without running it.

    Args:
        project: The managed folder.
        tree: Its files.
    """
    files = Files(project.git, tree)
    found: Facts = {}

    def say(name: str, value: Any, source: str) -> None:
        if (
            name not in found
            and isinstance(value, str)
            and (value := " ".join(value.split()))
            and value.isprintable()
        ):
            found[name] = Fact(value, source)

    packaging = metadata.read(files.text)
    for source, said in packaging.items():
        for name in ("description", "author", "email"):
            say(name, said.get(name), source)
        say("license", _license(said.get("license")), source)
        say("python_version", _python(said.get("python")), source)
        if str(said.get("name")).lower() not in NO_PACKAGE and not source.startswith("environment."):
            say("distribution", said.get("name"), source)
    for path in sorted(tree):
        if re.fullmatch(r"(?i)licen[cs]e(\.(txt|md|rst))?|copying", path):
            say("license", _licence_text(files.text(path) or ""), path)
    say("project_name", _heading(files.text("README.md") or ""), "README.md")
    remote = _remote(project.git)
    say("repository", remote, "git remote")
    if remote:
        say("distribution", re.sub(r"\.git$", "", remote.rstrip("/")).rpartition("/")[2], "git remote")
    for source in packaging:  # the name of an environment says least
        if source.startswith("environment."):
            say("distribution", packaging[source].get("name"), source)
    if "distribution" in found:
        name, source = found["distribution"]
        say("project_name", re.sub(r"[-_.]+", " ", name).strip().capitalize(), source)
    _package(tree, found)
    _tools(tree, files, found)
    say("folder", project.folder.name, "its folder")
    author, email = _most_active(project)
    say("author", author, "git log")
    if found.get("author", Fact("", "")).value == author:
        say("email", email, "git log")
    return found


def _license(text: object) -> str | None:
    if not isinstance(text, str) or len(text) > 200:
        return _licence_text(text) if isinstance(text, str) else None
    return next((name for name, pattern in _SAID.items() if re.search(pattern, text, re.I)), text)


def _licence_text(text: str) -> str | None:
    plain = " ".join(text.lower().split())
    return next((name for name, pattern in _LICENSES.items() if re.search(pattern, plain)), None)


def _python(said: object) -> str | None:
    """The lowest version that a specifier names."""
    numbers = [
        (int(a), int(b))
        for a, b in re.findall(r"(?<![<!\d.])\b(\d+)\.(\d+)", re.sub(r"[<!]=?[^,]*", "", str(said)))
    ]
    return "{}.{}".format(*min(numbers)) if numbers else None


def _heading(text: str) -> str | None:
    """The first heading of a README, where it is plain words."""
    found = re.search(r"^# +([^\n]+?)\s*#*$", text, re.M)
    plain = found[1] if found else ""
    return plain if plain and len(plain) <= 80 and not re.search(r"[\[\]<>!`*{}|:]", plain) else None


def _remote(git: Git) -> str | None:
    """The address that the repository is pushed to, without a name or password in it."""
    names = git.text("remote", ok=(0, 128)).split()
    if not names:
        return None
    url = git.text("config", f"remote.{'origin' if 'origin' in names else names[0]}.url", ok=(0, 1))
    return re.sub(r"(?<=://)[^/@]*@", "", url) or None


def _package(tree: Tree, found: Facts) -> None:
    """The package: in src/, or at the top."""
    inside = [] if "src/__init__.py" in tree else [r"src/([A-Za-z_]\w*)/__init__\.py"]
    for pattern in (*inside, r"([A-Za-z_]\w*)/__init__\.py"):  # src itself can be the package
        names = [m[1] for path in tree if (m := re.fullmatch(pattern, path)) and m[1] not in NO_PACKAGE]
        wanted = re.sub(r"[-.]+", "_", found["distribution"].value).lower() if "distribution" in found else ""
        name = wanted if wanted in names else (names[0] if len(names) == 1 else None)
        if name:
            found["package_name"] = Fact(name, pattern.partition("(")[0] + f"{name}/__init__.py")
            return
    if "distribution" in found and (
        slug := re.sub(r"\W+", "_", found["distribution"].value.lower()).strip("_")
    ):
        found["package_name"] = Fact(f"_{slug}" if slug[0].isdigit() else slug, found["distribution"].source)


def _tools(tree: Tree, files: Files, found: Facts) -> None:
    for name, pattern in _CI.items():
        if path := next((path for path in sorted(tree) if re.fullmatch(pattern, path)), None):
            found.setdefault("ci", Fact(name, path))
    remote = found.get("repository")
    for name in _CI:
        if remote and re.search(rf"(^|[@/.]){name}\.", remote.value):
            found.setdefault("ci", Fact(name, "git remote"))
    if "poetry.lock" in tree or "[tool.poetry" in (files.text("pyproject.toml") or ""):
        found["package_manager"] = Fact(
            "poetry", "poetry.lock" if "poetry.lock" in tree else "pyproject.toml"
        )
    elif "uv.lock" in tree:
        found["package_manager"] = Fact("uv", "uv.lock")


def _most_active(project: Project) -> tuple[str, str]:
    """Who wrote most of the commits, as git's mailmap has it."""
    scope = ("--", project.prefix) if project.prefix else ()
    lines: Iterable[str] = project.git.text(
        "log", "--no-merges", "--format=%aN%x09%aE", "-n", "2000", *scope
    ).splitlines()
    (most, _), *_ = Counter(lines).most_common(1) or [("\t", 0)]
    name, _, mail = most.partition("\t")
    return name, mail
