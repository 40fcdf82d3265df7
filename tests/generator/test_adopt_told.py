"""What `mlkata adopt` tells a person: nothing is left out or lost without a word."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from adopting import actions, adopt, files, repository, show, target
from evolving import Outcome, Repository


@pytest.fixture
def new(tmp_path: Path) -> Repository:
    return target(tmp_path / "target")


def notes(done: Outcome) -> str:
    return "\n".join(done.data["notes"])


def test_files_of_the_template_come_although_the_repository_ignores_them(
    new: Repository, tmp_path: Path
) -> None:
    new.commit(
        {
            "template/.gitignore.jinja": "/outputs/\n",
            "template/outputs/seed.txt": "seed\n",
            "template/src/{{ package_name }}/models/net.py": "net = 1\n",
            "template/data/README.md": "data\n",
        },
        tag="v1.0.1",
    )
    made = repository(tmp_path / "made", {"apps/a/x.txt": "x\n", "apps/a/local.txt": "x\n"})
    made.commit({"apps/.gitignore": "models/\n*.log\n"})
    (made.path / ".git/info/exclude").write_text("data/\n")
    done = adopt(made.path / "apps/a", new)
    assert [path for path in files(made, "mlkata/adopt-apps-a") if "models" in path or "data/" in path] == [
        "apps/a/data/README.md",
        "apps/a/src/pkg/models/net.py",
    ]
    assert actions(done)["outputs/seed.txt"] == "skipped"
    assert (
        "Your rule models/ in apps/.gitignore ignores files of the template; they are on the branch all the "
        "same: src/pkg/models/net.py. New files beside them need git add -f; narrow the rule (/models/)."
    ) in done.data["notes"]
    assert "Your rule data/ in .git/info/exclude ignores" in notes(done)
    assert "outputs" not in notes(done)


RULES = """\
moves:
  - files: ["{setup.py,setup.cfg,environment.yml}"]
    command: git rm {path}
    why: gone
"""


def commands(done: Outcome) -> dict[str, str]:
    return {move["path"]: move["command"] for move in done.data["moves"]}


def test_what_packaging_files_say_goes_into_project(new: Repository, tmp_path: Path) -> None:
    new.commit({"adopt/any.yml": RULES}, tag="v1.0.1")
    setup = (
        "from setuptools import setup, find_packages\n"
        'setup(name="wind-power", version="1.4.2", packages=find_packages(),\n'
        '      entry_points={"console_scripts": ["wind = wind_power.cli:main"]},\n'
        '      extras_require={"plot": ["matplotlib>=3"]}, install_requires=["numpy"])\n'
    )
    made = repository(tmp_path / "made", {"setup.py": setup, "wind_power/__init__.py": ""})
    done = adopt(made, new)
    project = tomllib.loads(show(made, "pyproject.toml"))["project"]
    assert project == {
        "name": "wind-power",
        "version": "1.4.2",
        "dependencies": ["polars>=2", "rich>=14", "numpy"],
        "scripts": {"wind": "wind_power.cli:main"},
        "optional-dependencies": {"plot": ["matplotlib>=3"]},
    }
    assert (
        "Into [project], from setup.py: version 1.4.2, name wind-power, script wind, extra plot."
        in done.data["notes"]
    )
    assert commands(done) == {"setup.py": "git rm setup.py"}
    assert "Not moved" not in notes(done)


def test_what_does_not_move_is_named_and_its_file_stays(new: Repository, tmp_path: Path) -> None:
    new.commit({"adopt/any.yml": RULES}, tag="v1.0.1")
    setup = (
        "from setuptools import setup\n"
        'setup(name="wind", version=open("V").read(), python_requires=">=3.9", ext_modules=[],\n'
        '      install_requires=["numpy"] + more, entry_points={"wind.plugins": ["a = b"]})\n'
    )
    cfg = "[metadata]\nversion = 3.1\n[options.package_data]\n* = *.csv\n[flake8]\nignore = E1\n"
    made = repository(tmp_path / "made", {"setup.py": setup, "setup.cfg": cfg})
    done = adopt(made, new)
    assert (
        "Not moved from setup.py: Python >=3.9 (pyproject.toml has none), version (worked out when it runs), "
        "install_requires (worked out when it runs), ext_modules, entry_points wind.plugins."
    ) in done.data["notes"]
    assert "Not moved from setup.cfg: [options.package_data], [flake8]." in done.data["notes"]
    assert 'version = "3.1"' in show(made, "pyproject.toml")
    assert commands(done) == {
        "setup.py": "# look at setup.py; then git rm setup.py",
        "setup.cfg": "# look at setup.cfg; then git rm setup.cfg",
    }


def test_poetrys_name_and_version_win(new: Repository, tmp_path: Path) -> None:
    poetry = (
        '[tool.poetry]\nname = "wind-farm"\nversion = "2.3.0"\n\n'
        '[tool.poetry.scripts]\nfarm = "w.cli:main"\n\n[tool.poetry.extras]\nall = ["x"]\n'
    )
    made = repository(tmp_path / "made", {"pyproject.toml": poetry, "src/w/__init__.py": "x = 1\n"})
    done = adopt(made, new, code=3)
    project = tomllib.loads(show(made, "pyproject.toml"))["project"]
    assert (project["name"], project["version"]) == ("wind-farm", "2.3.0")
    assert project["scripts"] == {"farm": "w.cli:main"}
    assert (
        "Not moved from pyproject.toml: [tool.poetry.extras] (Poetry still reads it there)."
        in done.data["notes"]
    )


def test_files_that_cannot_be_read_are_named(new: Repository, tmp_path: Path) -> None:
    new.commit({"adopt/any.yml": RULES}, tag="v1.0.1")
    cookie = '# -*- coding: latin-1 -*-\nsetup(name="wind", author="Zoé", version="1.1")\n'
    made = repository(tmp_path / "made", {
        "setup.py": cookie.encode("latin-1"), "setup.cfg": "broken\n", "environment.yml": "a: [\n",
        "requirements.txt": b"\xff\xfen\x00u\x00m\x00p\x00y\x00",
    })  # fmt: skip
    done = adopt(made, new, code=None)
    assert "author: Zoé\n" in show(made, ".copier-answers.yml")
    assert 'version = "1.1"' in show(made, "pyproject.toml")
    for said in (
        "setup.cfg could not be read: it is laid out as no setup.cfg is; nothing of it was moved.",
        "environment.yml could not be read: it is no YAML; nothing of it was moved.",
        "requirements.txt could not be read: it is no text in UTF-8; nothing of it was moved.",
    ):
        assert said in done.data["notes"]
    assert commands(done) == {
        "setup.py": "git rm setup.py",
        "setup.cfg": "# look at setup.cfg; then git rm setup.cfg",
        "environment.yml": "# look at environment.yml; then git rm environment.yml",
    }
