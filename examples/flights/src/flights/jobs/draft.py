"""Draft the YAML of a new data set from the data: read it, correct it.

Examples:
    draft data/houses.csv draft.target=price           writes hydra/data/houses.yaml
    draft s3://bucket/x.parquet draft.name=houses      Parquet, any fsspec address
    draft postgresql://host/db draft.query="SELECT …"  a database
"""

import re
from math import inf
from pathlib import Path
from typing import Any, cast

import polars as pl
import yaml

from ..configurations import Settings
from ..middleware.errors import UserError, did_you_mean
from ..middleware.files import write
from ..middleware.logger import log, redact
from ..repository.data_settings import Source
from ..repository.sources import read

MOST_ALLOWED = 12
MOST_CLASSES = 20
NAMED_ID = re.compile(r"(?<![A-Za-z])[iI][dD](?![A-Za-z])|[a-z]I[dD]$")
MISSING = {"na", "n/a", "null", "none", "-", "--", "?", "."}  # words that stand among numbers


def draft(settings: Settings) -> None:
    """Write hydra/data/<name>.yaml; an existing file is never overwritten.

    The target is the named column, else the last one. Types and nulls are as seen, roles are guessed.
    A number's range is left open: tomorrow's data may go beyond today's.
    """
    uri, query = settings.draft.source, settings.draft.query
    if not uri:
        raise UserError("say what to look at: `draft data/houses.csv draft.target=price`")
    ending = Path(uri.split("?")[0].removesuffix(".zip").removesuffix(".gz")).suffix.lower()
    kind = {".csv": "csv", ".parquet": "parquet"}.get(ending, "sql" if query else "")
    if not kind:
        raise UserError(f"{uri} is neither .csv nor .parquet; for a database, give draft.query")
    named = settings.draft.name or Path(uri).name.split(".")[0].lower()
    name = re.sub(r"[^A-Za-z0-9-]+", "_", named).strip("_-") or "data"
    if not name[0].isalpha() or yaml.safe_load(name) != name:  # to Hydra 2024 and null are no names
        name = f"data_{name}"
    path = Path("hydra/data", f"{name}.yaml")
    if path.exists():
        raise UserError(f"{path} is there already: choose another name (draft.name=…), or remove it first")
    source, frame = _look(Source(kind=kind, uri=uri, query=query))
    if not len(frame):
        raise UserError(f"{uri} has no rows")
    names = frame.columns
    if len(names) < 2:
        raise UserError(f"{uri} has one column, {names[0]!r}: are its values separated by commas?")
    target = settings.draft.target or names[-1]
    if target not in names:
        raise UserError(f"draft.target: there is no column {target!r}; {did_you_mean(target, names)}")
    values = frame[target]
    many = values.dtype.is_float() or values.n_unique() > MOST_CLASSES
    task = "regression" if many and values.dtype.is_numeric() else "classification"
    others = [name for name in names if name != target]
    ids = [name for name in others if NAMED_ID.search(name) and _identifies(frame[name])]
    counting = [name for name in others if name and _counts(frame[name])]
    id_ = next(iter(ids + counting), None)
    dated = [name for name in others if frame[name].dtype in (pl.Date, pl.Datetime)]
    time = next((name for name in dated if not frame[name].null_count()), None)
    roles: dict[str | None, str] = dict.fromkeys(counting, "ignore")
    roles |= {id_: "id", time: "time", target: "target"}
    # The file is for git, a password is not.
    address = _value(uri) if redact(uri) == uri else '"${oc.env:DATABASE_URL}"'
    nulls = ", ".join(map(_value, source.null_values))
    stratify = "true" if task == "classification" and not time else "false"
    source_ = (
        f"kind: {kind}, uri: {address}, query: {_value(query) if query else 'null'}, null_values: [{nulls}]"
    )
    split = f"by: {'time' if time else 'hash'}, test_size: 0.2, cutoff: null, stratify: {stratify}"
    columns = "\n".join(f"  {_quoted(name)}: {_column(frame[name], roles.get(name))}" for name in names)
    text = f"""\
# Drafted from {redact(uri)}: a guess from {len(frame):,} rows. Read it, correct it.
# null_values: how a CSV writes that a value is missing. split.by: hash or time; cutoff: from it on is test.
# dtype: int, float, str, bool, date or datetime. nullable, min, max and allowed: which values are right.
# role: feature, target, id, time, ignore or sensitive (a slice of the report, never a feature).
name: {_quoted(name)}
task: {task}
source: {"{" + source_ + "}"}
split: {"{" + split + "}"}
columns:
{columns}
"""
    write(path, text)
    log.info("wrote %s: read it, correct it, then run `retrieve data=%s`", path, name)
    if not id_:
        log.warning("no column is called an id: give the one that tells rows apart that role, for `register`")
    for name in [name for name in counting if name not in ids]:
        log.warning("column %r merely numbers the rows, so it is no feature: is that right?", name)
    if task == "classification" and values.n_unique() > max(MOST_CLASSES, len(values) / 2):
        log.warning("nearly every value of %r is another text: is it a number, written with signs?", target)


