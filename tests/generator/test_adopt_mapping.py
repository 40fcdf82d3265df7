"""This repository's own mappings: each of the known templates is recognised, and its answers are ours."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from adopting import actions, adopt, answered, baked, files, repository, show
from evolving import Content, Repository, mlkata, run
from known import CCDS_1, CCDS_2, DRIVEN, KEDRO, LIGHTNING, MLOPS, PACKAGE, source
from rendering import ROOT


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """This repository's template as it is in the working copy, released."""
    folder = tmp_path_factory.mktemp("ours") / "mlkata"
    folder.mkdir()
    shutil.copy(ROOT / "copier.yml", folder)
    shutil.copytree(
        ROOT / "template", folder / "template", ignore=shutil.ignore_patterns("__pycache__", ".*_cache")
    )
    who = {
        "GIT_AUTHOR_NAME": "T",
        "GIT_AUTHOR_EMAIL": "t@example.com",
        "GIT_COMMITTER_NAME": "T",
        "GIT_COMMITTER_EMAIL": "t@example.com",
    }
    run("git", "init", "-q", cwd=folder)
    run("git", "add", "-A", cwd=folder)
    run("git", "commit", "-q", "-m", "x", cwd=folder, env=who)
    run("git", "tag", "v1.0.0", cwd=folder)
    return Repository(folder)


@pytest.mark.parametrize(
    ("name", "context", "folder", "wanted"),
    [
        (
            "cookiecutter-data-science",
            CCDS_1,
            "repo_name",
            {
                "project_name": ("Churn Model", ".cruft.json: project_name"),
                "package_name": ("churn_model", ".cruft.json: repo_name"),
                "description": ("Who leaves?", ".cruft.json: description"),
                "author": ("Team Blue", ".cruft.json: author_name"),
                "license": ("BSD-3-Clause", ".cruft.json: open_source_license"),
                "data_remote": ("s3", ".cruft.json: s3_bucket"),
                "data_remote_url": ("s3://blue-churn/dvc", ".cruft.json: s3_bucket"),
            },
        ),
        (
            "cookiecutter-data-science",
            CCDS_2,
            "repo_name",
            {
                "project_name": ("Churn Model", ".cruft.json: project_name"),
                "package_name": ("churn", ".cruft.json: module_name"),
                "author": ("Test", "git log"),
                "email": ("test@example.com", "git log"),
                "license": ("proprietary", ".cruft.json: open_source_license"),
                "python_version": ("3.12", ".cruft.json: python_version_number"),
                "data_remote": ("gcs", ".cruft.json: dataset_storage"),
                "data_remote_url": ("gs://blue/dvc", ".cruft.json: dataset_storage"),
            },
        ),
        (
            "cookiecutter-mlops-package",
            MLOPS,
            "repository",
            {
                "project_name": ("Churn Model", ".cruft.json: name"),
                "package_name": ("churn", ".cruft.json: package"),
                "description": ("Who leaves?", ".cruft.json: description"),
                "author": ("blue", ".cruft.json: user"),
                "license": ("MIT", ".cruft.json: license"),
                "python_version": ("3.13", ".cruft.json: python_version"),
            },
        ),
        (
            "kedro-starters",
            KEDRO,
            "repo_name",
            {
                "project_name": ("Churn Model", ".cruft.json: project_name"),
                "package_name": ("churn", ".cruft.json: python_package"),
                "author": ("Test", "git log"),
                "email": ("test@example.com", "git log"),
            },
        ),
    ],
)
def test_recorded_answers_are_ours(
    name: str, context: dict[str, Any], folder: str, wanted: dict[str, Any], ours: Repository, tmp_path: Path
) -> None:
    tree: dict[str, Content] = {"old.txt": "old\n"}
    old = source(tmp_path / name, context, folder, tree)
    record = {
        "template": str(old.path),
        "commit": old.git("rev-parse", "HEAD"),
        "checkout": None,
        "context": {"cookiecutter": context},
        "directory": None,
    }
    made = repository(tmp_path / "churn", {**tree, ".cruft.json": json.dumps(record)})
    done = adopt(made, ours)
    assert {**wanted, **answered(done)} == answered(done)
    assert {key: value for key, value in answered(done).items() if key in wanted} == wanted
    assert actions(done)["old.txt"] == "delete"
    assert {path: what for path, what in actions(done).items() if what not in ("add", "delete")} == {}


