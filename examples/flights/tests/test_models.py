"""Every model passes the suite, and a model's file can't run code."""

from pathlib import Path

import pytest
from conftest import make_frame, overrides
from model_suite import ModelSuite

from flights.compose import load
from flights.configurations import Settings
from flights.middleware.errors import UserError
from flights.models import model_class, names


class TestRandomForest(ModelSuite):
    name = "random_forest"
    quick = ("model.n_estimators=20", "model.n_jobs=1")


class TestLightGBM(ModelSuite):
    name = "lightgbm"
    quick = ("model.n_estimators=50", "model.n_jobs=1")


class TestLinear(ModelSuite):
    name = "linear"


def test_every_model_is_tested() -> None:
    tested = {suite.name for suite in ModelSuite.__subclasses__()}
    assert tested == set(names())


def test_a_type_outside_the_trust_list_is_not_loaded(settings: Settings, task: str) -> None:
    trees = load(overrides(task, "model=random_forest", "model.n_estimators=2"))
    model_class("random_forest")(trees.data, trees.model, 0).fit(make_frame(task)).save(Path("model.skops"))
    linear = model_class("linear")(settings.data, settings.model, seed=0)
    with pytest.raises(UserError, match=r"does not trust: \['sklearn.tree._tree.Tree'\]"):
        linear.load(Path("model.skops"))
