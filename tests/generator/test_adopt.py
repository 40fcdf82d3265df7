"""`mlkata adopt`: repositories of six kinds come under a template; nothing of the person's is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from adopting import (
    ANSWERS,
    COOKIECUTTER,
    MAPPING,
    actions,
    adopt,
    answered,
    baked,
    cruft,
    files,
    repository,
    show,
    target,
)
from evolving import Repository, mlkata, project, run, template

UNDER = """\
_commit: v1.0.0
_src_path: {source}
author: {author}
ci: none
license: none
package_name: {package}
project_name: {name}
"""


@pytest.fixture
def new(tmp_path: Path) -> Repository:
    return target(tmp_path / "target", {"adopt/old.yml": MAPPING})


@pytest.fixture
def old(tmp_path: Path) -> Repository:
    return repository(tmp_path / "oldtemplate", COOKIECUTTER, tag="1.0")


def after(made: Repository, new: Repository) -> None:
    """What holds after the branch is merged: check and update work, and adopt changes nothing."""
    made.git("merge", "-q", "--ff-only", "mlkata/adopt")
    assert made.status() == []
    adopt_again = adopt(made, new)
    assert adopt_again.data["status"] == "up-to-date"
    assert mlkata("check", made.path, "--outdated").code == 0
    assert mlkata("check", made.path, "--json", code=None).data["template"] == str(new.path)
    assert mlkata("update", made.path, "--json").data["status"] == "up-to-date"
    new.commit({"template/new.txt": "new\n"}, tag="v1.1.0")
    mlkata("update", made.path)
    assert made.status() == ["M  .copier-answers.yml", "A  new.txt"]


def test_a_cruft_project_keeps_edits_and_loses_boilerplate(
    old: Repository, new: Repository, tmp_path: Path
) -> None:
    made = baked(tmp_path, old, ANSWERS)
    made.commit({".cruft.json": cruft(old, old.git("rev-parse", "HEAD"))})
    made.commit(
        {
            "setup.cfg": "[flake8]\nmax-line-length = 100\n",
            "docs/index.md": None,
            "Makefile": None,
            "mine.py": "mine = 1\n",
            "requirements.txt": "click\nflake8\nRich>=13  # shown\nnumpy==1.26\n",
            "settings.yaml": "level: debug  # noisy\npaths:\n  data: s3  # mine\n  own: 1\n",
        }
    )
    done = adopt(made, new)
    assert done.code == 0
    assert done.data["base"] == f"made from {old.path} at 1.0"
    assert actions(done) == {
        ".copier-answers.yml": "add",
        ".cruft.json": "delete",
        "Makefile": "skipped",
        "README.md": "change",
        "pyproject.toml": "add",
        "requirements.txt": "change",
        "settings.yaml": "kept, change",
        "setup.cfg": "kept",
        "src/churn_model/__init__.py": "add",
        "src/data/make.py": "delete",
    }
    assert files(made) == [
        ".copier-answers.yml",
        "README.md",
        "mine.py",
        "pyproject.toml",
        "requirements.txt",
        "settings.yaml",
        "setup.cfg",
        "src/churn_model/__init__.py",
    ]
    assert show(made, "setup.cfg") == "[flake8]\nmax-line-length = 100\n"
    assert show(made, "README.md") == "# Churn Model\n\nMade from the template.\n"
    assert show(made, "settings.yaml") == (
        "level: info\npaths:\n  data: s3  # mine\n  own: 1\n  # Where results go.\n  out: out\n"
    )
    assert show(made, "requirements.txt") == "polars==2.1 --hash=sha256:00\n"
    assert show(made, "pyproject.toml").count("\n    ") == 3
    assert '    "polars>=2",\n    "Rich>=13",\n    "numpy==1.26",\n]' in show(made, "pyproject.toml")
    assert show(made, ".copier-answers.yml") == UNDER.format(
        source=new.path, author="Ann", package="churn_model", name="Churn Model"
    )
    assert answered(done) == {
        "project_name": ("Churn Model", ".cruft.json: title"),
        "package_name": ("churn_model", ".cruft.json: slug"),
        "author": ("Ann", ".cruft.json: who"),
    }
    after(made, new)


def test_a_cookiecutter_project_without_a_record_finds_its_version(
    old: Repository, new: Repository, tmp_path: Path
) -> None:
    made = baked(tmp_path, old, {**ANSWERS, "who": "Test", "kind": "lib"})
    old.commit({"{{cookiecutter.slug}}/Makefile": "newer:\n\tflake8\n"}, tag="1.1")
    made.commit({"README.md": "# Churn Model\n\nMine.\n", "docs/index.md": None})
    done = adopt(made, new, "--old-template", old.path, code=3)
    score = "1.0: 7 of its 7 files are as it renders them"
    assert done.data["base"] == f"made from {old.path}, as it seems at {score}"
    assert answered(done) == {
        "project_name": ("Churn Model", "README.md"),
        "author": ("Test", "git log"),
    }
    assert actions(done) == {
        "README.md": "conflict",
        "setup.cfg": "delete",
        "src/data/make.py": "delete",
        "Makefile": "change",
        "requirements.txt": "change",
        "settings.yaml": "change",
        ".copier-answers.yml": "add",
        "pyproject.toml": "add",
        "src/pkg/__init__.py": "add",
    }
    made.git("checkout", "-q", "mlkata/adopt")
    made.commit({"README.md": "# Churn Model\n\nMine, and the template's.\n"})
    made.git("checkout", "-q", "main")
    after(made, new)


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


def test_a_folder_of_a_repository_is_adopted_alone(old: Repository, new: Repository, tmp_path: Path) -> None:
    inner = baked(tmp_path, old, ANSWERS)
    whole = repository(tmp_path / "whole", {"README.md": "All.\n", "apps/other/Makefile": "x:\n"})
    record = cruft(old, old.git("rev-parse", "HEAD"))
    for name in inner.git("ls-files").splitlines():
        whole.write({f"apps/one/{name}": inner.read(name)})
    whole.commit({"apps/one/.cruft.json": record})
    whole.commit({"apps/one/mine.py": "x = 1\n", "apps/one/docs/index.md": None})
    done = adopt(whole.path / "apps/one", new)
    assert done.data["branch"] == "mlkata/apps/one/adopt"
    assert whole.git("diff", "--name-status", "HEAD", "mlkata/apps/one/adopt").splitlines() == [
        "A\tapps/one/.copier-answers.yml",
        "D\tapps/one/.cruft.json",
        "M\tapps/one/Makefile",
        "M\tapps/one/README.md",
        "A\tapps/one/pyproject.toml",
        "M\tapps/one/requirements.txt",
        "M\tapps/one/settings.yaml",
        "D\tapps/one/setup.cfg",
        "A\tapps/one/src/churn_model/__init__.py",
        "D\tapps/one/src/data/make.py",
    ]
    whole.git("merge", "-q", "--ff-only", "mlkata/apps/one/adopt")
    assert adopt(whole.path / "apps/one", new).data["status"] == "up-to-date"
    assert mlkata("check", whole.path / "apps/one", "--json", code=0).data["status"] == "clean"
    assert mlkata("update", whole.path / "apps/one", "--json").data["status"] == "up-to-date"


def test_a_project_of_another_copier_template(new: Repository, tmp_path: Path) -> None:
    other = template(tmp_path / "other", {"Makefile": "old:\n", "old.txt": "old\n", "kept.txt": "old\n"})
    made = project(tmp_path / "made", other, "-d", "package=wind")
    made.commit({"kept.txt": "mine\n"})
    new.commit({"adopt/other.yml": "template: /other$\nanswers: {package_name: package}\n"}, tag="v1.0.1")
    done = adopt(made, new)
    assert done.data["base"] == f"made from {other.path} at v1.0.0"
    assert answered(done)["package_name"] == ("wind", ".copier-answers.yml: package")
    assert actions(done) == {
        "kept.txt": "kept",
        "old.txt": "delete",
        ".copier-answers.yml": "change",
        "Makefile": "change",
        "README.md": "add",
        "pyproject.toml": "add",
        "requirements.txt": "add",
        "settings.yaml": "add",
        "src/wind/__init__.py": "add",
    }
    made.git("merge", "-q", "--ff-only", "mlkata/adopt")
    assert mlkata("check", made.path, "--json").data["status"] == "clean"
    assert adopt(made, new).data["status"] == "up-to-date"


def test_another_copier_template_without_a_version_is_scored(new: Repository, tmp_path: Path) -> None:
    other = template(tmp_path / "other", {"Makefile": "old:\n", "old.txt": "old\n", "b.txt": "b\n"})
    made = project(tmp_path / "made", other)
    other.commit({"template/old.txt": "newer\n"}, tag="v1.1.0")
    answers = made.read(".copier-answers.yml").replace("_commit: v1.0.0\n", "")
    made.commit({".copier-answers.yml": answers, "b.txt": "mine\n"})
    done = adopt(made, new)
    score = "v1.0.0: 4 of its 4 files are as it renders them"
    assert done.data["base"] == f"made from {other.path}, as it seems at {score}"
    assert actions(done)["old.txt"] == "delete"
    assert actions(done)["b.txt"] == "kept"
