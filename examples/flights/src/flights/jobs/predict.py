"""Predict a file of rows in batches: memory stays the same however large a Parquet file is.

Examples:
    predict                                    the test part, with the champion
    predict predict.input=data/new.parquet     another file (Parquet or CSV)
    predict predict.model=3                    another version, or alias
"""

from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ..configurations import Settings
from ..middleware.errors import UserError
from ..middleware.files import atomic, exclusive
from ..middleware.logger import log, progress
from ..middleware.tracking import Tracker
from ..models.base_model import BaseModel
from ..repository import schema
from ..repository.data_manager import batches


def predict(settings: Settings) -> None:
    """Write the predictions as Parquet: id, prediction, probability, model version, run id, lineage.

    Raises:
        UserError: there is no such model or file, or a row does not fit the data set's YAML.
    """
    import pyarrow.parquet as pq

    data, size = settings.data, settings.predict.batch_size
    source = Path(settings.predict.input or settings.split_dir / "test.parquet")
    target = Path(settings.predict.output)
    split = [(settings.split_dir / f"{part}.parquet").resolve() for part in ("train", "test")]
    if target.suffix != ".parquet":
        raise UserError(f"predict.output: {target} has to end in .parquet, which is what is written")
    if target.is_dir() or target.resolve() in (source.resolve(), *split):
        raise UserError(f"predict.output: {target} is there, and is no file of predictions: name another")
    needed = data.with_role("id", "feature")
    rows, frames = batches(source, size, needed, data)
    if not rows:
        raise UserError(f"predict.input: {source} has no rows")
    with exclusive("predict", settings.outputs):
        tracker = Tracker(settings)
        version = tracker.version(settings.predict.model)
        model = tracker.load_model(version, data)
        log.info("predicting %s rows with version %s of %s", f"{rows:,}", version.version, tracker.name)
        marks = {"model_version": int(version.version), "run_id": version.run_id}
        marks["lineage"] = version.tags["lineage"]
        typed = (schema.cast(frame, data, needed, str(source)) for frame in frames)
        shown = progress(typed, "batches", total=-(-rows // size))
        done = (_predict(model, frame, marks, str(source)).to_arrow() for frame in shown)
        first = next(done)
        with atomic(target) as path, pq.ParquetWriter(path, first.schema, use_dictionary=[*marks]) as writer:
            for table in chain([first], done):
                writer.write_table(table)
    log.info("kept in %s", target)


def _predict(model: BaseModel, frame: pl.DataFrame, marks: dict[str, Any], where: str) -> pl.DataFrame:
    """Return a batch's predictions, after checking that its values are such as the YAML allows."""
    schema.validate(frame, model.data, where, whole=False)
    columns: dict[str, Any] = {name: frame[name] for name in model.data.with_role("id")}
    if model.data.task == "regression":
        columns["prediction"] = model.predict(frame)
        columns["probability"] = pl.repeat(None, len(frame), dtype=pl.Float64, eager=True)
    else:
        probabilities = model.probabilities(frame)
        best = probabilities.argmax(axis=1)
        columns["prediction"] = np.asarray(model.classes)[best]
        # Of two classes, the probability of the second, positive one; of more, that of the predicted one.
        chosen = 1 if len(model.classes) == 2 else best
        columns["probability"] = probabilities[np.arange(len(best)), chosen]
    return pl.DataFrame(columns).with_columns(**{name: pl.lit(value) for name, value in marks.items()})
