"""`mlkata adopt` of repositories that were made by hand: what is missing comes, what is there stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from adopting import (
    MAPPING,
    actions,
    adopt,
    after,
    answered,
    repository,
    show,
    target,
)
from evolving import Repository, run


@pytest.fixture
def new(tmp_path: Path) -> Repository:
    return target(tmp_path / "target", {"adopt/old.yml": MAPPING})


def test_a_repository_made_by_hand_gets_what_is_missing(new: Repository, tmp_path: Path) -> None:
    mine = {
        "README.md": "# Flight delays\n\nMine.\n",
        "pyproject.toml": (
            '# Ours.\n[project]\nname = "delays"  # short\ndependencies = '
            '["polars>=1"]\n\n[tool.black]\nline-length = 79\n'
        ),
        "settings.yaml": "level: debug  # noisy\n",
        "delays/__init__.py": "x = 1\n",
        "LICENSE": (
            "MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy\n"
        ),
        ".github/workflows/test.yml": "on: push\n",
    }
    made = repository(tmp_path / "made", mine)
    done = adopt(made, new, code=3)
    assert done.data["base"] == "made by hand: nothing is taken for boilerplate"
    assert answered(done) == {
        "project_name": ("Flight delays", "README.md"),
        "package_name": ("delays", "delays/__init__.py"),
        "license": ("MIT", "LICENSE"),
        "author": ("Test", "git log"),
        "ci": ("github", ".github/workflows/test.yml"),
    }
    assert [(file["path"], file["action"], file["why"]) for file in done.data["files"]] == [
        ("README.md", "conflict", "you have it and the template has it, and they differ"),
        ("pyproject.toml", "kept", "the template has other values for project.dependencies.polars"),
        ("settings.yaml", "kept", "the template has other values for level"),
        ("pyproject.toml", "change", "merged key by key; your values and comments stay"),
        ("settings.yaml", "change", "merged key by key; your values and comments stay"),
        (".copier-answers.yml", "add", "new in the template"),
        ("Makefile", "add", "new in the template"),
        ("requirements.txt", "add", "new in the template"),
        ("src/delays/__init__.py", "add", "new in the template"),
    ]
    assert show(made, "README.md") == (
        "# Flight delays\n\n<<<<<<< yours\nMine.\n=======\nMade from the template.\n>>>>>>> template v1.0.0\n"
    )
    assert show(made, "pyproject.toml") == (
        '# Ours.\n[project]\nname = "delays"  # short\ndependencies = '
        '["polars>=1", "rich>=14"]\nversion = "0.1.0"\n\n'
        "[tool.black]\nline-length = 79\n\n[tool.ruff]\nline-length = 110\n"
    )
    assert show(made, "settings.yaml") == (
        "level: debug  # noisy\npaths:\n  data: data\n  # Where results go.\n  out: out\n"
    )
    for path in ("delays/__init__.py", "LICENSE", ".github/workflows/test.yml"):
        assert show(made, path) == mine[path]
    assert "In conflict, with markers:\n- README.md" in made.git("log", "-1", "--format=%B", "mlkata/adopt")
    after(made, new)


def test_a_repository_of_notebooks_gets_a_project_around_them(new: Repository, tmp_path: Path) -> None:
    rules = """\
moves:
  - files: ["*.ipynb", "{work,nb}/**/*.ipynb"]
    to: notebooks/
    why: there they belong
  - files: ["**/*.csv"]
    command: git rm --cached {path}
"""
    new.commit({"adopt/any.yml": rules}, tag="v1.0.1")
    mine = {
        "explore data.ipynb": '{"cells": []}\n',
        "nb/more.ipynb": '{"cells": []}\n',
        "big.csv": "a,b\n",
        "environment.yml": "name: look\ndependencies:\n- python=3.11\n- pandas=2\n- pip:\n  - lightgbm>=4\n",
    }
    made = repository(tmp_path / "made", mine)
    done = adopt(made, new, "-r", "v1.0.1")
    assert actions(done) == dict.fromkeys(
        (
            ".copier-answers.yml",
            "Makefile",
            "README.md",
            "pyproject.toml",
            "requirements.txt",
            "settings.yaml",
            "src/look/__init__.py",
        ),
        "add",
    )
    assert answered(done) == {
        "project_name": ("Look", "environment.yml"),
        "package_name": ("look", "environment.yml"),
        "author": ("Test", "git log"),
    }
    assert '"lightgbm>=4",\n]' in show(made, "pyproject.toml")
    assert [(move["path"], move["command"]) for move in done.data["moves"]] == [
        (
            "explore data.ipynb",
            "mkdir -p notebooks && git mv 'explore data.ipynb' 'notebooks/explore data.ipynb'",
        ),
        ("nb/more.ipynb", "mkdir -p notebooks && git mv nb/more.ipynb notebooks/more.ipynb"),
        ("big.csv", "git rm --cached big.csv"),
    ]
    assert (
        "Not moved from environment.yml: pandas=2 (Conda's names and versions are not always those of PyPI)."
        in (done.data["notes"])
    )
    for path, content in mine.items():
        assert show(made, path) == content
    made.git("merge", "-q", "--ff-only", "mlkata/adopt")
    for move in done.data["moves"]:
        run("sh", "-c", move["command"], cwd=made.path)
    assert made.status() == [
        "D  big.csv",
        'R  "explore data.ipynb" -> "notebooks/explore data.ipynb"',
        "R  nb/more.ipynb -> notebooks/more.ipynb",
        "?? big.csv",
    ]


def test_setup_py_is_read_and_never_run(new: Repository, tmp_path: Path) -> None:
    proof = tmp_path / "proof"
    setup = f"""\
import pathlib
from setuptools import setup

pathlib.Path({str(proof)!r}).touch()
NAME = "wind-power"
setup(
    name=NAME, version="1", author="Ann Lee", license="Apache 2.0", python_requires=">=3.9",
    description=open("README.md").read(), install_requires=["numpy>=1.2", "Polars<3", "x @ file:///x"],
    extras_require={{"dev": ["pytest"]}},
)
"""
    made = repository(
        tmp_path / "made", {"setup.py": setup, "wind_power/__init__.py": "", "tests/__init__.py": ""}
    )
    done = adopt(made, new)
    assert not proof.exists()
    assert answered(done) == {
        "project_name": ("Wind power", "setup.py"),
        "package_name": ("wind_power", "wind_power/__init__.py"),
        "license": ("Apache-2.0", "setup.py"),
        "author": ("Ann Lee", "setup.py"),
    }
    assert show(made, "setup.py") == setup
    assert '    "rich>=14",\n    "numpy>=1.2",\n    "Polars<3",\n    "x @ file:///x",\n]' in show(
        made, "pyproject.toml"
    )
    after(made, new)
