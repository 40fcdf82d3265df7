"""Where data comes from and goes to: scikit-learn's own sets, files by path or address, SQL databases.

Another kind of source is a module `source_<kind>.py` beside this one, with a function `read` like those here.
"""

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile, ZipFile

import polars as pl

from ..middleware.errors import UserError, did_you_mean
from ..middleware.logger import log
from .data_settings import Source

if TYPE_CHECKING:
    from sqlalchemy import Connection

ROWS_TO_INFER = 10_000
SPOILT = (EOFError, BadZipFile, zlib.error)  # a compressed file that is not whole
HINTS = {"utf-8": ": save it as UTF-8", "more fields": ": are its values separated by commas?"}
SECONDS_TO_CONNECT = 10  # psycopg would wait for ever


def read(source: Source, text: list[str]) -> pl.DataFrame:
    """Return the raw rows of a source.

    Args:
        source: what to read.
        text: columns of a CSV that stay as they are written (an id of 007).

    Raises:
        UserError: it is not there, can't be read, or its query fails.
    """
    readers = {"sklearn": _sklearn, "csv": _file, "parquet": _file, "sql": _sql}
    try:
        own = readers.get(source.kind) or import_module(f".source_{source.kind}", __package__).read
        frame = own(source, text)
        return frame.sql(source.query) if source.query and source.kind != "sql" else frame
    except (*SPOILT, OSError, ValueError, ImportError, pl.exceptions.PolarsError) as error:
        reason = str(error).partition("\n")[0]  # the rest is about the library's own options
        hint = next((hint for sign, hint in HINTS.items() if sign in reason.lower()), "")
        raise UserError(f"{source.kind} {source.uri!r} can't be read: {reason}{hint}") from error


def _sklearn(source: Source, _text: list[str]) -> pl.DataFrame:
    """Read a data set that scikit-learn carries; names get underscores, rows an id, classes their names."""
    from sklearn import datasets

    load = getattr(datasets, f"load_{source.uri}", None)
    if load is None:
        names = [name.removeprefix("load_") for name in dir(datasets) if name.startswith("load_")]
        hint = did_you_mean(source.uri, names)
        raise UserError(f"data.source.uri: scikit-learn carries no {source.uri!r}; {hint}")
    bunch = load()
    names = [str(name).replace(" ", "_") for name in bunch.feature_names]
    target = bunch.target_names[bunch.target] if "target_names" in bunch else bunch.target
    columns = dict(zip(names, bunch.data.T, strict=True))
    return pl.DataFrame({"id": range(len(target)), **columns, "target": target})


def _file(source: Source, text: list[str]) -> pl.DataFrame:
    import fsspec

    uri = _located(source.uri)
    if uri.lower().endswith(".zip") and "::" not in uri:
        with fsspec.open(uri, "rb") as file, ZipFile(file) as archive:
            inside = [name for name in archive.namelist() if not re.search("^__MACOSX/|/$", name)]
            if len(inside) != 1:
                one = f"zip://{next(iter(inside), 'FILE')}::{source.uri}"
                raise ValueError(f"it holds {len(inside)} files; name one: {one}")
    with fsspec.open(uri, "rb", compression="infer") as file:
        content = file.read()
        if source.kind == "parquet":
            return pl.read_parquet(content)
        types, nulls = dict.fromkeys(text, pl.String), source.null_values
        options: dict[str, Any] = {"schema_overrides": types, "null_values": nulls, "try_parse_dates": True}
        try:
            frame = pl.read_csv(content, infer_schema_length=ROWS_TO_INFER, **options)
        except pl.exceptions.ComputeError:  # a later row may be of another shape: look at all of them
            frame = pl.read_csv(content, infer_schema_length=None, **options)
    if any("\ufffd" in name or "\0" in name for name in frame.columns):
        raise ValueError("its first line is no UTF-8")
    dated = [name for name in frame.columns if frame[name].dtype in (pl.Date, pl.Datetime)]
    seen: dict[str, Any] = {"columns": dated, "n_rows": ROWS_TO_INFER, "infer_schema": False}
    for written in pl.read_csv(content, null_values=nulls, **seen) if dated else []:
        read, first = frame[written.name].drop_nulls().first(), written.drop_nulls().first()
        if first and not str(first)[:4].isdigit():
            log.warning("column %r: %r is read as %s, day before month", written.name, first, read)
    for name in frame.columns:  # polars reads a second `a` as a_duplicated_0
        other, _, number = name.rpartition("_duplicated_")
        if number.isdigit() and other in frame.columns:
            raise UserError(f"data.source: column {other!r} occurs more than once in {source.uri}")
    return frame


def _located(uri: str) -> str:
    """Return the path behind `package://<package>/<file>`: data in an installed package, not imported."""
    if not uri.startswith("package://"):
        return uri
    package, _, inside = uri.removeprefix("package://").partition("/")
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise UserError(f"data.source.uri: package {package!r} is not installed; add it to pyproject.toml")
    return str(Path(spec.submodule_search_locations[0], inside))


def _sql(source: Source, _text: list[str]) -> pl.DataFrame:
    if not source.query:
        raise UserError("data.source.query: a sql source needs the SELECT to run")
    import sqlalchemy as sa

    query = sa.text(re.sub(r"(?<!\\):", r"\:", source.query))  # a colon is no parameter
    with connect(source.uri, "data.source.uri") as connection:
        return pl.read_database(query, connection, infer_schema_length=None)  # the first rows may be whole


@contextmanager
def connect(url: str, key: str, *, create: bool = False) -> Iterator["Connection"]:
    """Yield a connection in one transaction: committed when the block succeeds, else nothing has changed.

    Args:
        url: SQLAlchemy's form, as in `postgresql://user:password@host/database`.
        key: the configuration's key that holds it, for messages.
        create: make a SQLite file that is not there yet.

    Raises:
        UserError: the URL is malformed, or the database does not answer or refuses what it is told.
    """
    import sqlalchemy as sa

    shown, options = "", {}
    try:
        address = sa.make_url(url)
        shown = f"{address.render_as_string(hide_password=True)}: "
        if address.drivername in ("postgresql", "postgresql+psycopg"):
            address = address.set(drivername="postgresql+psycopg")
            options = {"connect_timeout": address.query.get("connect_timeout", SECONDS_TO_CONNECT)}
        elif address.get_backend_name() == "sqlite" and address.database:
            if create:
                Path(address.database).parent.mkdir(parents=True, exist_ok=True)
            elif not Path(address.database).exists():
                raise UserError(f"{key}: {address.database} is not there")
        engine = sa.create_engine(address, poolclass=sa.NullPool, connect_args=options)
        with engine.begin() as connection:
            yield connection
    except (sa.exc.SQLAlchemyError, ImportError, ValueError) as error:
        if shown and isinstance(error, ValueError):
            raise  # of the block
        # The database's own first line: the rest is the statement, and what it was given.
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        raise UserError(f"{key}: {shown}{reason}") from error
