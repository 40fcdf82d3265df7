"""What every model must do, and that a model's file can't run code. A new model's tests are three lines:

class TestMine(ModelSuite):
    name = "mine"
"""

from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from conftest import configure, make_frame
from skops.io import dump

from flights.configurations import Settings
from flights.evaluation.metrics import Predictions, intervals, shown, table
from flights.middleware.errors import UserError
from flights.models import model_class, names
from flights.models.base_model import BaseModel
from flights.optimizer.schema import search_space


class ModelSuite:
    """Inherit, and say which model; every test runs for both tasks."""

    name: str
    quick: tuple[str, ...] = ()  # what makes it small enough for a test

    @pytest.fixture
    def settings(self, project: Path, task: str) -> Settings:
        """Settings with this model."""
        return configure(task, f"model={self.name}", *self.quick)

    @pytest.fixture
    def frame(self, task: str) -> pl.DataFrame:
        """Rows to learn from."""
        return make_frame(task)

    def make(self, settings: Settings, seed: int = 0) -> BaseModel:
        """Return an unfitted model."""
        return model_class(self.name)(settings.data, settings.model, seed)

    def output(self, model: BaseModel, frame: pl.DataFrame) -> Any:
        """Return what the model says of each row, as numbers."""
        return model.probabilities(frame) if model.data.task == "classification" else model.predict(frame)

    def test_shapes(self, settings: Settings, frame: pl.DataFrame, task: str) -> None:
        model = self.make(settings).fit(frame)
        assert model.predict(frame).shape == (len(frame),)
        if task == "classification":
            assert model.classes == ["no", "yes"]
            assert model.probabilities(frame).shape == (len(frame), 2)
            np.testing.assert_allclose(model.probabilities(frame).sum(axis=1), 1)

    def test_same_seed_same_model(self, settings: Settings, frame: pl.DataFrame) -> None:
        one, two = (self.output(self.make(settings, seed=3).fit(frame), frame) for _ in range(2))
        np.testing.assert_allclose(one, two)

    def test_saved_and_loaded_is_equal(self, settings: Settings, frame: pl.DataFrame, tmp_path: Path) -> None:
        model = self.make(settings).fit(frame)
        dump(model.pipeline, tmp_path / "model.skops")
        again = self.make(settings).load(tmp_path / "model.skops")
        np.testing.assert_allclose(self.output(model, frame), self.output(again, frame))

    def test_learns_what_is_there(self, settings: Settings, frame: pl.DataFrame, task: str) -> None:
        """A small batch that it has seen is nearly right: labels and features are not mixed up on the way."""
        model = self.make(settings).fit(frame)
        found, truth = model.predict(frame), frame["target"].to_numpy()
        score = (found == truth).mean() if task == "classification" else np.corrcoef(found, truth)[0, 1]
        assert score > 0.8

    def test_unseen_category_and_missing_values(self, settings: Settings, frame: pl.DataFrame) -> None:
        model = self.make(settings).fit(frame)
        odd = frame.head(3).with_columns(
            colour=pl.Series(["violet", None, ""]),
            count=pl.lit(None, pl.Int64),
            amount=pl.lit(None, pl.Float64),
        )
        assert np.isfinite(self.output(model, odd)).all()

    def test_other_columns_do_not_matter(self, settings: Settings, frame: pl.DataFrame) -> None:
        """Only features reach it: not the id, the time, sensitive columns, nor their order in the frame."""
        model = self.make(settings).fit(frame)
        bare = frame.select(sorted(settings.data.features, reverse=True))
        np.testing.assert_allclose(self.output(model, frame), self.output(model, bare))

    def test_search_space_is_valid(self, settings: Settings) -> None:
        assert set(search_space(settings.model)) <= set(settings.model.parameters())


class TestRandomForest(ModelSuite):
    name = "random_forest"
    quick = ("model.n_estimators=20", "model.n_jobs=1")


class TestLightGBM(ModelSuite):
    name = "lightgbm"
    quick = ("model.n_estimators=50", "model.n_jobs=1")


class TestLinear(ModelSuite):
    name = "linear"


def test_a_metric_that_no_sample_has_gets_no_interval() -> None:
    rare = Predictions(np.arange(20), np.arange(20), np.full((20, 20), 0.05), tuple("abcdefghijklmnopqrst"))
    found: dict[str, Any] = {
        "metrics": rare.metrics(),
        "intervals": intervals(rare, 20, seed=0),
        "baseline": {},
    }
    assert found["metrics"].keys() - found["intervals"].keys() == {"roc_auc", "average_precision"}
    rows = table({**found, "champion": None, "model": {"version": 1}})
    assert ["roc_auc", "0.5000", "–", "–"] in rows
    assert (shown(-0.00071), shown(66858.7177)) == ("-0.0007", "66,859")


def test_every_model_is_tested() -> None:
    for file in Path(__file__).parent.glob("test_model_*.py"):
        import_module(file.stem)
    tested = {suite.name for suite in ModelSuite.__subclasses__()}
    assert tested == set(names())


def test_a_type_outside_the_trust_list_is_not_loaded(settings: Settings, task: str) -> None:
    trees = configure(task, "model=random_forest", "model.n_estimators=2")
    forest = model_class("random_forest")(trees.data, trees.model, 0).fit(make_frame(task))
    dump(forest.pipeline, "model.skops")
    linear = model_class("linear")(settings.data, settings.model, seed=0)
    with pytest.raises(UserError, match=r"does not trust: \['sklearn.tree._tree.Tree'\]"):
        linear.load(Path("model.skops"))