def test_kedro_is_known_by_what_it_leaves_in_pyproject(ours: Repository, tmp_path: Path) -> None:
    pyproject = """\
[project]
name = "churn"
requires-python = ">=3.10"
dependencies = ["kedro~=1.0", "pandas>=2"]

[tool.kedro]
package_name = "churn"
project_name = "Churn Model"
kedro_init_version = "1.0.0"
tools = []
example_pipeline = "False"
source_dir = "src"
"""
    made = repository(
        tmp_path / "made",
        {"pyproject.toml": pyproject, "src/churn/__init__.py": "", "conf/base/catalog.yml": "a: 1\n"},
    )
    done = adopt(made, ours)
    assert done.data["base"] == "made by hand: nothing is taken for boilerplate"
    assert answered(done)["project_name"] == ("Churn Model", "pyproject.toml: project_name")
    assert answered(done)["package_name"] == ("churn", "pyproject.toml: package_name")
    assert actions(done)["src/churn/__init__.py"] == "skipped"
    assert show(made, "conf/base/catalog.yml") == "a: 1\n"
    assert '[tool.kedro]\npackage_name = "churn"\n' in show(made, "pyproject.toml")
    assert 'dependencies = ["kedro~=1.0", "pandas>=2", "hydra-core' in show(made, "pyproject.toml")


@pytest.mark.parametrize(
    ("mapping", "tree"),
    [
        ("lightning-hydra-template", LIGHTNING),
        ("cookiecutter-data-science", DRIVEN),
        ("mlops-python-package", PACKAGE),
    ],
)
def test_without_a_record_it_is_known_by_its_files(
    mapping: str, tree: dict[str, Content], ours: Repository, tmp_path: Path
) -> None:
    made = repository(tmp_path / "made", tree)
    said = adopt(made, ours, "--offline", code=6).data
    assert said["error"].startswith(
        "this repository was made from a template (as its files show), and that one,"
    )
    assert mapping.partition("-")[0] in said["error"]
    assert "--from-nothing" in said["hint"]
    done = adopt(made, ours, "--from-nothing", code=3 if "Makefile" in tree else 0)
    assert done.data["branch"] == "mlkata/adopt"


def test_a_copy_of_lightning_hydra_template_with_its_moves(ours: Repository, tmp_path: Path) -> None:
    old = repository(tmp_path / "lightning-hydra-template", LIGHTNING, tag="v2.0.0")
    made = repository(tmp_path / "made", LIGHTNING)
    made.commit({"src/models/net.py": "mine = 1\n", "configs/train.yaml": "seed: 1\n"})
    done = adopt(made, ours, "--old-template", old.path, "-d", "package_name=nets")
    assert done.data["base"].endswith("v2.0.0: 9 of its 9 files are as it renders them")
    assert {path: what for path, what in actions(done).items() if what != "add"} == {
        ".github/workflows/style.yaml": "delete",
        "notebooks/.gitkeep": "delete",
        "requirements.txt": "change",
    }
    code = {".project-root", *(path for path in LIGHTNING if path.startswith(("src/", "configs/")))}
    assert code < set(files(made))
    assert show(made, "src/train.py") == "x = 1\n"
    assert '    "torch>=2",\n' in show(made, "pyproject.toml")
    assert (
        "7 files of the old template stay: your code may need them. They are yours from now on."
        in done.data["notes"]
    )
    assert [move["command"] for move in done.data["moves"]] == [
        "mkdir -p src/nets/models && git mv src/models/net.py src/nets/models/net.py",
        "mkdir -p src/nets && git mv src/eval.py src/nets/eval.py",
        "mkdir -p src/nets && git mv src/train.py src/nets/train.py",
    ]


