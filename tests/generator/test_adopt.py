"""`mlkata adopt` of repositories that others' templates made: nothing of the person's is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from adopting import (
    ANSWERS,
    COOKIECUTTER,
    MAPPING,
    actions,
    adopt,
    after,
    answered,
    baked,
    cruft,
    files,
    repository,
    show,
    target,
)
from evolving import Repository, mlkata, project, template

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
