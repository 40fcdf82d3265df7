"""What one data set is: `hydra/data/<name>.yaml`, typed."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, field_validator, model_validator

from ..middleware.errors import did_you_mean

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
        if self.dtype in ("str", "bool") and (self.min, self.max) != (None, None):
            raise ValueError(f"{self.dtype} has no min or max; say allowed")
        for value in (self.min, self.max, *(self.allowed or [])):
            if value is not None:
                self.typed(value)
        return self

    def typed(self, value: Any) -> Any:
        """Return a value as the YAML has it in the column's type.

        Raises:
            ValueError: it is none.
        """
        iso = {"date": date, "datetime": datetime}.get(self.dtype)
        plain: Any = {"int": int, "float": float, "str": str, "bool": bool}.get(self.dtype)
        try:
            if not iso:
                strict = not isinstance(value, str)  # "150" is a number too, where one is wanted
                return TypeAdapter(plain).validate_python(value, strict=strict)
            found: Any = iso.fromisoformat(value)
            aware = iso is datetime and found.tzinfo
            return found.astimezone(UTC).replace(tzinfo=None) if aware else found  # as the columns are
        except (TypeError, ValueError) as error:
            raise ValueError(f"{value!r} is no {self.dtype}") from error


class Source(Section):
    """Where the raw data is.

    `query` is SQL: sent to the database, or run over the file as table `self`; `null_values` is how a CSV
    writes that a value is missing, besides leaving it out.
    """

    kind: str
    uri: str
    query: str | None = None
    null_values: list[str] = []

    @field_validator("kind")
    @classmethod
    def _kind_is_known(cls, kind: str) -> str:
        own = Path(__file__).parent.glob("source_*.py")
        kinds = ["sklearn", "csv", "parquet", "sql", *(file.stem.removeprefix("source_") for file in own)]
        if kind not in kinds:
            raise ValueError(f"there is no source {kind!r}; {did_you_mean(kind, kinds)}")
        return kind


class Split(Section):
    """How rows are divided into train and test (see DataManager.split)."""

    by: Literal["hash", "time"] = "hash"
    test_size: Share = 0.2
    cutoff: int | float | str | None = None
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
    def kept(self) -> list[str]:
        """The columns that are not ignored."""
        return [name for name, column in self.columns.items() if column.role != "ignore"]

    @property
    def text(self) -> list[str]:
        """The columns whose values stay as they are written."""
        return [name for name, column in self.columns.items() if column.dtype == "str"]

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
        """Refuse roles and types that don't go together; each rule takes for granted those before it."""
        roles: tuple[Role, ...] = ("target", "id", "time")
        for role in roles:
            if len(names := self.with_role(role)) > 1:
                raise ValueError(f"only one column can have role {role}: {', '.join(names)}")
        if not self.with_role("target"):
            raise ValueError("no column has role target: say which one is to be predicted")
        if not self.features:
            raise ValueError("no column has role feature: there is nothing to learn from")
        target = self.target
        for name in self.features:
            if _plain(name) == _plain(target):
                raise ValueError(f"feature {name!r} looks like the target {target!r}: give it role ignore")
            if (dtype := self.columns[name].dtype) in ("date", "datetime"):
                raise ValueError(
                    f"feature {name!r} is a {dtype}: derive numbers from it in source.query,"
                    " or give it role time or ignore"
                )
        if self.split.by == "time" and (not self.time or self.columns[self.time].nullable):
            raise ValueError("split.by is time, but no column has role time, or it is nullable")
        if self.split.by == "time" and self.columns[self.with_role("time")[0]].dtype in ("str", "bool"):
            raise ValueError("split.by is time, but the time column is no date, datetime or number")
        for name in self.with_role("target", "id"):
            if self.columns[name].nullable:
                raise ValueError(f"{name!r} can't be nullable: leave rows without it out, in source.query")
        if self.split.cutoff is not None and self.time:
            try:
                self.columns[self.time].typed(self.split.cutoff)
            except ValueError as error:
                raise ValueError(f"split.cutoff: {error}, as {self.time!r} is") from error
        if self.split.stratify and self.task == "regression":
            raise ValueError("split.stratify needs classes: this is a regression")
        dtype = self.columns[target].dtype
        if dtype not in (("int", "float") if self.task == "regression" else ("int", "str", "bool")):
            raise ValueError(f"a {self.task} can't have target {target!r} of type {dtype}")
        if self.id and self.id.casefold() in WRITTEN:
            raise ValueError(f"an id can't be called {self.id!r}: predictions have a column of that name")
        return self


def learnt(data: dict[str, Any]) -> dict[str, Any]:
    """Return what a model depends on of a data set's settings, as values."""
    used = {n: c for n, c in data["columns"].items() if c["role"] in ("feature", "target")}
    return {"task": data["task"], **{name: (c["role"], c["dtype"]) for name, c in used.items()}}


def divided_by(data: dict[str, Any]) -> str:
    """Return what decides of a data set's settings, as values, on which side of the split a row is."""
    columns = data["columns"].items()
    typed = {role: {n: c["dtype"] for n, c in columns if c["role"] == role} for role in get_args(Role)}
    split = json.dumps(data["split"], separators=(",", ":"), ensure_ascii=False)
    if data["split"]["by"] == "time":
        return f"{split} {typed['time']}"
    return f"{split} {next(iter(typed['id']), typed['feature'] | typed['time'] | typed['sensitive'])}"


def _plain(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum()) or name
