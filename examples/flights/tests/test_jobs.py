"""The six jobs end to end on a tiny sample, and what happens around them."""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import sqlalchemy as sa
from conftest import FAST, Run, configure, job
from matplotlib import rc_context

from flights.configurations import Settings
from flights.evaluation import report
from flights.evaluation.metrics import Predictions
from flights.middleware import lineage
from flights.middleware.errors import UserError
from flights.middleware.tracking import Tracker
from flights.repository.schema import prediction_table


def registered() -> list[tuple[object, ...]]:
    """Return the rows that the business reads."""
    with sa.create_engine("sqlite:///outputs/predictions.db").connect() as connection:
        query = sa.text(
            "SELECT id, model_version, run_id, lineage FROM predictions_tiny ORDER BY id, model_version"
        )
        return [tuple(row) for row in connection.execute(query)]


def test_all_jobs_end_to_end(trained: Path, run: Run, task: str, capsys: pytest.CaptureFixture[str]) -> None:
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


def test_a_class_that_is_not_there_counts_for_nothing() -> None:
    found = Predictions(np.array([0, 1]), np.array([0, 1]), np.eye(3)[[0, 1]], ("p", "q", "r")).metrics()
    assert (found["accuracy"], found["f1"]) == (1.0, 1.0)


def test_a_column_may_be_called_as_a_formula() -> None:
    with rc_context(report.STYLE):
        assert "in $_per_$" in report._svg(report._bars({"in $_per_$": 1.0}))


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_nothing_is_trained_yet(project: Path, task: str) -> None:
    job("retrieve", task)
    with pytest.raises(UserError, match="has no 'champion' yet"):
        job("predict", task)
    with pytest.raises(UserError, match="none was trained: run `train` first"):
        job("evaluate", task)


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_gate_and_champion(trained: Path, run: Run, task: str) -> None:
    def champion() -> int:
        return int(Tracker(configure(task)).version("champion").version)

    with pytest.raises(UserError, match="version 1 replaced no other"):
        job("rollback", task)
    job("train", task, "model=linear", "model.alpha=1e9")
    assert run("evaluate", "evaluate.tolerance=0") == 3
    assert "worse than that of champion (version 1)" in Path("outputs/evaluate/report.html").read_text()
    assert champion() == 1
    job("train", task, "model=linear")
    job("evaluate", task, "evaluate.tolerance=1000", "evaluate.thresholds={roc_auc: 0, r2: 1}")
    assert champion() == 3
    job("evaluate", task, "evaluate.model=1", "evaluate.tolerance=1000", "evaluate.thresholds={}")
    assert champion() == 1
    job("rollback", task)
    assert champion() == 3
    job("rollback", task)
    assert champion() == 1
    with pytest.raises(UserError, match="version 1 replaced no other"):  # it goes in no circle
        job("rollback", task)
    with pytest.raises(UserError, match="was trained here last, not other: run `train` first"):
        job("evaluate", task, "tracking.registered_model=other")


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_reproduce(trained: Path, task: str) -> None:
    job("reproduce", task, "run='1'")
    record = lineage.read(Path("outputs/train/lineage.json"))
    (stored,) = Path("outputs/mlartifacts").rglob("lineage.json")
    assert record is not None
    text = stored.read_text()
    stored.write_text(text.replace("role: target", "role: ignore"))
    with pytest.raises(UserError, match=r"none by today's rules \(.*no column has role target.*dvc checkout"):
        job("reproduce", task, "run='1'")
    stored.write_text(text)
    job("retrieve", task, "data.split.test_size=0.5")
    with pytest.raises(UserError, match="the data is not what that run saw"):
        job("reproduce", task, "run='1'")


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_an_image_knows_its_commit(settings: Settings, task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lineage.collect(settings, "data").git_commit is None  # no repository here
    monkeypatch.setenv("GIT_COMMIT", "c0ffee")
    monkeypatch.setenv("GIT_DIRTY", "M src/main.py")
    record = lineage.collect(settings, "data")
    assert (record.git_commit, record.git_dirty) == ("c0ffee", True)


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_another_split_or_other_columns_are_not_compared(
    trained: Path, run: Run, task: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for change in ("data.columns.id.role=ignore", "data.split.test_size=0.6"):
        job("retrieve", task, change)
        with pytest.raises(UserError, match=r"data.split or the id has changed since version 1 was trained"):
            job("evaluate", task, change)
    fewer = "data.columns.member.role=ignore"
    job("retrieve", task, fewer)
    job("train", task, *FAST, fewer)
    assert run("evaluate", fewer) == 0
    said = capsys.readouterr().err
    assert "not compared with champion version 1: version 1 was trained on other columns or types" in said
    job("rollback", task)


def test_a_model_of_other_types_is_refused(trained: Path, task: str) -> None:
    for change, name in (("count.dtype=float", "count"), ("member.role=ignore", "member")):
        with pytest.raises(UserError, match=rf"version 1 was trained on other columns or types .*: {name}\."):
            job("predict", task, f"data.columns.{change}")


@pytest.mark.parametrize("task", ["regression"], indirect=True)
def test_older_rows_that_come_later_are_not_learnt_from(project: Path, task: str) -> None:
    rows, more = pl.read_csv("tiny.csv"), ("model=linear", "data.split.by=time")
    rows.tail(80).write_csv("tiny.csv")
    for name in ("retrieve", "train", "evaluate"):
        job(name, task, *more)
    rows.write_csv("tiny.csv")
    job("retrieve", task, *more)
    with pytest.raises(UserError, match="the test part has rows that version 1 was trained on: train again"):
        job("evaluate", task, *more)


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_what_is_of_another_is_not_replaced(trained: Path, task: str) -> None:
    Path("folder.parquet").mkdir()
    for output in ("folder.parquet", "data/tiny/train.parquet", "data/tiny/test.parquet"):
        with pytest.raises(UserError, match=f"{output} is there, and is no file of predictions"):
            job("predict", task, f"predict.output={output}")
    predictions = Path("outputs/predict/tiny.parquet")
    with pytest.raises(UserError, match=r"has the columns id BIGINT, .* need id TEXT, "):
        job("register", task, "data.columns.id.dtype=str")
    rows = pl.read_parquet(predictions)
    rows.vstack(rows.head(2)).write_parquet(predictions)
    with pytest.raises(UserError, match="2 rows have an 'id' that others have"):
        job("register", task)
    with pytest.raises(UserError, match="2 rows have an 'id' that others have"):
        job("register", task, "register.table=fresh", "register.batch_size=7")
    rows.with_columns(run_id=pl.lit("other")).write_parquet(predictions)
    with pytest.raises(
        UserError, match=r"has predictions of another version 1 \(run \w+\): name another table"
    ):
        job("register", task)


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_a_lost_model_blocks_nothing(trained: Path, task: str) -> None:
    with pytest.raises(UserError, match="has no 'champoin' yet: did you mean 'champion'"):
        job("predict", task, "predict.model=champoin")
    shutil.rmtree("outputs/mlartifacts")
    with pytest.raises(UserError, match=r"the files of version 1 of '.*-tiny' are not at file:"):
        job("predict", task)
    job("train", task, *FAST)
    job("evaluate", task, "evaluate.tolerance=1")
    job("predict", task)


@pytest.mark.parametrize("task", ["regression"], indirect=True)
def test_a_moved_project_finds_its_models(
    trained: Path, task: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path_factory.mktemp("moved") / "project"
    trained.rename(moved)
    monkeypatch.chdir(moved)
    job("predict", task)
    job("evaluate", task)
    job("train", task, "model=linear", "tracking.experiment=other")
    job("evaluate", task, "evaluate.tolerance=1000")
    job("train", task, "model=linear")  # into the place where it is now
    job("evaluate", task, "evaluate.tolerance=1000")
    job("reproduce", task, "run='1'")
    assert len(list(moved.rglob("model.skops"))) == 3
    assert not trained.exists()


@pytest.mark.parametrize("task", ["regression"], indirect=True)
def test_predict_refuses_what_the_model_does_not_know(trained: Path, task: str) -> None:
    rows = pl.read_csv("tiny.csv")
    rows.drop("amount").write_csv("new.csv")
    with pytest.raises(UserError, match="column 'amount' is not there"):
        job("predict", task, "predict.input=new.csv")
    assert [path.name for path in Path("outputs/predict").iterdir()] == ["tiny.parquet"]  # the old one
    rows.drop("target", "group").write_csv("new.csv")
    job("predict", task, "predict.input=new.csv", "predict.batch_size=50")
    assert len(pl.read_parquet("outputs/predict/tiny.parquet")) == 160
    with pytest.raises(UserError, match=r"gone.parquet is not there"):
        job("predict", task, "predict.input=gone.parquet")


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_multirun_trains_each(project: Path, run: Run, task: str) -> None:
    job("retrieve", task)
    assert run("train", "--multirun", "model=linear", "seed=1,2") == 0
    tracker = Tracker(configure(task))
    assert [int(tracker.version(n).version) for n in (1, 2)] == [1, 2]


def test_predictions_need_an_id(project: Path, task: str) -> None:
    settings = configure(task)
    table = prediction_table(settings.data, "predictions")
    assert [column.name for column in table.primary_key] == ["id", "model_version"]
    assert isinstance(table.c.prediction.type, sa.Text if task == "classification" else sa.Double)
    nameless = configure(task, "data.columns.id.role=ignore")
    with pytest.raises(UserError, match="has role id: predictions need one"):
        prediction_table(nameless.data, "predictions")
