"""A tiny project in a temporary folder: this one's configuration, and a made-up data set of every type."""

import os
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import yaml

from flights.configurations import Settings, load
from flights.main import main

HYDRA = Path(__file__).parents[1] / "hydra"
SMALL = ["outputs=outputs", "evaluate.bootstrap=20", "optimizer.n_trials=3", "optimizer.folds=2"]

FAST = ("model=random_forest", "model.n_estimators=8", "model.n_jobs=1")
TRAINED: dict[str, Path] = {}

Run = Callable[..., int]


def make_frame(task: str, rows: int = 160) -> pl.DataFrame:
    """Return rows whose target follows from `amount` and `colour`, and from nothing else."""
    draw = np.random.default_rng(7)
    amount = draw.normal(size=rows)
    colour = draw.choice(["red", "green", "blue"], rows)
    signal = amount + (colour == "red") + 0.3 * draw.normal(size=rows)
    target: Any = (
        np.where(signal > signal.mean(), "yes", "no") if task == "classification" else 10 + 5 * signal
    )
    return pl.DataFrame(
        {
            "id": range(1000, 1000 + rows),
            "when": [date(2024, 1, 1) + timedelta(days=day) for day in range(rows)],
            "amount": amount,
            "count": [None if row % 9 == 0 else row % 5 for row in range(rows)],
            "colour": [None if row % 11 == 0 else str(value) for row, value in enumerate(colour)],
            "member": draw.random(rows) > 0.5,
            "group": draw.choice(["a", "b"], rows),
            "target": target,
        }
    )


def make_data(task: str) -> dict[str, Any]:
    """Return the YAML of `make_frame`, as a dictionary."""
    classes = {"dtype": "str", "allowed": ["no", "yes"]} if task == "classification" else {"dtype": "float"}
    return {
        "name": "tiny",
        "task": task,
        "source": {"kind": "csv", "uri": "tiny.csv", "query": None},
        "split": {"by": "hash", "test_size": 0.3, "cutoff": None, "stratify": False},
        "columns": {
            "id": {"dtype": "int", "role": "id"},
            "when": {"dtype": "date", "role": "time"},
            "amount": {"dtype": "float", "role": "feature", "min": -10, "max": 10},
            "count": {"dtype": "int", "role": "feature", "nullable": True},
            "colour": {"dtype": "str", "role": "feature", "nullable": True},
            "member": {"dtype": "bool", "role": "feature"},
            "group": {"dtype": "str", "role": "sensitive"},
            "target": {"role": "target", **classes},
        },
    }


@pytest.fixture(params=["classification", "regression"])
def task(request: pytest.FixtureRequest) -> str:
    """Either task."""
    return str(request.param)


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty MLflow store, made once: the first use of a database takes seconds."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}").search_experiments(max_results=1)
    return path


@pytest.fixture
def project(task: str, tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own: configuration and data, nothing retrieved yet; the current folder."""
    shutil.copytree(HYDRA, tmp_path / "hydra")
    (tmp_path / "hydra/data/tiny.yaml").write_text(yaml.safe_dump(make_data(task), sort_keys=False))
    make_frame(task).write_csv(tmp_path / "tiny.csv")
    (tmp_path / "outputs").mkdir()
    shutil.copy(store, tmp_path / "outputs")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def overrides(task: str, *more: str) -> list[str]:
    """Return what makes any job quick and about the tiny data set."""
    metric, least = ("roc_auc", "{roc_auc: 0.6}") if task == "classification" else ("rmse", "{r2: 0.1}")
    gate = ["~evaluate.thresholds", f"+evaluate.thresholds={least}"]
    return ["data=tiny", *SMALL, f"metric={metric}", *gate, *more]


@cache
def configure(task: str, *more: str) -> Settings:
    """Return the tiny project's settings: the same wherever it lies, and frozen, so composed once."""
    os.environ.pop("MLFLOW_TRACKING_URI", None)  # MLflow sets it, for its own children
    return load(overrides(task, *more))


@pytest.fixture
def settings(project: Path, task: str) -> Settings:
    """The tiny project's settings."""
    return configure(task)


@pytest.fixture
def run(project: Path, task: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a job as the command does, and return its exit code."""

    def command(name: str, *more: str) -> int:
        monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)  # MLflow sets it, for its own children
        return main([name, *overrides(task, *more)])

    return command


def job(name: str, task: str, *more: str) -> None:
    """Run a job's function on settings that are composed once: Hydra takes half of a small job's time."""
    getattr(import_module(f"flights.jobs.{name}"), name)(configure(task, *more))


@pytest.fixture
def trained(project: Path, task: str, run: Run, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project after the pipeline: run once for each task, then copied, as models survive a move."""
    if task in TRAINED:
        shutil.copytree(TRAINED[task], project, dirs_exist_ok=True)
    else:
        for job in ("retrieve", "optimize", "train", "evaluate", "predict", "register"):
            assert run(job, *FAST) == 0, job
        TRAINED[task] = tmp_path_factory.mktemp("trained") / task
        shutil.copytree(project, TRAINED[task])
    return project
