"""Draft the YAML of a new data set from the data: read it, correct it.

Examples:
    draft data/houses.csv draft.target=price           writes hydra/data/houses.yaml
    draft s3://bucket/x.parquet draft.name=houses      Parquet, any fsspec address
    draft postgresql://host/db draft.query="SELECT …"  a database
"""

import re
from math import inf
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from ..configurations import Settings
from ..middleware.errors import UserError, did_you_mean
from ..middleware.files import atomic
from ..middleware.logger import log, redact
from ..repository.data_settings import Source
from ..repository.sources import read

MOST_ALLOWED = 12
MOST_CLASSES = 20
FROM_ENVIRONMENT = "${oc.env:DATABASE_URL}"
NAMED_ID = re.compile(r"(^|_)[iI][dD](_|$)|[a-z]I[dD]$")
HEADER = """\
# Drafted from {source.uri}: a guess from {rows:,} rows. Read it, correct it.
# null_values: how a CSV writes that a value is missing. split.by: hash or time; cutoff: from it on is test.
# dtype: int, float, str, bool, date or datetime. nullable, min, max and allowed: which values are right.
# role: feature, target, id, time, ignore or sensitive (a slice of the report, never a feature).
"""


def draft(settings: Settings) -> None:
    """Write hydra/data/<name>.yaml; an existing file is never overwritten."""
    uri, query = settings.draft.source, settings.draft.query
    if not uri:
        raise UserError("say what to look at: `draft data/houses.csv draft.target=price`")
    ending = Path(uri.split("?")[0].removesuffix(".zip").removesuffix(".gz")).suffix.lower()
    kind = {".csv": "csv", ".parquet": "parquet"}.get(ending, "sql" if query else "")
    if not kind:
        raise UserError(f"{uri} is neither .csv nor .parquet; for a database, give draft.query")
    name = settings.draft.name or re.sub(r"\W+", "_", Path(uri).name.split(".")[0]).strip("_").lower()
    target = Path("hydra/data") / f"{name}.yaml"
    if target.exists():
        raise UserError(f"{target} is there already: choose another name (draft.name=…), or remove it first")
    source = Source.model_validate({"kind": kind, "uri": uri, "query": query})
    frame = read(source)
    if not len(frame):
        raise UserError(f"{uri} has no rows")
    if redact(uri) != uri:  # the file is for git, a password is not
        source = source.model_copy(update={"uri": FROM_ENVIRONMENT})
    described = {"name": name, **_describe(frame, source, settings.draft.target)}
    columns = described.pop("columns")
    with atomic(target) as path, path.open("w", encoding="utf-8") as file:
        file.write(HEADER.format(source=source, rows=len(frame)))
        file.writelines(f"{key}: {_yaml(value)}\n" for key, value in described.items())
        file.write("columns:\n")
        file.writelines(f"  {_yaml(key)}: {_yaml(value)}\n" for key, value in columns.items())
    log.info("wrote %s: read it, correct it, then run `retrieve data=%s`", target, name)


def _describe(frame: pl.DataFrame, source: Source, target: str | None) -> dict[str, Any]:
    """Return the settings of the data set: types and nulls as seen, roles as guessed.

    The target is the named column, else the last one. A number's range is left open: tomorrow's data may go
    beyond today's.
    """
    target = target or frame.columns[-1]
    if target not in frame.columns:
        raise UserError(f"draft.target: there is no column {target!r}; {did_you_mean(target, frame.columns)}")
    values = frame[target]
    many = values.dtype.is_float() or values.n_unique() > MOST_CLASSES
    task = "regression" if many and values.dtype.is_numeric() else "classification"
    others = [name for name in frame.columns if name != target]
    id_ = next((name for name in others if NAMED_ID.search(name) and _identifies(frame[name])), None)
    time = next((name for name in others if frame[name].dtype.is_temporal()), None)
    roles = {id_: "id", time: "time", target: "target"}
    return {
        "task": task,
        "source": source.model_dump(),
        "split": {
            "by": "time" if time else "hash",
            "test_size": 0.2,
            "cutoff": None,
            "stratify": task == "classification" and not time,
        },
        "columns": {name: _column(frame[name], roles.get(name)) for name in frame.columns},
    }


def _identifies(series: pl.Series) -> bool:
    """Say whether the values are text or whole numbers that never repeat."""
    plain = series.dtype.is_integer() or series.dtype == pl.String
    return plain and not series.null_count() and not series.is_duplicated().any()


def _column(series: pl.Series, role: str | None) -> dict[str, Any]:
    """Guess: what is empty, constant, a date, or text without repetition is no feature."""
    dtype, values = _dtype(series), series.drop_nulls().unique().sort()
    unlike = (
        len(values) < 2 or series.dtype.is_temporal() or (dtype == "str" and len(values) > len(series) / 2)
    )
    column: dict[str, Any] = {"dtype": dtype, "role": role or ("ignore" if unlike else "feature")}
    if series.null_count():
        column["nullable"] = True
    if dtype == "str" and column["role"] in ("feature", "target") and 0 < len(values) <= MOST_ALLOWED:
        column["allowed"] = values.to_list()
    return column


def _dtype(series: pl.Series) -> str:
    if series.dtype.is_integer():
        return "int"
    if series.dtype.is_numeric():
        return "float"
    names: dict[Any, str] = {pl.Boolean: "bool", pl.Date: "date", pl.Datetime: "datetime"}
    return names.get(series.dtype.base_type(), "str")


class _Dumper(yaml.SafeDumper):
    """Quotes all but plain words: what YAML takes for text, Hydra may take for a number (1e3), or look up."""

    def represent_str(self, text: str) -> yaml.ScalarNode:
        """Return the text, quoted if need be."""
        style = None if text.isidentifier() else '"'
        if text != FROM_ENVIRONMENT:
            text = re.sub(r"(\\*)\$\{", r"\1\1\\${", text)
        return self.represent_scalar("tag:yaml.org,2002:str", text, style)


_Dumper.add_representer(str, _Dumper.represent_str)


def _yaml(value: Any) -> str:
    """Return a value as YAML on one line."""
    options: dict[str, Any] = {"default_flow_style": True, "sort_keys": False, "allow_unicode": True}
    text: str = yaml.dump(value, Dumper=_Dumper, width=inf, **options)
    return text.removesuffix("...\n").strip()
