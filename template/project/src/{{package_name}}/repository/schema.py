"""What valid data is, derived from the data set's YAML: types, pandera checks, and the SQL table."""

from typing import TYPE_CHECKING, Any

import polars as pl

from ..middleware.errors import UserError, did_you_mean
from .data_settings import DataSettings

if TYPE_CHECKING:
    from pandera.polars import DataFrameSchema
    from sqlalchemy import Table

DTYPES: dict[str, Any] = {
    "int": pl.Int64,
    "float": pl.Float64,
    "str": pl.String,
    "bool": pl.Boolean,
    "date": pl.Date,
    "datetime": pl.Datetime("us"),
}
EXAMPLES = 3


def cast(frame: pl.DataFrame, data: DataSettings, columns: list[str], where: str) -> pl.DataFrame:
    """Return these columns of the frame in the declared types.

    Raises:
        UserError: a column is not there, or holds values of another type; all of them are named.
    """
    problems = []
    series = []
    for name in columns:
        if name not in frame.columns:
            problems.append(f"column {name!r} is not there; {did_you_mean(name, frame.columns)}")
            continue
        dtype = data.columns[name].dtype
        column = frame[name]
        converted = _convert(column, dtype)
        bad = column.filter(converted.is_null() & column.is_not_null())
        if len(bad):
            examples = ", ".join(repr(value) for value in bad.unique(maintain_order=True).head(EXAMPLES))
            problems.append(
                f"column {name!r}: {len(bad)} of {len(column)} values are not {dtype}: {examples}"
            )
        series.append(converted)
    _raise(problems, where, data)
    return pl.DataFrame(series)


def _convert(column: pl.Series, dtype: str) -> pl.Series:
    """Return the column in the declared type, null where a value does not fit."""
    want = DTYPES[dtype]
    if column.dtype == want:
        return column
    if column.dtype == pl.String and dtype == "date":
        return column.str.to_date(strict=False)
    if column.dtype == pl.String and dtype == "datetime":
        return column.str.to_datetime(strict=False, time_unit="us")
    if column.dtype == pl.String and dtype == "bool":
        return column.str.to_lowercase().replace_strict({"true": True, "false": False}, default=None)
    converted = column.cast(want, strict=False)
    if dtype == "int" and column.dtype.is_float():  # 1.0 is a whole number, 1.5 is not
        whole = pl.select(pl.when(column == converted).then(converted)).to_series()
        return whole.alias(column.name)
    return converted


def validate(frame: pl.DataFrame, data: DataSettings, where: str, *, whole: bool = True) -> None:
    """Check a typed frame against the data set's YAML.

    Args:
        frame: columns in the declared types; columns that the YAML does not name are not looked at.
        data: the data set.
        where: what the frame is, for the message.
        whole: the frame is the whole data set, so that the target can be learnt; False for a batch of it.

    Raises:
        UserError: a value is null, out of range or not allowed, ...; every kind of failure is named.
    """
    from pandera.errors import SchemaErrors

    if not len(frame):
        raise UserError(f"{where}: there are no rows")
    problems = [
        f"column {name!r} holds nothing but nulls: give it role ignore, or remove it"
        for name in data.features
        if whole and name in frame.columns and frame[name].null_count() == len(frame)
    ]
    problems += [
        f"column {name!r} holds infinite values"
        for name in frame.columns
        if frame[name].dtype.is_float() and frame[name].is_infinite().any()
    ]
    _raise(problems, where, data)
    try:
        pandera_schema(data, frame.columns).validate(frame, lazy=True)
    except SchemaErrors as error:
        problems += [_describe(failure) for failure in error.schema_errors]
    _raise(problems, where, data)
    if whole:
        _raise(_not_learnable(frame, data), where, data)


def pandera_schema(data: DataSettings, names: list[str]) -> "DataFrameSchema":
    """Return the pandera schema of the named columns."""
    import pandera.polars as pa

    columns = {}
    for name in names:
        if column := data.columns.get(name):
            limits = ((pa.Check.ge, column.min), (pa.Check.le, column.max))
            checks = [check(_typed(limit, column.dtype)) for check, limit in limits if limit is not None]
            if column.allowed is not None:
                checks.append(pa.Check.isin(column.allowed))
            dtype, unique = DTYPES[column.dtype], column.role == "id"
            columns[name] = pa.Column(dtype, checks, nullable=column.nullable, unique=unique)
    return pa.DataFrameSchema(columns)


def _typed(value: float | str, dtype: str) -> Any:
    """Return a limit as the YAML has it in the column's type."""
    return _convert(pl.Series([str(value)]), dtype)[0] if dtype in ("date", "datetime") else value


def _describe(failure: Any) -> str:
    """Return pandera's finding in plain words, with a few of the values."""
    name = failure.schema.name
    cases = failure.failure_cases
    values = cases[cases.columns[0]] if isinstance(cases, pl.DataFrame) else pl.Series([cases])
    examples = ", ".join(repr(value) for value in values.unique(maintain_order=True).head(EXAMPLES))
    kind = failure.reason_code.name if failure.reason_code else ""
    if kind == "SERIES_CONTAINS_NULLS":
        return f"column {name!r} has null values; if they are right, say nullable: true"
    if kind == "SERIES_CONTAINS_DUPLICATES":
        return f"column {name!r} is the id, but it repeats: {examples}"
    return f"column {name!r}: {len(values)} values fail {failure.check.error or failure.check}: {examples}"


def _not_learnable(frame: pl.DataFrame, data: DataSettings) -> list[str]:
    """Return why no model can, or should, be learnt from the frame."""
    target = frame[data.target]
    if target.n_unique() < 2:
        return [f"target {data.target!r} has a single value, {target[0]!r}: there is nothing to learn"]
    copies = [
        name for name in data.features if frame[name].dtype == target.dtype and frame[name].equals(target)
    ]
    return [f"feature {name!r} is a copy of target {data.target!r}: give it role ignore" for name in copies]


def _raise(problems: list[str], where: str, data: DataSettings) -> None:
    if problems:
        listing = "\n  ".join(problems)
        raise UserError(f"{where} does not fit hydra/data/{data.name}.yaml:\n  {listing}")


def prediction_table(data: DataSettings, name: str) -> "Table":
    """Return the SQL table of predictions: one row for each id and model version."""
    import sqlalchemy as sa

    types = {
        "int": sa.BigInteger,
        "float": sa.Double,
        "str": sa.Text,
        "bool": sa.Boolean,
        "date": sa.Date,
        "datetime": sa.DateTime,
    }
    if data.id is None:
        raise UserError(
            f"data set {data.name!r} has no column with role id: predictions need one to be told apart"
        )
    target = "float" if data.task == "regression" else data.columns[data.target].dtype
    return sa.Table(
        name,
        sa.MetaData(),
        sa.Column(data.id, types[data.columns[data.id].dtype], primary_key=True, autoincrement=False),
        sa.Column("model_version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("prediction", types[target], nullable=False),
        sa.Column("probability", sa.Double),
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("lineage", sa.Text, nullable=False),
    )
