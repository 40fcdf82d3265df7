"""A data set on its way: from its source, split, kept, and handed out whole or in batches."""

from collections.abc import Iterator
from hashlib import blake2b, sha256
from pathlib import Path
from typing import cast

import polars as pl

from ..configurations import Settings
from ..middleware.errors import UserError
from ..middleware.files import atomic
from . import schema
from .data_settings import DataSettings, divided_by
from .sources import read


class DataManager:
    """The data of one data set."""

    def __init__(self, settings: Settings) -> None:
        self.data = settings.data
        self.folder = settings.split_dir
        self.by = divided_by(self.data.model_dump())
        self.again = f"`retrieve data={self.data.name}`"  # what writes the parts anew

    def read_source(self) -> pl.DataFrame:
        """Return the raw data, typed and checked.

        Raises:
            UserError: the source is missing or can't be read, or does not fit the YAML.
        """
        where = f"{self.data.source.kind} {self.data.source.uri}"
        frame = schema.cast(read(self.data.source, self.data.text), self.data, self.data.kept, where)
        schema.validate(frame, self.data, where)
        return frame

    def split(self, frame: pl.DataFrame) -> dict[str, pl.DataFrame]:
        """Return the rows as train and test; a row stays on its side when others are added.

        By hash, a row is test if the hash of its id is below `test_size`. With `stratify`, each class of two
        rows or more is moreover on both sides: of one that is not, the row of the lowest hash becomes test,
        or the one of the highest train; so a row of a rare class may change sides.
        By time, rows from `cutoff` on are test; without a cutoff, about the latest `test_size` of them, which
        moves on as rows are added; rows of one moment stay together.
        """
        test = self._by_time(frame) if self.data.split.by == "time" else self._by_hash(frame)
        parts = {"train": frame.filter(~test), "test": frame.filter(test)}
        advice = "set another data.split.test_size, or data.split.stratify=true"
        if self.data.split.by == "time":
            advice = "set another data.split.cutoff or data.split.test_size"
        targets = {name: part[self.data.target].unique() for name, part in parts.items()}
        for name, values in targets.items():
            if not len(values):
                raise UserError(f"the {name} part of {len(frame)} rows is empty: {advice}")
            if self.data.task == "classification" and len(values) < 2:
                raise UserError(f"the {name} part holds a single class of {self.data.target!r}: {advice}")
        if self.data.task == "classification" and (new := set(targets["test"]) - set(targets["train"])):
            few = f"{sorted(map(str, new))[:3]} ({len(new)} of {len(targets['test'])} classes)"
            raise UserError(f"{few} is only in the test part: {advice}")
        return parts

    def _by_hash(self, frame: pl.DataFrame) -> pl.Series:
        key = [self.data.id] if self.data.id else [c for c in frame.columns if c != self.data.target]
        rows = frame.select(pl.concat_str(pl.col(key).cast(pl.String), separator="\x1f", ignore_nulls=True))
        shares = [_share(row) for row in rows.to_series()]
        test = pl.col("share") < self.data.split.test_size
        if self.data.split.stratify:
            lowest = pl.col("share") == pl.col("share").min().over("class")
            highest = pl.col("share") == pl.col("share").max().over("class")
            test = (test | lowest) & ~highest
        return pl.DataFrame({"class": frame[self.data.target], "share": shares}).select(test).to_series()

    def _by_time(self, frame: pl.DataFrame) -> pl.Series:
        name, split = cast(str, self.data.time), self.data.split
        if split.cutoff is not None:
            return cast(pl.Series, frame[name] >= self.data.columns[name].typed(split.cutoff))
        limit = frame[name].sort(descending=True)[max(0, int(len(frame) * split.test_size) - 1)]
        sides = [side for side in (frame[name] >= limit, frame[name] > limit) if 0 < side.sum() < len(side)]
        sides.sort(key=lambda test: abs(test.sum() / len(test) - split.test_size))
        return cast(pl.Series, sides[0] if sides else frame[name] >= limit)

    def test_from(self, test: pl.DataFrame) -> float | None:
        """Return where the test part begins in time, as a number; None where that does not move."""
        if self.data.split.by == "hash" or self.data.split.cutoff is not None:
            return None
        return cast(float, test[cast(str, self.data.time)].to_physical().min())

    def save(self, parts: dict[str, pl.DataFrame]) -> None:
        """Keep the parts as Parquet, all of them or none."""
        with atomic(self.folder) as folder:
            folder.mkdir()
            for name, part in parts.items():
                part.write_parquet(folder / f"{name}.parquet", metadata={"split": self.by})

    def load(self, part: str) -> pl.DataFrame:
        """Return `train` or `test` in the declared types.

        Raises:
            UserError: it has not been retrieved, or does not fit the YAML any more.
        """
        path = self._path(part)
        try:
            frame, by = pl.read_parquet(path), pl.read_parquet_metadata(path).get("split", self.by)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise UserError(f"{path} can't be read ({error}): {self.again} writes it anew") from error
        if by not in (self.by, f"{self.data.split.model_dump_json()} {self.data.id}"):  # as 0.5 wrote it
            raise UserError(
                f"{path} was split otherwise than hydra/data/{self.data.name}.yaml says now: run {self.again}"
            )
        return schema.cast(frame, self.data, self.data.kept, str(path))

    def digest(self) -> str:
        """Return the SHA-256 of the retrieved parts."""
        digest = sha256()
        for name in ("train", "test"):
            digest.update(self._path(name).read_bytes())
        return digest.hexdigest()

    def _path(self, part: str) -> Path:
        path = self.folder / f"{part}.parquet"
        if not path.exists():
            raise UserError(f"{path} is not there: run {self.again} first (or `dvc pull`)")
        return path


def _share(row: str | None) -> float:
    """Map a row's key to [0, 1): evenly, and the same on every machine and in every version."""
    return int.from_bytes(blake2b((row or "").encode(), digest_size=8).digest()) / 2**64


def batches(
    path: Path, size: int, columns: list[str], data: DataSettings
) -> tuple[int, Iterator[pl.DataFrame]]:
    """Return how many rows a file has, and these columns of them in frames of at most `size`.

    Of a CSV, and of a file that lacks one of them, all columns. Of a Parquet file, memory is bounded by
    `size`; a CSV is read whole, as on retrieval.
    """
    import pyarrow.parquet as pq

    if not path.exists():
        raise UserError(f"{path} is not there, seen from {Path.cwd()}: run `retrieve` first, or name another")
    if ".csv" in path.name.lower():
        source = data.source.model_copy(update={"kind": "csv", "uri": str(path), "query": None})
        frame = read(source, data.text)
        return len(frame), frame.iter_slices(size)
    try:
        file = pq.ParquetFile(path, pre_buffer=False)
    except (OSError, ValueError) as error:
        raise UserError(f"{path} can't be read: {error}") from error
    known = set(columns) <= set(file.schema_arrow.names)
    found = file.iter_batches(size, columns=columns if known else None)
    return file.metadata.num_rows, map(pl.DataFrame, found)
