"""What a person's code imports of the old template stays, whether edited or not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from adopting import MAPPING, actions, adopt, baked, files, repository, target
from evolving import Content

from mlkata.adopt import imports

PKG = "{{cookiecutter.slug}}/{{cookiecutter.slug}}"
OLD: dict[str, Content] = {
    "cookiecutter.json": json.dumps({"slug": "thing"}),
    f"{PKG}/__init__.py": "# {{cookiecutter.slug}}\n",
    f"{PKG}/config.py": "from {{cookiecutter.slug}} import paths\n",
    f"{PKG}/paths.py": "DATA = 'data'\n",
    f"{PKG}/plots.py": "x = 1\n",
    f"{PKG}/train.py": "from {{cookiecutter.slug}}.config import DATA\n",
    "{{cookiecutter.slug}}/README.md": "Old.\n",
}


def test_a_module_that_edited_code_imports_stays_with_what_it_imports(tmp_path: Path) -> None:
    old = repository(tmp_path / "oldtemplate", OLD, tag="1.0")
    made = baked(tmp_path, old, {"slug": "churn"})
    made.commit({"churn/train.py": "from churn.config import DATA\n\nprint(DATA)\n"})
    done = adopt(made, target(tmp_path / "target", {"adopt/old.yml": MAPPING}), "--old-template", old.path)
    found = actions(done)
    assert {path: what for path, what in found.items() if what != "add"} == {
        "README.md": "change",
        "churn/plots.py": "delete",
        "churn/train.py": "kept",
    }
    assert {"churn/__init__.py", "churn/config.py", "churn/paths.py"} < set(files(made))
    assert (
        "3 files of the old template stay: your code may need them. They are yours from now on."
        in done.data["notes"]
    )


def test_nothing_stays_of_what_was_never_edited(tmp_path: Path) -> None:
    old = repository(tmp_path / "oldtemplate", OLD, tag="1.0")
    made = baked(tmp_path, old, {"slug": "churn"})
    done = adopt(made, target(tmp_path / "target", {"adopt/old.yml": MAPPING}), "--old-template", old.path)
    assert not [path for path in files(made) if path.startswith("churn/")]
    assert not [note for note in done.data["notes"] if "stay" in note]


@pytest.mark.parametrize(
    ("code", "needed"),
    [
        ("import churn.config\n", "__init__ config"),
        ("import numpy as np, churn.config as c\n", "__init__ config"),
        ("from churn import plots as p, config\n", "__init__ config plots"),
        ("from churn import (\n    plots,\n    config,\n)\n", "__init__ config plots"),
        ("from . import plots\n", "plots __init__"),
        ("from .config import A\n", "config __init__"),
        ("    from src.churn.plots import A\n", "plots __init__"),
        ("# from the plots\nimportant = 1\n", ""),
        ("from elsewhere import plots\n", ""),
        ("import {\n", ""),
    ],
)
@pytest.mark.parametrize("folder", ["src/churn", "churn"])
def test_imports_as_people_write_them(code: str, needed: str, folder: str) -> None:
    modules = {f"{folder}/{name}.py": "" for name in ("__init__", "config", "plots")}
    if "src." in code and folder == "churn":
        needed = ""
    found = imports.needed({f"{folder}/mine.py": code}, modules)
    assert found == {f"{folder}/{name}.py" for name in needed.split()}


def test_a_notebook_imports_too() -> None:
    cell = json.dumps({"cells": [{"source": ["import os\n", "from churn.config import A\n"]}]}, indent=1)
    found = imports.needed({"notebooks/look.ipynb": cell}, {"churn/config.py": "", "churn/plots.py": ""})
    assert found == {"churn/config.py"}
