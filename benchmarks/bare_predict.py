"""What a person writes without a template: polars and a model, the whole file at once.

python bare_predict.py INPUT.parquet OUTPUT.parquet MODEL.skops          the model from its file
python bare_predict.py INPUT.parquet OUTPUT.parquet STORE models:/bare/1  or from MLflow
"""

import os
import sys
from typing import Any

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import polars as pl
from bare_features import FEATURES, TRUSTED


def load(arguments: list[str]) -> Any:
    """Return the fitted pipeline."""
    if len(arguments) == 2:
        import mlflow

        mlflow.set_tracking_uri(f"sqlite:///{arguments[0]}/mlflow.db")
        from mlflow import sklearn

        return sklearn.load_model(arguments[1])
    import skops.io

    return skops.io.load(arguments[0], trusted=TRUSTED)


def main() -> None:
    """Predict all rows and write id, prediction and probability."""
    source, target, *rest = sys.argv[1:]
    pipeline = load(rest)
    frame = pl.read_parquet(source, columns=["id", *FEATURES])
    probability = pipeline.predict_proba(frame.select(FEATURES))[:, 1]
    columns = {"id": frame["id"], "prediction": probability > 0.5, "probability": probability}
    pl.DataFrame(columns).write_parquet(target)


if __name__ == "__main__":
    main()
