"""The search: what is refused before the first trial, what survives a stop."""

from pathlib import Path

import polars as pl
import pytest
import yaml
from conftest import configure, job, make_frame, overrides

from flights.configurations import load
from flights.middleware.errors import UserError
from flights.middleware.tracking import Tracker
from flights.optimizer.optimizer import Optimizer, best_parameters
from flights.optimizer.schema import search_space


@pytest.mark.parametrize("task", ["classification"], indirect=True)
@pytest.mark.parametrize(
    ("space", "message"),
    [
        (
            "{alpa: {type: float, low: 1.0, high: 2.0}}",
            "alpa: the model has no such parameter; did you mean",
        ),
        ("{alpha: {type: float, low: 2.0, high: 1.0}}", "alpha: `low <= high` must hold"),
        ("{alpha: {type: float, low: 0.0, high: 1.0}}", "alpha: Input should be greater than 0"),
        (
            "{max_iter: {type: int, low: 1, high: 9, step: 2, log: true}}",
            "max_iter: Samplers and other components in Optuna only accept step is 1",
        ),
        ("{max_iter: {type: float, low: 1.5, high: 9.5}}", "max_iter: Input should be a valid integer"),
        ("{max_iter: {type: int, low: 1.5, high: 9}}", "max_iter: Input should be a valid integer"),
        (
            "{alpha: {type: int, low: 0.2, high: 9}}",
            "alpha: 'float' object cannot be interpreted as an integer",
        ),
        ("{max_iter: {type: categorical, choices: [10, many]}}", "max_iter: Input should be a valid integer"),
        ("{max_iter: {type: integer, low: 1, high: 9}}", "max_iter: there is no type 'integer'"),
    ],
)
def test_a_wrong_space_is_named(project: Path, task: str, space: str, message: str) -> None:
    model = configure(task, "model=linear").model
    with pytest.raises(UserError) as error:
        search_space(model.model_copy(update={"search_space": yaml.safe_load(space)}))
    assert message in str(error.value)


def test_rows_of_one_moment_are_in_one_fold(project: Path, task: str) -> None:
    frame = make_frame(task).with_columns(pl.col("when").dt.truncate("1mo"))
    for train, test in Optimizer(configure(task, "data.split.by=time"), "data")._folds(frame):
        assert len(train) > 0
        assert frame["when"][train].max() < frame["when"][test].min()
    one = frame.with_columns(when=frame["when"].min())
    with pytest.raises(UserError, match="'when' has too few moments in the train part"):
        Optimizer(configure(task, "data.split.by=time"), "data")._folds(one)


@pytest.mark.parametrize("task", ["regression"], indirect=True)
def test_other_code_is_another_search(project: Path, task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Optimizer(configure(task), "data").name
    monkeypatch.setattr(Path, "read_text", lambda _: "edited")
    assert Optimizer(configure(task), "data").name != before


def test_a_stopped_search_goes_on(project: Path, task: str) -> None:
    frame = make_frame(task)
    more = ("model=linear", "optimizer.n_trials=4")
    stopped = Optimizer(configure(task, *more), "data")
    trials = stopped.run(frame)
    next(trials)
    stopped.study().ask()  # a trial that never ends, as after a kill
    del trials
    again = Optimizer(configure(task, *more), "data")
    left = again.remaining()
    assert 0 < len(left) < 4
    assert len(list(again.run(frame))) == len(left)
    assert again.remaining() == []
    assert Optimizer(configure(task, *more), "other data").remaining() == [0, 1, 2, 3]


@pytest.mark.parametrize("task", ["regression"], indirect=True)
def test_processes_share_one_study(project: Path, task: str) -> None:
    settings = configure(task, "model=linear", "optimizer.n_trials=6", "optimizer.n_jobs=2")
    optimizer = Optimizer(settings, "data")
    assert sorted(optimizer.run(make_frame(task))) == [0, 1, 2, 3, 4, 5]
    parameters, score = optimizer.save_best()
    saved = yaml.safe_load(Path("outputs/optimize/tiny-linear.yaml").read_text())
    assert (list(parameters), saved["parameters"], saved["trials"]) == (["alpha"], parameters, 6)
    assert score == optimizer.study().best_value


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_train_picks_up_the_best_but_what_is_typed_wins(project: Path, task: str) -> None:
    job("retrieve", task)
    job("optimize", task, "model=lightgbm")
    found = yaml.safe_load(Path("outputs/optimize/tiny-lightgbm.yaml").read_text())["parameters"]
    assert set(found) == {"learning_rate", "num_leaves", "min_child_samples"}
    plain = configure(task, "model=lightgbm")
    assert best_parameters(plain) == found
    typed = configure(task, "model=lightgbm", "model.num_leaves=9")
    assert best_parameters(typed) == {name: value for name, value in found.items() if name != "num_leaves"}
    assert best_parameters(configure(task, "model=lightgbm", "optimizer.apply=false")) == {}
    assert best_parameters(configure(task, "model=linear")) == {}
    model = Path("hydra/model/lightgbm.yaml")
    model.write_text(model.read_text().replace("num_leaves: 31", "num_leaves: 15"))
    edited = load(overrides(task, "model=lightgbm"))  # since then: what was found is of old
    assert best_parameters(edited) == {}


@pytest.mark.parametrize("task", ["regression"], indirect=True)
def test_trials_are_child_runs(project: Path, task: str) -> None:
    job("retrieve", task)
    for _ in range(2):  # a second search finds nothing left to do, and logs nothing twice
        job("optimize", task, "model=linear")
    runs = Tracker(configure(task)).runs("")
    parents = [run for run in runs if run.data.tags.get("job") == "optimize"]
    children = [run for run in runs if run.data.tags.get("mlflow.parentRunId") == parents[0].info.run_id]
    assert (len(parents), sorted(run.data.tags["trial"] for run in children)) == (1, ["0", "1", "2"])
