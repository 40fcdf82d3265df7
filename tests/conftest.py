"""What the tests share: the template as it is in the working copy, and the matrix of its outputs."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from rendering import ROOT, Rendered, pairwise, render, values


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a copy of the template, uncommitted changes and all: rendering a plain folder needs no clone."""
    copy = tmp_path_factory.mktemp("template")
    shutil.copy(ROOT / "copier.yml", copy)
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache")
    shutil.copytree(ROOT / "template", copy / "template", ignore=ignored)
    return copy


@pytest.fixture(scope="session")
def templated(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give only the files that answers go into, and no lock: quick to render by the hundred."""
    copy = tmp_path_factory.mktemp("templated") / "template"
    shutil.copytree(template, copy)
    for file in (copy / "template" / "project").rglob("*"):
        lock = re.search(r"requirements\.txt|poetry\.lock", file.name)
        if file.is_file() and (lock or file.suffix != ".jinja"):
            file.unlink()
    return copy


@pytest.fixture(scope="session")
def matrix(template: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Rendered]:
    """Give one output for each row of the pairwise matrix."""
    base = tmp_path_factory.mktemp("matrix")
    return [render(template, base / f"row{i}", row) for i, row in enumerate(pairwise(values()))]


@pytest.fixture(autouse=True)
def home(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Path | None:
    """Give the generator's tests a home, a cache and a git configuration of their own."""
    if request.path.parent.name != "generator":
        return None
    folder = tmp_path_factory.mktemp("home")
    (folder / ".gitconfig").write_text(
        "[user]\n\tname = Test\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n"
    )
    for name in (
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "MLKATA_CACHE_DIR",
        "MLKATA_CONFIG_DIR",
        "MLKATA_TEMPLATE",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MLKATA_DEBUG", "1")
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(folder / ".gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return folder
