"""The examples are what the template generates plus what their READMEs name; and they run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import polars as pl
import yaml
from rendering import ROOT, render

FLIGHTS = ROOT / "examples" / "flights"
CHANGED = {
    ".copier-answers.yml",  # says from where and from which version
    "README.md",
    "dvc.yaml",
    "hydra/default.yaml",
    "pyproject.toml",
    "requirements.txt",
}
ADDED = {"docs/report.png", "hydra/data/flights.yaml"}
REMOVED = {"hydra/data/empty.yaml"}


def tracked(folder: Path) -> set[str]:
    """The files that git keeps of a folder."""
    command = ["git", "ls-files"]
    listed = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout
    return {name for name in listed.splitlines() if (folder / name).is_file()}


def test_flights_is_what_the_template_generates(template: Path, tmp_path: Path) -> None:
    recorded = yaml.safe_load((FLIGHTS / ".copier-answers.yml").read_text(encoding="utf-8"))
    answers = {name: value for name, value in recorded.items() if not name.startswith("_")}
    fresh = render(template, tmp_path / "flights", answers).path
    generated = {file.relative_to(fresh).as_posix() for file in fresh.rglob("*") if file.is_file()}
    assert tracked(FLIGHTS) == (generated | ADDED) - REMOVED
    differ = {
        name for name in generated - REMOVED if (fresh / name).read_bytes() != (FLIGHTS / name).read_bytes()
    }
    assert differ == CHANGED


def test_flights_learns_from_every_flight(tmp_path: Path) -> None:
    for name in ("hydra", "src", "requirements.txt"):
        (tmp_path / name).symlink_to(FLIGHTS / name)
    environment = {**os.environ, "PYTHONPATH": str(FLIGHTS / "src")}
    quick = ("model.n_estimators=20", "model.num_leaves=15")
    for job in (("retrieve",), ("train", *quick)):
        command = [sys.executable, "-m", "flights.main", *job]
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    train, test = (
        pl.read_parquet(tmp_path / "data" / "flights" / f"{part}.parquet") for part in ("train", "test")
    )
    assert (len(train), len(test)) == (281_297, 55_479)
    assert str(train["time_hour"].max()) < "2013-11-01" <= str(test["time_hour"].min())
    known_afterwards = {"dep_delay", "dep_time", "arr_time", "arr_delay", "air_time"}
    assert not known_afterwards & set(train.columns)
