"""Others' templates as they are known: their questions, and the files that they leave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from adopting import repository
from evolving import Content, Repository

CCDS_1: dict[str, Any] = {
    "project_name": "Churn Model",
    "repo_name": "churn-model",
    "author_name": "Team Blue",
    "description": "Who leaves?",
    "open_source_license": "BSD-3-Clause",
    "s3_bucket": "blue-churn",
    "aws_profile": "default",
    "python_interpreter": "python3",
}
CCDS_2: dict[str, Any] = {
    "project_name": "Churn Model",
    "repo_name": "churn_model",
    "module_name": "churn",
    "author_name": "Your name (or your organization/company/team)",
    "description": "A short description of the project.",
    "python_version_number": "3.12.4",
    "dataset_storage": {"gcs": {"bucket": "blue"}},
    "environment_manager": "conda",
    "dependency_file": "environment.yml",
    "pydata_packages": "basic",
    "open_source_license": "No license file",
    "docs": "none",
    "include_code_scaffold": "Yes",
}
MLOPS: dict[str, Any] = {
    "user": "blue",
    "name": "Churn Model",
    "repository": "churn-model",
    "package": "churn",
    "license": "MIT",
    "version": "0.1.0",
    "description": "Who leaves?",
    "python_version": "3.13",
    "mlflow_version": "2.19.0",
}
KEDRO: dict[str, Any] = {
    "project_name": "Churn Model",
    "repo_name": "churn-model",
    "python_package": "churn",
    "kedro_version": "1.0.0",
    "tools": "none",
    "example_pipeline": "no",
}


def source(path: Path, context: dict[str, Any], folder: str, tree: dict[str, Content]) -> Repository:
    """A cookiecutter with the questions of a known one."""
    return repository(
        path,
        {
            "cookiecutter.json": json.dumps(context),
            **{f"{{{{cookiecutter.{folder}}}}}/{name}": content for name, content in tree.items()},
        },
        tag="v1",
    )


LIGHTNING: dict[str, Content] = {
    ".project-root": "# marks the root\n",
    "configs/train.yaml": "seed: null\n",
    "configs/hydra/default.yaml": "a: 1\n",
    "src/train.py": "x = 1\n",
    "src/eval.py": "x = 1\n",
    "src/models/net.py": "y = 1\n",
    "notebooks/.gitkeep": "",
    "requirements.txt": "torch>=2\n",
    ".github/workflows/style.yaml": "on: push\n",
}
DRIVEN: dict[str, Content] = {
    "Makefile": "PROJECT_NAME = churn\n",
    "references/.gitkeep": "",
    "reports/figures/.gitkeep": "",
    "src/models/train_model.py": "",
    "src/__init__.py": "",
    "data/raw/.gitkeep": "",
    "setup.py": (
        "from setuptools import setup\nsetup(name='src', author='Ann', license='MIT', description='Who?')\n"
    ),
}
PACKAGE: dict[str, Content] = {
    "MLproject": "name: churn\n",
    "confs/training.yaml": "a: 1\n",
    "src/churn/scripts.py": "",
    "src/churn/__init__.py": "",
}
