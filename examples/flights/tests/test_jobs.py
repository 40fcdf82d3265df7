"""The six jobs end to end on a tiny sample, and what happens around them."""

import json
import re
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa
from conftest import Run, overrides

from flights.compose import load
from flights.middleware import lineage
from flights.middleware.tracking import Tracker

FAST = ("model=random_forest", "model.n_estimators=8", "model.n_jobs=1")


def registered() -> list[tuple[object, ...]]:
    """Return the rows that the business reads."""
    with sa.create_engine("sqlite:///outputs/predictions.db").connect() as connection:
        query = sa.text(
            "SELECT id, model_version, run_id, lineage FROM predictions ORDER BY id, model_version"
        )
        return [tuple(row) for row in connection.execute(query)]


def test_all_jobs_end_to_end(project: Path, run: Run, task: str, capsys: pytest.CaptureFixture[str]) -> None:
    for job in ("retrieve", "optimize", "train", "evaluate", "predict", "register"):
        assert run(job, *FAST) == 0, job
    record = lineage.read(Path("outputs/train/lineage.json"))
    assert record is not None
    found = json.loads(Path("outputs/evaluate/metrics.json").read_text())
    assert found["metrics"] == pytest.approx(record.metrics)
    assert found["lineage"] == record.key
    test = pl.read_parquet("data/tiny/test.parquet")
    rows = registered()
    assert rows == [(id_, 1, record.run_id, record.key) for id_ in sorted(test["id"])]
    assert run("register", *FAST) == 0
    assert registered() == rows
    page = Path("outputs/evaluate/report.html").read_text()
    assert page.count("<svg") == (4 if task == "classification" else 3)
    assert "Passed the gate" in page
    assert not re.search(r"(src|href)=.(?!#)", page)  # nothing is loaded from elsewhere
    capsys.readouterr()
    assert run("summary", *FAST) == 0
    assert "where things are" in capsys.readouterr().out.lower()


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_gate_champion_rollback_reproduce(
    project: Path, run: Run, task: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("retrieve") == 0
    assert run("predict") == 1
    assert "has no 'champion' yet" in capsys.readouterr().err
    assert run("evaluate") == 1
    assert "no model has been trained here yet" in capsys.readouterr().err
    assert run("train", "model=linear") == 0
    assert run("evaluate") == 0
    assert run("rollback") == 1
    hopeless = "model.alpha=1e9"
    assert run("train", "model=linear", hopeless) == 0
    assert run("evaluate", "evaluate.tolerance=0") == 3
    assert "is worse than that of champion (version 1)" in capsys.readouterr().err
    assert "Refused" in Path("outputs/evaluate/report.html").read_text()
    tracker = Tracker(load(overrides(task)))
    champion = tracker.champion()
    assert champion is not None
    assert int(champion.version) == 1
    assert run("train", *FAST) == 0
    assert run("evaluate", "evaluate.tolerance=1000", "~evaluate.minimum", "+evaluate.minimum={}") == 0
    assert int(tracker.version("champion").version) == 3
    assert run("rollback") == 0
    assert int(tracker.version("champion").version) == 1
    assert run("reproduce", "3") == 0
    assert run("reproduce", "1") == 0
    assert run("retrieve", "data.split.test_size=0.5") == 0
    assert run("reproduce", "1") == 1
    assert "the data is not what that run saw" in capsys.readouterr().err


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_another_split_or_other_columns_are_not_compared(
    project: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for job in ("retrieve", "train", "evaluate"):
        assert run(job, *FAST) == 0
    assert run("retrieve", "data.split.test_size=0.6") == 0
    assert run("evaluate", "data.split.test_size=0.6") == 1
    assert "data.split has changed since version 1 was trained" in capsys.readouterr().err
    fewer = "data.columns.member.role=ignore"
    assert run("retrieve", fewer) == 0
    assert run("train", *FAST, fewer) == 0
    assert run("evaluate", fewer) == 0
    assert (
        "not compared with champion version 1: the model was trained on other columns"
        in capsys.readouterr().err
    )
    assert run("rollback") == 0


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_a_moved_project_finds_its_models(
    project: Path, run: Run, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for job in ("retrieve", "train", "evaluate"):
        assert run(job, *FAST) == 0
    moved = tmp_path_factory.mktemp("moved") / "project"
    project.rename(moved)
    monkeypatch.chdir(moved)
    assert run("predict") == 0
    assert run("reproduce", "1") == 0


@pytest.mark.parametrize("task", ["regression"], indirect=True)
def test_trials_are_child_runs(project: Path, run: Run, task: str) -> None:
    assert run("retrieve") == 0
    for _ in range(2):  # a second search finds nothing left to do, and logs nothing twice
        assert run("optimize", "model=linear") == 0
    tracker = Tracker(load(overrides(task)))
    runs = tracker.mlflow.search_runs(output_format="list")
    parents = [r for r in runs if r.data.tags.get("job") == "optimize"]
    children = [r for r in runs if r.data.tags.get("mlflow.parentRunId") == parents[0].info.run_id]
    assert (len(parents), sorted(r.data.tags["trial"] for r in children)) == (1, ["0", "1", "2"])


@pytest.mark.parametrize("task", ["regression"], indirect=True)
def test_predict_refuses_what_the_model_does_not_know(
    project: Path, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    for job in ("retrieve", "train", "evaluate"):
        assert run(job, *FAST) == 0
    pl.read_csv("tiny.csv").drop("amount").write_csv("new.csv")
    assert run("predict", *FAST, "predict.input=new.csv") == 1
    assert "column 'amount' is not there" in capsys.readouterr().err
    assert not Path("outputs/predict").exists() or not list(Path("outputs/predict").iterdir())
    pl.read_csv("tiny.csv").drop("target", "group").write_csv("new.csv")
    assert run("predict", *FAST, "predict.input=new.csv", "predict.batch_size=50") == 0
    assert len(pl.read_parquet("outputs/predict/predictions.parquet")) == 160
    assert run("predict", *FAST, "predict.input=gone.parquet") == 1


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_multirun_trains_each(project: Path, run: Run, task: str) -> None:
    assert run("retrieve") == 0
    assert run("train", "--multirun", "model=linear", "seed=1,2") == 0
    tracker = Tracker(load(overrides(task)))
    assert [int(tracker.version(n).version) for n in (1, 2)] == [1, 2]
