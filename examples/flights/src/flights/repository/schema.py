"""What valid data is, derived from the data set's YAML: types, pandera checks, and the SQL table."""

from typing import TYPE_CHECKING, Any

import polars as pl

from ..middleware.errors import UserError, did_you_mean
from .data_settings import DataSettings

if TYPE_CHECKING:
    from sqlalchemy import Table

DTYPES: dict[str, Any] = {
    "int": pl.Int64,
    "float": pl.Float64,
    "str": pl.String,
    "bool": pl.Boolean,
    "date": pl.Date,
    "datetime": pl.Datetime("us"),
}
LARGEST = 3.4e38  # of 32 bits, in which models calculate
BOOLS = dict.fromkeys(("true", "yes", "1", "1.0"), True) | dict.fromkeys(("false", "no", "0", "0.0"), False)


def cast(frame: pl.DataFrame, data: DataSettings, columns: list[str], where: str) -> pl.DataFrame:
    """Return these columns of the frame in the declared types.

    Raises:
        UserError: a column is not there, or holds values of another type; all of them are named.
    """
    frame = frame.fill_nan(None)
    absent = [name for name in columns if name not in frame.columns]
    problems = [f"column {name!r} is not there; {did_you_mean(name, frame.columns)}" for name in absent[:3]]
    if absent[3:]:
        problems.append(f"nor are {len(absent) - 3} others of {len(columns)}: is it another data set?")
    typed = {}
    for name in [name for name in columns if name not in absent]:
        dtype, column = data.columns[name].dtype, frame[name]
        try:
            typed[name] = convert(column, dtype)
        except pl.exceptions.PolarsError as error:
            problems.append(f"column {name!r}: {error}")
            continue
        bad = column.filter(typed[name].is_null() & column.is_not_null())
        if len(bad):
            count = f"{len(bad)} of {len(column)}"
            problems.append(f"column {name!r}: {count} values are not {dtype}: {_examples(bad)}")
    _raise(problems, where, data)
    return pl.DataFrame(typed)


def convert(column: pl.Series, dtype: str) -> pl.Series:
    """Return the column in the declared type, null where a value does not fit."""
    want, kind, dated = DTYPES[dtype], column.dtype.base_type(), dtype in ("date", "datetime")
    if column.dtype == want:
        return column
    if dated and kind == pl.String:
        return column.str.strptime(want, strict=False).cast(want)  # without a time zone
    if (dated and kind not in (pl.Date, pl.Datetime)) or (dtype == "str" and kind == pl.Boolean):
        return pl.repeat(None, len(column), dtype=want, eager=True)  # 2023 is no day in 1975, true no text
    if dtype == "str" and column.dtype.is_float():
        return convert(column, "int").cast(want)  # 1.0, as 1 is written beside a gap, is "1"
    if dtype == "bool":
        return column.cast(pl.String).str.to_lowercase().replace_strict(BOOLS, default=None)
    converted = column.cast(want, strict=False)
    if dtype == "int" and not column.dtype.is_integer():
        number = column.cast(pl.Float64, strict=False)  # 1.0 is a whole number, 1.5 is not
        converted = converted.fill_null(number.cast(want, strict=False))
        converted = converted.set(converted.cast(pl.Float64) != number, None)
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
    import pandera.polars as pa

    if not len(frame):
        raise UserError(f"{where}: there are no rows")
    columns, problems = {}, _not_learnable(frame, data) if whole else []
    for name in frame.columns:
        if column := data.columns.get(name):
            checks = [pa.Check.in_range(-LARGEST, LARGEST)] if column.dtype == "float" else []
            limits = ((pa.Check.ge, column.min), (pa.Check.le, column.max))
            checks += [check(column.typed(limit)) for check, limit in limits if limit is not None]
            if column.allowed is not None:
                checks.append(pa.Check.isin([column.typed(value) for value in column.allowed]))
            unique = column.role == "id"
            columns[name] = pa.Column(DTYPES[column.dtype], checks, nullable=column.nullable, unique=unique)
    try:
        pa.DataFrameSchema(columns).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        problems += [_describe(failure, data) for failure in error.schema_errors]
    _raise(problems, where, data)


def _describe(failure: Any, data: DataSettings) -> str:
    """Return pandera's finding in plain words, with a few of the values."""
    name, cases = failure.schema.name, failure.failure_cases
    values = cases[cases.columns[0]] if isinstance(cases, pl.DataFrame) else pl.Series([cases])
    kind = failure.reason_code.name if failure.reason_code else ""
    if kind == "SERIES_CONTAINS_NULLS":
        if name in (data.target, data.id):
            return f"column {name!r} has null values: leave those rows out"
        return f"column {name!r} has null values; if they are right, say nullable: true"
    if kind == "SERIES_CONTAINS_DUPLICATES":
        return f"column {name!r} is the id, but it repeats: {_examples(values)}"
    rule = failure.check.error or failure.check
    return f"column {name!r}: {len(values)} values fail {rule}: {_examples(values)}"


def _examples(values: pl.Series) -> str:
    return ", ".join(repr(value) for value in values.unique(maintain_order=True).head(3))


def _not_learnable(frame: pl.DataFrame, data: DataSettings) -> list[str]:
    """Return why no model can, or should, be learnt from the frame."""
    target = frame[data.target]
    if target.n_unique() < 2:
        return [f"target {data.target!r} has a single value, {target[0]!r}: there is nothing to learn"]
    problems = []
    for name in data.features:
        if frame[name].null_count() == len(frame):
            problems.append(f"column {name!r} holds nothing but nulls: give it role ignore, or remove it")
        elif frame[name].dtype == target.dtype and frame[name].equals(target):
            problems.append(f"feature {name!r} is a copy of target {data.target!r}: give it role ignore")
    return problems


def _raise(problems: list[str], where: str, data: DataSettings) -> None:
    if problems:
        listing = "\n  ".join(problems)
        raise UserError(f"{where} does not fit hydra/data/{data.name}.yaml:\n  {listing}")


def prediction_table(data: DataSettings, name: str) -> "Table":
    """Return the SQL table of predictions: one row for each id and model version.

    Raises:
        UserError: no column has role id.
    """
    import sqlalchemy as sa

    types: Any = {"int": sa.BigInteger, "float": sa.Double, "str": sa.Text}
    types |= {"bool": sa.Boolean, "date": sa.Date, "datetime": sa.DateTime}
    if data.id is None:
        raise UserError(f"no column of hydra/data/{data.name}.yaml has role id: predictions need one")
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
