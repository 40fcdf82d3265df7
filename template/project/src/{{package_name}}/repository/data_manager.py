"""All data I/O: read a source, split it, keep the parts, and hand them out whole or in batches."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import blake2b, sha256
from importlib.util import find_spec
from pathlib import Path
from typing import Any, BinaryIO, cast

import polars as pl

from ..configurations import Settings, Source
from ..middleware.errors import UserError, did_you_mean
from ..middleware.files import atomic
from . import schema

PARTS = ("train", "test")
ROWS_TO_INFER = 10_000


class DataManager:
    """The data of one data set."""

    def __init__(self, settings: Settings) -> None:
        self.data = settings.data
        self.folder = settings.split_dir

    def read_source(self) -> pl.DataFrame:
        """Return the raw data, typed and checked.

        Raises:
            UserError: the source is missing or can't be read, or does not fit the YAML.
        """
        where = f"{self.data.source.kind} {self.data.source.uri}"
        text = [name for name, column in self.data.columns.items() if column.dtype == "str"]
        frame = read(self.data.source, text=text)
        names = [name for name, column in self.data.columns.items() if column.role != "ignore"]
        frame = schema.cast(frame, self.data, names, where)
        schema.validate(frame, self.data, where)
        return frame

    def split(self, frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """Return the rows as train and test; a row stays on its side when others are added.

        By hash, a row is test if the hash of its id is below `test_size`. With `stratify`, the hash is taken
        within each class, and a class of two rows or more is present on both sides.
        By time, rows from `cutoff` on are test; without a cutoff, the latest `test_size` of them.
        """
        test = self._by_time(frame) if self.data.split.by == "time" else self._by_hash(frame)
        parts = {"train": frame.filter(~test), "test": frame.filter(test)}
        for name, part in parts.items():
            if not len(part):
                raise UserError(
                    f"the {name} part is empty: data.split can't split {len(frame)} rows like this"
                )
            if self.data.task == "classification" and part[self.data.target].n_unique() < 2:
                message = f"the {name} part holds a single class of {self.data.target!r}"
                raise UserError(f"{message}: set data.split.stratify=true, or another data.split.test_size")
        return parts

    def _by_hash(self, frame: pl.DataFrame) -> pl.Series:
        split = self.data.split
        key = [self.data.id] if self.data.id else [c for c in frame.columns if c != self.data.target]
        rows = frame.select(pl.concat_str(pl.col(key).cast(pl.String), separator="\x1f", ignore_nulls=True))
        shares = pl.Series("share", [_share(row) for row in rows.to_series()])
        test: pl.Series = shares < split.test_size
        if split.stratify:
            marked = pl.DataFrame({"class": frame[self.data.target], "share": shares, "test": test})
            first = pl.col("share") == pl.col("share").min().over("class")
            last = pl.col("share") == pl.col("share").max().over("class")
            test = marked.select((pl.col("test") | first) & ~last).to_series()
        return test

    def _by_time(self, frame: pl.DataFrame) -> pl.Series:
        time = frame[cast(str, self.data.time)]
        cutoff: Any = self.data.split.cutoff
        if cutoff is None:
            cutoff = time.sort(descending=True)[max(0, int(len(time) * self.data.split.test_size) - 1)]
        elif time.dtype.is_temporal():
            try:
                moment = datetime.fromisoformat(cutoff)
            except ValueError as error:
                raise UserError(f"data.split.cutoff: {cutoff!r} is not a date like 2024-12-31") from error
            cutoff = moment if time.dtype == pl.Datetime else moment.date()
        else:
            cutoff = float(cutoff)
        late: pl.Series = time >= cutoff
        return late

    def save(self, parts: dict[str, pl.DataFrame]) -> None:
        """Keep the parts as Parquet, all of them or none."""
        with atomic(self.folder) as folder:
            folder.mkdir()
            for name, part in parts.items():
                part.write_parquet(folder / f"{name}.parquet")

    def load(self, part: str) -> pl.DataFrame:
        """Return `train` or `test` in the declared types.

        Raises:
            UserError: it has not been retrieved, or does not fit the YAML any more.
        """
        path = self.folder / f"{part}.parquet"
        if not path.exists():
            raise UserError(
                f"{path} is not there: run `retrieve data={self.data.name}` first (or `dvc pull`)"
            )
        names = [name for name, column in self.data.columns.items() if column.role != "ignore"]
        return schema.cast(pl.read_parquet(path), self.data, names, str(path))

    def digest(self) -> str:
        """Return the SHA-256 of the retrieved parts."""
        digest = sha256()
        for name in PARTS:
            digest.update((self.folder / f"{name}.parquet").read_bytes())
        return digest.hexdigest()


def _share(row: str | None) -> float:
    """Map a row's key to [0, 1): evenly, and the same on every machine and in every version."""
    return int.from_bytes(blake2b((row or "").encode(), digest_size=8).digest()) / 2**64