def test_a_real_project_goes_all_the_way(ours: Repository, tmp_path: Path) -> None:
    setup = (
        "from setuptools import setup\nsetup(name='wind-power', "
        "install_requires=['xgboost>=2', 'Polars>=2.1'])\n"
    )
    mine: dict[str, Content] = {
        "setup.py": setup,
        "wind_power/__init__.py": "",
        "wind_power/train.py": "x = 1\n",
        "look.ipynb": "{}\n",
        "all.csv": "a,b\n",
        "best.pkl": b"\x80\x04.",
        ".github/workflows/ci.yml": "on: push\njobs:\n  mine: {}\n",
        ".pre-commit-config.yaml": "# Ours.\nrepos: []\n",
        "requirements.txt": "requests==2.1  # web\n",
    }
    made = repository(tmp_path / "made", mine)
    done = adopt(made, ours)
    assert answered(done) == {
        "author": ("Test", "git log"),
        "email": ("test@example.com", "git log"),
        "ci": ("github", ".github/workflows/ci.yml"),
        "package_name": ("wind_power", "wind_power/__init__.py"),
        "project_name": ("Wind power", "setup.py"),
    }
    assert {path: what for path, what in actions(done).items() if what != "add"} == {
        ".github/workflows/ci.yml": "kept, change",
        ".pre-commit-config.yaml": "kept, change",
        "requirements.txt": "change",
    }
    assert [(move["path"], move["to"]) for move in done.data["moves"]] == [
        ("wind_power/__init__.py", "src/wind_power/__init__.py"),
        ("wind_power/train.py", "src/wind_power/train.py"),
        ("look.ipynb", "notebooks/look.ipynb"),
        ("all.csv", "data/all.csv"),
        ("best.pkl", "outputs/models/best.pkl"),
        ("setup.py", ""),
    ]
    text = show(made, "pyproject.toml")
    assert '    "requests==2.1",\n    "xgboost>=2",\n    "Polars>=2.1",\n]' in text
    renew = "requirements.txt is a lock now, without what you required: renew it (make lock)."
    assert renew in done.data["notes"]
    for path in set(mine) - {"requirements.txt", ".github/workflows/ci.yml", ".pre-commit-config.yaml"}:
        assert run("git", "rev-parse", f"mlkata/adopt:{path}", cwd=made.path) == run(
            "git", "rev-parse", f"HEAD:{path}", cwd=made.path
        )
    made.git("merge", "-q", "--ff-only", "mlkata/adopt")
    checked = mlkata("check", made.path, "--json", code=2).data
    assert checked["status"] == "drifted"
    assert {file["path"] for file in checked["files"]} == {
        ".github/workflows/ci.yml",
        ".pre-commit-config.yaml",
        "pyproject.toml",
    }
    assert mlkata("update", made.path, "--json").data["status"] == "up-to-date"
    assert adopt(made, ours).data["status"] == "up-to-date"
    # A clone is without what was kept of the rendering.
    run("git", "clone", "-q", made.path, tmp_path / "clone", cwd=tmp_path)
    assert mlkata("check", tmp_path / "clone", "--drift", "--json", code=2).data["files"] == checked["files"]


def test_every_mapping_is_well_formed(ours: Repository) -> None:
    from mlkata.adopt import mapping
    from mlkata.template import Template

    known = mapping.load(Template(str(ours.path)), Template(str(ours.path)).version("v1.0.0"))
    assert [other.file for other in known.mappings] == [
        "cookiecutter-data-science.yml",
        "kedro-starters.yml",
        "lightning-hydra-template.yml",
        "mlops-python-package.yml",
    ]
    for other in known.mappings:
        assert set(other.data["answers"]) <= set(known.questions)
    assert set(known.any["answers"]) <= set(known.questions)
    for name in files(ours, "HEAD"):
        assert "adopt/" not in name or name.startswith("template/adopt/")


def test_a_package_by_its_cookiecutter_keeps_what_runs_it(ours: Repository, tmp_path: Path) -> None:
    tree: dict[str, Content] = {
        "README.md": "# {{cookiecutter.name}}\n\nhttps://github.com/{{cookiecutter.user}}/it\n",
        "MLproject": "name: {{cookiecutter.name}}\n",
        "docker-compose.yml": "image: mlflow/mlflow:v{{cookiecutter.mlflow_version}}\n",
        "confs/training.yaml": "a: 1\n",
        "confs/tuning.yaml": "a: 2\n",
        "invoke.yaml": "name: {{cookiecutter.repository}}\n",
        "src/{{cookiecutter.package}}/scripts.py": "x = 1\n",
        "src/{{cookiecutter.package}}/__init__.py": "# Theirs.\n",
        "pyproject.toml": '[tool.poetry]\nname = "{{cookiecutter.repository}}"\n',
    }
    old = source(tmp_path / "cookiecutter-mlops-package", MLOPS, "repository", tree)
    told = {"name": "Bike Rides", "user": "velo", "mlflow_version": "3.1.4"}
    made = baked(tmp_path, old, told)
    moved = made.path.rename(tmp_path / "elsewhere")
    done = adopt(moved, ours, "--old-template", old.path)
    assert done.data["base"].endswith("v1: 9 of its 9 files are as it renders them")
    found = actions(done)
    assert {path: what for path, what in found.items() if what != "add"} == {
        "README.md": "change",
        "docker-compose.yml": "delete",
        "invoke.yaml": "delete",
        "pyproject.toml": "change",
        "src/churn/__init__.py": "change",
    }
    for path in ("MLproject", "confs/training.yaml", "confs/tuning.yaml", "src/churn/scripts.py"):
        assert path in files(Repository(moved))
