"""Whole projects run for real: their pipeline by DVC, their own tests, style and types."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from rendering import ROOT
from running import CONFIGURATIONS, JOBS, Project, trained

HEAVY = "hydra joblib lightgbm matplotlib mlflow numpy pandas pandera polars pydantic skops sklearn"


@pytest.fixture(params=CONFIGURATIONS)
def project(
    request: pytest.FixtureRequest, template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """Give each configuration, trained."""
    return trained(template, tmp_path_factory, request.param)


def test_dvc_runs_every_job_and_then_nothing(project: Project, tmp_path: Path) -> None:
    """Each stage once, in order; then every stage is skipped, and nothing that git sees has changed."""
    said = (project.path.parent / "repro.txt").read_text(encoding="utf-8")
    ran = [line.split("'")[1] for line in said.splitlines() if line.startswith("Running stage")]
    assert ran == project.jobs
    assert ("optimize" in ran) == (project.package != "plain")
    own = project.copy(tmp_path / "own")
    before = own.run("git", "status", "--porcelain")
    again = own.run("dvc", "repro")
    assert again.count("didn't change, skipping") == len(ran)
    assert "Running stage" not in again
    assert own.run("git", "status", "--porcelain") == before
    assert own.leftovers() == []
    metrics = json.loads((own.path / "outputs/evaluate/metrics.json").read_text())
    assert metrics["refused"] == []
    receipt = json.loads((own.path / "outputs/register/receipt.json").read_text())
    assert receipt["rows"] == receipt["new"] == metrics["rows"]


def test_a_failed_stage_loses_nothing(project: Project, tmp_path: Path) -> None:
    """DVC removes what a stage makes before it runs, where it is not told to let it stay."""
    own = project.copy(tmp_path / "own")
    before = {path.name: path.read_bytes() for path in own.path.glob("data/*/*.parquet")}
    assert sorted(before) == ["test.parquet", "train.parquet"]
    (data,) = own.path.glob("hydra/data/*.yaml")
    for name, old, new in (
        (data, "uri: ", "uri: no_"),
        (own.path / "hydra/default.yaml", "seed: 0", "seed: -1"),
    ):
        text = name.read_text()
        assert old in text
        name.write_text(text.replace(old, new))
        own.run("dvc", "repro", code=255)
        name.write_text(text)
    assert {path.name: path.read_bytes() for path in own.path.glob("data/*/*.parquet")} == before
    made = {job for job in JOBS if list((own.path / "outputs" / job).glob("*"))}
    assert made == {*project.jobs} - {"retrieve"}


def test_its_own_tests_pass(project: Project, tmp_path: Path) -> None:
    """As `make test` runs them."""
    own = project.copy(tmp_path / "own")
    own.run("pytest")
    assert "outputs/predictions.db" in own.files()


def test_style_and_types_are_clean(project: Project, tmp_path: Path) -> None:
    """As `make check` looks at them; mypy is strict."""
    own = project.copy(tmp_path / "own")
    own.run("ruff", "check", "--no-cache")
    own.run("ruff", "format", "--check", "--no-cache")
    own.run("mypy", f"--cache-dir={ROOT / '.mypy_cache' / 'generated'}")


def test_help_imports_no_heavy_library(project: Project) -> None:
    """So that it answers at once."""
    code = "import sys; from {}.main import main; main(['--help']); print(*sys.modules)"
    modules = {
        name.split(".")[0] for name in project.run(sys.executable, "-c", code.format(project.package)).split()
    }
    assert project.package in modules
    assert modules & set(HEAVY.split()) == set()
