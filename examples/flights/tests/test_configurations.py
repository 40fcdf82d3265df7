"""Every file under hydra/ composes, and what is wrong in one is named."""

from pathlib import Path

import pytest
from conftest import HYDRA, overrides

from flights.configurations import Settings, load
from flights.middleware.errors import UserError

CHOICES = [f"{file.parent.name}={file.stem}" for file in sorted(HYDRA.glob("*/*.yaml"))]


@pytest.mark.parametrize("choice", CHOICES)
def test_every_choice_composes(choice: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://host/database")
    settings = load([choice], HYDRA)
    group, name = choice.split("=")
    if group in ("data", "model"):
        assert getattr(settings, group).name == name


@pytest.mark.parametrize("task", ["classification"], indirect=True)
@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("model.max_iter=many", "model.max_iter: Input should be a valid integer"),
        ("+model.alpa=2", "model.alpa: there is no such key; did you mean 'alpha'?"),
        (
            "+data.split.teste_size=0.1",
            "data.split.teste_size: there is no such key; did you mean 'test_size'?",
        ),
        (
            "+data.columns.amount.rol=id",
            "data.columns.amount.rol: there is no such key; did you mean 'role'?",
        ),
        ("data.split.test_size=1.5", "data.split.test_size: Input should be less than 1"),
        ("metric=roc_auk", "metric: there is no 'roc_auk'"),
        ("metric=rmse", "metric: there is no 'rmse'"),
        ("metric=''", "metric: there is no ''"),
        ("evaluate.slices=[grup]", "evaluate.slices: there is no 'grup'; did you mean 'group'?"),
        ("+evaluate.thresholds.logloss=1", "evaluate.thresholds: there is no 'logloss'"),
        ("data.columns.amount.role=target", "only one column can have role target: amount, target"),
        ("data.columns.target.role=feature", "no column has role target"),
        ("data.columns.when.role=feature", "feature 'when' is a date"),
        ("data.columns.amount.min=low", "'low' is no float"),
        ("data.columns.amount.dtype=bool", "bool has no min or max"),
        ("data.columns.target.allowed=[1]", "data.columns.target: 1 is no str"),
        ("data.columns.target.nullable=true", "'target' can't be nullable: leave rows without it out"),
        ("data.columns.amount={dtype: int, max: '150 or so'}", "'150 or so' is no int"),
        ("tracking.registered_model=a/b", "tracking.registered_model: String should match pattern"),
        ("seed=5000000000", "seed: Input should be less than 2147483648"),
        ("data.task=regression", "a regression can't have target 'target' of type str"),
        ("+data.columns.Target={dtype: float}", "feature 'Target' looks like the target"),
        ("+data.columns.other={dtype: text}", "data.columns.other.dtype: Input should be 'int', 'float'"),
        ("model.name=linaer", "there is no model 'linaer'; did you mean 'linear'?"),
    ],
)
def test_what_is_wrong_is_named(project: Path, task: str, override: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        load(overrides(task, "model=linear", override))
    assert message in str(error.value)


@pytest.mark.parametrize("task", ["classification"], indirect=True)
@pytest.mark.parametrize(
    ("model", "override", "message"),
    [
        ("random_forest", "max_features=sqr", "Input should be 'sqrt' or 'log2'"),
        ("random_forest", "max_features=1.5", "Input should be less than or equal to 1"),
        ("lightgbm", "num_leaves=1", "Input should be greater than 1"),
    ],
)
def test_a_parameter_has_its_range(project: Path, task: str, model: str, override: str, message: str) -> None:
    with pytest.raises(UserError) as error:
        load(overrides(task, f"model={model}", f"model.{override}"))
    assert message in str(error.value)


def test_an_ignored_column_is_no_slice(project: Path, task: str) -> None:
    with pytest.raises(UserError, match=r"evaluate.slices: there is no 'group'"):
        load(overrides(task, "data.columns.group.role=ignore", "evaluate.slices=[group]"))


def test_the_usual_metric_is_the_tasks(project: Path, task: str) -> None:
    assert load(["data=tiny"]).metric == ("roc_auc" if task == "classification" else "rmse")


def test_settings_are_typed(settings: Settings) -> None:
    assert settings.data.features == ["amount", "count", "colour", "member"]
    assert (settings.data.id, settings.data.time, settings.data.target) == ("id", "when", "target")
    assert settings.split_dir == Path("data/tiny")
