"""Jobs that are killed leave nothing half-written, and the next run makes what they would have made."""

from __future__ import annotations

import json
import os
import random
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import yaml
from running import JOBS, Job, Project, trained

DATA = "data/breast_cancer"
SMALL = ("optimizer.n_trials=4", "optimizer.folds=2", "model=linear", "evaluate.bootstrap=20")


# Kills


def outcome(project: Project, job: str) -> Any:
    """Give what a job has made, as far as it is the same each time."""
    outputs = project.path / "outputs"
    if job == "retrieve":
        return [(project.path / DATA / part).read_bytes() for part in ("train.parquet", "test.parquet")]
    if job == "optimize":
        return yaml.safe_load((outputs / "optimize/breast_cancer-linear.yaml").read_text())["parameters"]
    if job == "train":
        record = json.loads((outputs / "train/lineage.json").read_text())
        return {name: record[name] for name in record if name not in ("run_id", "model_version")}
    if job == "evaluate":
        return json.loads((outputs / "evaluate/metrics.json").read_text())
    if job == "predict":
        return pl.read_parquet(outputs / "predict/breast_cancer.parquet").rows()
    with closing(sqlite3.connect(outputs / "predictions.db")) as connection:
        table = "predictions_breast_cancer"
        return connection.execute(f"SELECT * FROM {table} ORDER BY model_version, id").fetchall()


def begin(project: Project, arguments: tuple[str, ...]) -> Job:
    """Start a job, and wait until it is past the imports that every command begins with."""
    job = project.start(*arguments)
    while job.process.is_alive() and not job.started():
        time.sleep(0.01)
    return job


def interrupt(project: Project, arguments: tuple[str, ...], number: signal.Signals, delay: float) -> None:
    """Send a signal to a job while it runs: earlier, where it had ended before."""
    while True:
        job = begin(project, arguments)
        time.sleep(delay)
        if job.process.is_alive():
            os.kill(job.process.pid, number)
        said = job.wait(None)
        if job.process.exitcode:
            break
        delay *= 0.7
    if number == signal.SIGKILL:
        assert job.process.exitcode == -signal.SIGKILL
    else:
        assert job.process.exitcode == 130, said
        assert said.count("interrupted; what was complete before is unchanged") == 1
        assert "Traceback" not in said


@pytest.mark.parametrize("name", JOBS)
def test_a_job_that_was_killed_runs_again(
    template: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    """Four times each, at instants spread over its run; what it then makes is what it would have made."""
    arguments = (name, *SMALL)
    source = trained(template, tmp_path_factory, "grades")
    fresh, killed = (source.copy(tmp_path / folder) for folder in ("fresh", "killed"))
    job, begun = begin(fresh, arguments), time.monotonic()
    job.wait()
    whole = time.monotonic() - begun
    draw = random.Random(name)
    for quarter in range(4):
        number = signal.SIGKILL if quarter % 2 else signal.SIGINT
        interrupt(killed, arguments, number, whole * (quarter + draw.random()) / 4)
    killed.job(*arguments)
    assert killed.leftovers() == []
    assert outcome(killed, name) == outcome(fresh, name)