def batches(path: Path, size: int) -> tuple[int, Iterator[pl.DataFrame]]:
    """Return how many rows a Parquet or CSV file has, and the rows in frames of at most `size`."""
    import pyarrow.dataset as ds

    if not path.exists():
        raise UserError(f"predict.input: {path} is not there")
    kind = path.suffix.removeprefix(".").lower()
    if kind not in ("parquet", "csv"):
        raise UserError(f"predict.input: {path} is neither .parquet nor .csv")
    try:
        source = ds.dataset(path, format=kind)
        rows = source.count_rows()
        found = source.to_batches(batch_size=size, batch_readahead=1, fragment_readahead=1)
    except (OSError, ValueError) as error:
        raise UserError(f"predict.input: {path} can't be read as {kind}: {error}") from error
    return rows, (cast(pl.DataFrame, pl.from_arrow(batch)) for batch in found if batch.num_rows)


def read(source: Source, *, text: list[str] | None = None) -> pl.DataFrame:
    """Return the raw rows of a source.

    Args:
        source: what to read.
        text: columns of a CSV that stay as they are written (an id of 007).
    """
    readers = {"sklearn": _sklearn, "csv": _file, "parquet": _file, "sql": _sql}
    try:
        frame = readers[source.kind](source, text or [])
        return frame.sql(source.query) if source.query and source.kind != "sql" else frame
    except (OSError, ValueError, ImportError, pl.exceptions.PolarsError) as error:
        raise UserError(f"data.source: {source.kind} {source.uri!r} can't be read: {error}") from error


def _sklearn(source: Source, _text: list[str]) -> pl.DataFrame:
    """Read a data set that scikit-learn carries; names get underscores, rows an id, classes their names."""
    from sklearn import datasets

    names = [name.removeprefix("load_") for name in dir(datasets) if name.startswith("load_")]
    if source.uri not in names:
        raise UserError(
            f"data.source.uri: scikit-learn carries no {source.uri!r}; {did_you_mean(source.uri, names)}"
        )
    bunch = getattr(datasets, f"load_{source.uri}")()
    columns = {
        str(name).replace(" ", "_"): column
        for name, column in zip(bunch.feature_names, bunch.data.T, strict=True)
    }
    target = bunch.target_names[bunch.target] if "target_names" in bunch else bunch.target
    return pl.DataFrame({"id": range(len(bunch.data)), **columns, "target": target})


def _file(source: Source, text: list[str]) -> pl.DataFrame:
    import fsspec

    with fsspec.open(_located(source.uri), "rb", compression="infer") as file:
        content = cast(BinaryIO, file)
        if source.kind == "parquet":
            return pl.read_parquet(content)
        types, nulls = dict.fromkeys(text, pl.String), source.null_values
        options: dict[str, Any] = {"schema_overrides": types, "null_values": nulls, "try_parse_dates": True}
        return pl.read_csv(content, infer_schema_length=ROWS_TO_INFER, **options)


def _located(uri: str) -> str:
    """Return the path behind `package://<package>/<file>`: data in an installed package, not imported."""
    if not uri.startswith("package://"):
        return uri
    package, _, inside = uri.removeprefix("package://").partition("/")
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise UserError(f"data.source.uri: package {package!r} is not installed; add it to pyproject.toml")
    return str(Path(spec.submodule_search_locations[0]) / inside)


def _sql(source: Source, _text: list[str]) -> pl.DataFrame:
    from .database import connect

    if not source.query:
        raise UserError("data.source.query: a sql source needs the SELECT to run")
    with connect(source.uri, "data.source.uri") as connection:
        return pl.read_database(source.query, connection)