def _look(source: Source) -> tuple[Source, pl.DataFrame]:
    """Return a source and its rows; of a CSV, N/A among numbers is a missing value, a code of 007 text."""
    frame = read(source, [])
    if source.kind != "csv" or source.query:  # SQL was written for the columns as they are
        return source, frame
    words = {word for column in frame.select(pl.col(pl.String)) for word in _missing(column)}
    if words:
        source = source.model_copy(update={"null_values": sorted(words)})
        frame = read(source, [])
    written = read(source, [name for name in frame.columns if frame[name].dtype.is_integer()])
    codes = [c for c in written if c.dtype == pl.String and c.str.contains(r"^0\d").any()]
    return source, frame.with_columns(codes)


def _missing(column: pl.Series) -> list[str]:
    """Return the words for a missing value beside which a column of text holds only numbers."""
    values = column.drop_nulls().unique()
    words = values.filter(values.cast(pl.Float64, strict=False).is_null()).to_list()
    return words if len(words) < len(values) and all(word.casefold() in MISSING for word in words) else []


def _quoted(text: str) -> str:
    """Return a text as YAML that stays a text to Hydra too, not the number 1e3."""
    style = None if text.isidentifier() else '"'
    written = yaml.safe_dump(text, default_style=style, width=inf, allow_unicode=True)
    return written.removesuffix("...\n").strip()


def _value(text: str) -> str:
    """Return a text as YAML; a ${reference} in it, Hydra takes for text."""
    return _quoted(re.sub(r"(\\*)\$\{", r"\1\1\\${", text))


def _identifies(series: pl.Series) -> bool:
    """Say whether the values are text or whole numbers that never repeat."""
    plain = series.dtype.is_integer() or series.dtype == pl.String
    return plain and not series.null_count() and not series.is_duplicated().any()


def _counts(series: pl.Series) -> bool:
    """Say whether the values merely number the rows: as a feature, they would tell how a file was sorted."""
    whole = series.dtype.is_integer() and len(series) > MOST_CLASSES and _identifies(series)
    return whole and cast(int, series.max()) - cast(int, series.min()) == len(series) - 1


def _column(series: pl.Series, role: str | None) -> str:
    """Describe a column; what is empty, constant, a date, or text without repetition is no feature."""
    names: dict[Any, str] = {pl.Boolean: "bool", pl.Date: "date", pl.Datetime: "datetime"}
    dtype = names.get(series.dtype.base_type(), "float" if series.dtype.is_numeric() else "str")
    values = series.drop_nulls().unique().sort()
    if series.dtype.is_integer():  # a longer number is a text of digits
        dtype = "int" if cast(int, series.max() or 0) < 2**63 else "str"
    plain = len(values) > 1 and series.name and not series.dtype.is_temporal()
    feature = plain and not (dtype == "str" and len(values) > len(series) / 2)
    role = role or ("feature" if feature else "ignore")
    more = ", nullable: true" if series.null_count() and role != "target" else ""
    if dtype == "str" and role in ("feature", "target") and 0 < len(values) <= MOST_ALLOWED:
        more += f", allowed: [{', '.join(_value(str(value)) for value in values)}]"
    return "{" + f"dtype: {dtype}, role: {role}{more}" + "}"
