"""Predict a file of rows, batch by batch: memory stays the same however large it is.

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

from ..configurations import DataSettings, Settings
from ..middleware.errors import UserError
from ..middleware.files import atomic, exclusive
from ..middleware.logger import log, progress
from ..middleware.tracking import Tracker
from ..models.base_model import BaseModel
from ..repository import schema
from ..repository.data_manager import batches


def predict(settings: Settings) -> None:
    """Write the predictions as Parquet: id, prediction, probability, model version, run id, lineage."""
    import pyarrow.parquet as pq

    source = Path(settings.predict.input or settings.split_dir / "test.parquet")
    if not source.exists():
        raise UserError(f"predict.input: {source} is not there; run `retrieve` first, or name another file")
    target = Path(settings.predict.output)
    if target.suffix != ".parquet":
        raise UserError(f"predict.output: {target} has to end in .parquet, which is what is written")
    with exclusive("predict", settings.output_dir):
        tracker = Tracker(settings)
        version = tracker.version(settings.predict.model)
        model = tracker.load_model(version, settings.data)
        marks = {
            "model_version": int(version.version),
            "run_id": version.run_id,
            "lineage": version.tags["lineage"],
        }
        rows, frames = batches(source, settings.predict.batch_size, _needed(settings.data), settings.data)
        if not rows:
            raise UserError(f"predict.input: {source} has no rows")
        log.info("predicting %s rows with version %s of %s", f"{rows:,}", version.version, tracker.name)
        total = -(-rows // settings.predict.batch_size)
        done = (_predict(model, frame, marks, source) for frame in progress(frames, "batches", total=total))
        first = next(done).to_arrow()
        with atomic(target) as path, pq.ParquetWriter(path, first.schema) as writer:
            for table in chain([first], (frame.to_arrow() for frame in done)):
                writer.write_table(table)
    log.info("kept in %s", target)


def _needed(data: DataSettings) -> list[str]:
    return [*([data.id] if data.id else []), *data.features]


def _predict(model: BaseModel, frame: pl.DataFrame, marks: dict[str, Any], source: Path) -> pl.DataFrame:
    """Return a batch's predictions, after checking that it has what the model was trained on."""
    data = model.data
    typed = schema.cast(frame, data, _needed(data), str(source))
    schema.validate(typed, data, str(source), whole=False)
    columns: dict[str, Any] = {data.id: typed[data.id]} if data.id else {}
    if data.task == "regression":
        columns |= {
            "prediction": model.predict(typed),
            "probability": pl.repeat(None, len(typed), dtype=pl.Float64, eager=True),
        }
    else:
        probabilities = model.probabilities(typed)
        best = probabilities.argmax(axis=1)
        # Of two classes, the probability of the second, positive one; of more, that of the predicted one.
        score = probabilities[:, 1] if len(model.classes) == 2 else probabilities[np.arange(len(best)), best]
        columns |= {"prediction": np.asarray(model.classes)[best], "probability": score}
    return pl.DataFrame(columns).with_columns(pl.lit(value).alias(name) for name, value in marks.items())
