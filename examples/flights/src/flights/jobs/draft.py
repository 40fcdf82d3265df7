"""Draft the YAML of a new data set from the data itself; then read it, correct it, and retrieve.

Examples:
    draft data/houses.csv draft.target=price           writes hydra/data/houses.yaml
    draft s3://bucket/x.parquet draft.name=houses      Parquet, any fsspec address
    draft postgresql://host/db draft.query="SELECT …"  a database
"""

import json
import re
from pathlib import Path

import polars as pl

from ..configurations import Settings, Source
from ..middleware.errors import UserError, did_you_mean
from ..middleware.files import atomic
from ..middleware.logger import log, redact
from ..repository.sources import read

MOST_ALLOWED = 12
MOST_CLASSES = 20
NAMED_ID = re.compile(r"(^|_)[iI][dD](_|$)|[a-z]I[dD]$")
WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n"}


def draft(settings: Settings) -> None:
    """Write hydra/data/<name>.yaml; an existing file is never overwritten."""
    uri, query = settings.draft.source, settings.draft.query
    if not uri:
        raise UserError("say what to look at: `draft data/houses.csv draft.target=price`")
    ending = Path(uri.split("?")[0].removesuffix(".zip").removesuffix(".gz")).suffix.lower()
    kinds = {".csv": "csv", ".parquet": "parquet"}
    kind = kinds.get(ending, "sql" if query else "")
    if not kind:
        raise UserError(f"{uri} is neither .csv nor .parquet; for a database, give draft.query")
    name = settings.draft.name or re.sub(r"\W+", "_", Path(uri).name.split(".")[0]).strip("_").lower()
    target = Path("hydra/data") / f"{name}.yaml"
    if target.exists():
        raise UserError(f"{target} is there already: choose another name (draft.name=…), or remove it first")
    source = Source.model_validate({"kind": kind, "uri": uri, "query": query})
    frame = read(source)
    if redact(uri) != uri:  # the file is for git, a password is not
        source = source.model_copy(update={"uri": "${oc.env:DATABASE_URL}"})
    text = _describe(frame, name, source, settings.draft.target)
    with atomic(target) as path:
        path.write_text(text, encoding="utf-8")
    log.info("wrote %s: read it, correct it, then run `retrieve data=%s`", target, name)


def _describe(frame: pl.DataFrame, name: str, source: Source, target: str | None) -> str:
    """Return the YAML: types and nulls as seen, roles as guessed.

    The target is the named column, else the last one. A number's range is left open, because tomorrow's
    data may go beyond today's; the seen one stands in a comment.
    """
    if not len(frame):
        raise UserError(f"{source.uri} has no rows")
    target = target or frame.columns[-1]
    if target not in frame.columns:
        raise UserError(f"draft.target: there is no column {target!r}; {did_you_mean(target, frame.columns)}")
    numeric = frame[target].dtype.is_float() or frame[target].n_unique() > MOST_CLASSES
    task = "regression" if numeric and frame[target].dtype.is_numeric() else "classification"
    id_, time = _id(frame, target), _time(frame)
    lines = [
        f"# Drafted from {source.uri}: a guess from {len(frame):,} rows. Correct what is wrong.",
        f"name: {name}",
        f"task: {task} # or {'classification' if task == 'regression' else 'regression'}",
        "",
        "source:",
        f"  kind: {source.kind}",
        f"  uri: {_text(source.uri)}",
        f"  query: {_text(source.query) if source.query else 'null'}",
        "  null_values: [] # how a CSV writes that a value is missing: [NA]",
        "",
        "split:",
        f"  by: {'time' if time else 'hash'} # hash: of the id; time: the latest rows are test",
        "  test_size: 0.2",
        "  cutoff: null # by time: test from here on, as in 2024-12-31",
        f"  stratify: {'true' if task == 'classification' and not time else 'false'}",
        "",
        "columns: # role: feature, target, id, time, ignore or sensitive (a slice, never a feature)",
    ]
    for column in frame.columns:
        role = {target: "target", id_: "id", time: "time"}.get(column, _role(frame[column]))
        lines.append(f"  {_text(column)}: {_column(frame[column], role)}")
    return "\n".join(lines) + "\n"


def _column(series: pl.Series, role: str) -> str:
    dtype = _dtype(series)
    parts = [f"dtype: {dtype}", f"role: {role}"]
    if series.null_count():
        parts.append("nullable: true")
    values = series.drop_nulls().unique().sort()
    if dtype == "str" and role in ("feature", "target", "sensitive") and 0 < len(values) <= MOST_ALLOWED:
        parts.append(f"allowed: [{', '.join(_text(value) for value in values)}]")
    seen = f" # seen: {values[0]} to {values[-1]}" if dtype in ("int", "float") and len(values) else ""
    return f"{{{', '.join(parts)}}}{seen}"


def _dtype(series: pl.Series) -> str:
    if series.dtype.is_integer():
        return "int"
    if series.dtype.is_numeric():
        return "float"
    names: dict[object, str] = {pl.Boolean: "bool", pl.Date: "date"}
    return "datetime" if series.dtype == pl.Datetime else names.get(series.dtype, "str")


def _role(series: pl.Series) -> str:
    """Guess: what is empty, constant, a date, or text without repetition is no feature."""
    text = _dtype(series) == "str"
    useless = series.drop_nulls().n_unique() < 2 or series.dtype.is_temporal()
    return "ignore" if useless or (text and series.n_unique() > len(series) / 2) else "feature"


def _id(frame: pl.DataFrame, target: str) -> str | None:
    """Guess: the first column named like an id whose values, text or whole numbers, never repeat."""
    for name in frame.columns:
        series = frame[name]
        whole = series.dtype.is_integer() or series.dtype == pl.String
        if (
            name != target
            and NAMED_ID.search(name)
            and whole
            and not series.null_count()
            and series.is_unique().all()
        ):
            return name
    return None


def _time(frame: pl.DataFrame) -> str | None:
    return next((name for name in frame.columns if frame[name].dtype.is_temporal()), None)


def _text(value: object) -> str:
    """Return a value as YAML, quoted where it could be read as something else."""
    plain = str(value)
    return (
        plain
        if plain.isidentifier() and plain.lower() not in WORDS
        else json.dumps(plain, ensure_ascii=False)
    )
