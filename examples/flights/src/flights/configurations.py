"""Typed settings: which keys a configuration may have, and what they mean.

Hydra composes `hydra/*.yaml` with what is typed on the command line (`compose.py`); the classes here say
what may come out. A misspelt or ill-typed key is an error before anything runs.
"""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, model_validator

from .middleware.errors import did_you_mean
from .repository.data_settings import Column as Column
from .repository.data_settings import DataSettings as DataSettings
from .repository.data_settings import Positive as Positive
from .repository.data_settings import Scalar as Scalar
from .repository.data_settings import Section as Section
from .repository.data_settings import Share as Share
from .repository.data_settings import Source as Source
from .repository.data_settings import Task as Task

METRICS: dict[Task, dict[str, bool]] = {  # name -> larger is better
    "classification": {
        "roc_auc": True,
        "average_precision": True,
        "accuracy": True,
        "f1": True,
        "log_loss": False,
    },
    "regression": {"rmse": False, "mae": False, "r2": True},
}


class ModelSettings(BaseModel):
    """What every model has; a model's own class adds its parameters and forbids all others."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True, protected_namespaces=())

    name: str
    search_space: dict[str, dict[str, Any]] = {}

    def parameters(self) -> dict[str, Any]:
        """Return what the estimator is made with."""
        return self.model_dump(exclude={"name", "search_space"})


class OptimizerSettings(Section):
    """The search for better parameters."""

    n_trials: Positive
    n_jobs: Positive
    folds: Annotated[int, Field(ge=2)]
    timeout: Positive | None
    pruning: bool
    apply: bool


class EvaluateSettings(Section):
    """What is measured, and what a model must reach to become champion."""

    model: str | int
    bootstrap: Annotated[int, Field(ge=20)]
    slices: list[str] | None
    minimum: dict[str, float]
    maximum: dict[str, float]
    tolerance: Annotated[float, Field(ge=0)]
    promote: bool


class PredictSettings(Section):
    """What is predicted with which model, and where the predictions go."""

    model: str | int
    input: str
    output: str
    batch_size: Positive


class RegisterSettings(Section):
    """Where predictions go for the business to read."""

    url: str
    table: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=60)]
    batch_size: Positive


class TrackingSettings(Section):
    """Where MLflow keeps runs and models."""

    uri: str
    experiment: Annotated[str, Field(min_length=1)]
    registered_model: Annotated[str, Field(min_length=1)]


class DraftSettings(Section):
    """What `draft` looks at, and how it names what it writes."""

    source: str | None
    target: str | None
    name: str | None
    query: str | None


class Settings(Section):
    """The whole configuration, as the jobs see it."""

    data: DataSettings
    model: SerializeAsAny[ModelSettings]
    optimizer: OptimizerSettings
    evaluate: EvaluateSettings
    predict: PredictSettings
    register_: RegisterSettings = Field(alias="register")
    tracking: TrackingSettings
    metric: str
    seed: Annotated[int, Field(ge=0)]
    data_dir: str
    outputs: str
    run: str | None  # of reproduce: the MLflow run to train again
    draft: DraftSettings
    overrides: list[str] = Field(default=[])  # what was typed on the command line

    @property
    def larger_is_better(self) -> bool:
        """The direction of the metric that optimize and the gate go by."""
        return METRICS[self.data.task][self.metric]

    @property
    def tracking_uri(self) -> str:
        """Where MLflow keeps runs and models: the server that was named, else a file in `outputs`."""
        return self.tracking.uri or f"sqlite:///{self.outputs}/mlflow.db"

    @property
    def output_dir(self) -> Path:
        """The folder of everything that jobs produce."""
        return Path(self.outputs)

    @property
    def split_dir(self) -> Path:
        """The folder of this data set's train.parquet and test.parquet."""
        return Path(self.data_dir) / self.data.name

    @model_validator(mode="after")
    def _names_are_known(self) -> "Settings":
        known = METRICS[self.data.task]
        for where, names, options in (
            ("metric", [self.metric], known),
            ("evaluate.minimum", self.evaluate.minimum, known),
            ("evaluate.maximum", self.evaluate.maximum, known),
            ("evaluate.slices", self.evaluate.slices or [], self.data.columns),
        ):
            for name in names:
                if name not in options:
                    raise ValueError(f"{where}: there is no {name!r}; {did_you_mean(name, options)}")
        return self
