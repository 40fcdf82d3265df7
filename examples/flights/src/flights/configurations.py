"""Typed settings: which keys a configuration may have, and what they mean.

Hydra composes `hydra/*.yaml` with what is typed on the command line (`compose.py`); the classes here say
what may come out. A misspelt or ill-typed key is an error before anything runs.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, model_validator

from .middleware.errors import did_you_mean

Dtype = Literal["int", "float", "str", "bool", "date", "datetime"]
Role = Literal["feature", "target", "id", "time", "ignore", "sensitive"]
Task = Literal["classification", "regression"]
Scalar = bool | int | float | str
Positive = Annotated[int, Field(gt=0)]
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
Share = Annotated[float, Field(gt=0, lt=1)]


class Section(BaseModel):
    """A part of the configuration; an unknown key in it is an error."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Column(Section):
    """What one column holds, and what it is for."""

    dtype: Dtype
    role: Role = "feature"
    nullable: bool = False
    min: float | str | None = None
    max: float | str | None = None
    allowed: list[Scalar] | None = None


class Source(Section):
    """Where the raw data is.

    `query` is SQL: sent to the database, or run over the file as table `self`; `null_values` is how a CSV
    writes that a value is missing, besides leaving it out.
    """

    kind: Literal["sklearn", "csv", "parquet", "sql"]
    uri: str
    query: str | None = None
    null_values: list[str] = []


class Split(Section):
    """How rows are divided into train and test; the same row always lands on the same side."""

    by: Literal["hash", "time"] = "hash"
    test_size: Share = 0.2
    cutoff: str | None = None
    stratify: bool = False


class DataSettings(Section):
    """One data set. The checks, the preprocessing and the SQL table follow from it."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
    task: Task
    source: Source
    split: Split = Split()
    columns: dict[str, Column]

    def with_role(self, *roles: Role) -> list[str]:
        """Return the names of the columns that have one of the roles, in the order of the file."""
        return [name for name, column in self.columns.items() if column.role in roles]

    @property
    def features(self) -> list[str]:
        """The columns that a model sees."""
        return self.with_role("feature")

    @property
    def target(self) -> str:
        """The column to predict."""
        return self.with_role("target")[0]

    @property
    def id(self) -> str | None:
        """The column that identifies a row, if there is one."""
        return next(iter(self.with_role("id")), None)

    @property
    def time(self) -> str | None:
        """The column that says when a row happened, if there is one."""
        return next(iter(self.with_role("time")), None)

    @model_validator(mode="after")
    def _roles_fit(self) -> "DataSettings":
        for role, most in (("target", 1), ("id", 1), ("time", 1)):
            names = [name for name, column in self.columns.items() if column.role == role]
            if len(names) > most:
                raise ValueError(f"only one column can have role {role}: {', '.join(names)}")
        if not self.with_role("target"):
            raise ValueError("no column has role target: say which one is to be predicted")
        if not self.features:
            raise ValueError("no column has role feature: there is nothing to learn from")
        plain = {_plain(name): name for name in self.with_role("target")}
        for name in self.features:
            if _plain(name) in plain:
                raise ValueError(
                    f"feature {name!r} looks like the target {self.target!r}: give it role ignore"
                )
            if self.columns[name].dtype in ("date", "datetime"):
                message = f"feature {name!r} is a {self.columns[name].dtype}: derive numbers from it in"
                raise ValueError(f"{message} source.query, or give it role time or ignore")
        if self.split.by == "time" and not self.time:
            raise ValueError("split.by is time, but no column has role time")
        if self.split.stratify and self.task == "regression":
            raise ValueError("split.stratify needs classes: this is a regression")
        return self


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum()) or name


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

    trials: Positive
    jobs: Positive
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
    overrides: list[str] = []  # what was typed on the command line

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
