"""What one data set is: `hydra/data/<name>.yaml`, typed."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Dtype = Literal["int", "float", "str", "bool", "date", "datetime"]
WRITTEN = ("prediction", "probability", "model_version", "run_id", "lineage")  # beside the id, a prediction
Role = Literal["feature", "target", "id", "time", "ignore", "sensitive"]
Task = Literal["classification", "regression"]
Scalar = bool | int | float | str
Positive = Annotated[int, Field(gt=0)]
Share = Annotated[float, Field(gt=0, lt=1)]


class Section(BaseModel):
    """A part of the configuration; an unknown key in it is an error."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Column(Section):
    """What one column holds, and what it is for."""

    dtype: Dtype
    role: Role = "feature"
    nullable: bool = False
    min: int | float | str | None = None
    max: int | float | str | None = None
    allowed: list[Scalar] | None = None

    @model_validator(mode="after")
    def _values_fit_the_type(self) -> "Column":
        kinds: dict[Dtype, tuple[type, ...]] = {"int": (int,), "float": (int, float), "bool": (bool,)}
        for value in (self.min, self.max):
            if value is not None and self.dtype in ("str", "bool"):
                raise ValueError(f"{self.dtype} has no min or max; say allowed")
            if value is not None and not _fits(value, self.dtype, kinds):
                raise ValueError(f"{value!r} is no {self.dtype}")
        wrong = [value for value in self.allowed or [] if not _fits(value, self.dtype, kinds)]
        if wrong:
            raise ValueError(f"allowed: {wrong[0]!r} is no {self.dtype}")
        return self


def _fits(value: Scalar, dtype: Dtype, kinds: dict[Dtype, tuple[type, ...]]) -> bool:
    if dtype in ("date", "datetime"):
        try:
            return bool(datetime.fromisoformat(str(value)))
        except ValueError:
            return False
    return isinstance(value, kinds.get(dtype, (str,))) and isinstance(value, bool) == (dtype == "bool")


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
    """How rows are divided into train and test (see DataManager.split)."""

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
        if self.split.by == "time" and (not self.time or self.columns[self.time].nullable):
            raise ValueError("split.by is time, but no column has role time, or it is nullable")
        kind = self.columns[self.target].dtype
        if (kind in ("int", "float")) < (self.task == "regression") or kind in ("date", "datetime"):
            raise ValueError(f"a {self.task} can't have target {self.target!r} of type {kind}")
        if self.task == "classification" and kind == "float":
            raise ValueError(f"classes are no float: declare target {self.target!r} int, str or bool")
        if self.id in WRITTEN:
            raise ValueError(f"an id can't be called {self.id!r}: predictions have a column of that name")
        if self.split.stratify and self.task == "regression":
            raise ValueError("split.stratify needs classes: this is a regression")
        return self


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum()) or name
