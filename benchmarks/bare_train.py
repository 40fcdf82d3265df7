"""What a person writes without a template: scikit-learn and MLflow, one script.

python bare_train.py TRAIN.parquet TEST.parquet STORE MODEL PARAMETERS
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import mlflow
import polars as pl
from bare_features import CATEGORIES, FEATURES, NUMBERS, TRUSTED
from mlflow.sklearn import log_model
from sklearn import metrics
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OrdinalEncoder


def estimator(model: str, parameters: dict[str, Any]) -> Any:
    """Return the unfitted estimator."""
    if model == "lightgbm":
        from lightgbm import LGBMClassifier

        same: dict[str, Any] = {"random_state": 0, "deterministic": True, "force_row_wise": True}
        return LGBMClassifier(**same, **parameters, verbosity=-1)
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(random_state=0, **parameters)


def main() -> None:
    """Fit, measure, log, register; print the metrics."""
    train_file, test_file, store, model, given = sys.argv[1:]
    parameters = json.loads(given)
    mlflow.set_tracking_uri(f"sqlite:///{store}/mlflow.db")
    if mlflow.get_experiment_by_name("bare") is None:
        mlflow.create_experiment("bare", artifact_location=Path(store, "artifacts").as_uri())
    mlflow.set_experiment("bare")
    train, test = pl.read_parquet(train_file), pl.read_parquet(test_file)
    encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, min_frequency=2)
    preprocess = ColumnTransformer([("number", "passthrough", NUMBERS), ("category", encode, CATEGORIES)])
    with mlflow.start_run():
        pipeline = make_pipeline(preprocess, estimator(model, parameters))
        pipeline.fit(train.select(FEATURES), train["delayed"].to_numpy())
        truth, probability = test["delayed"].to_numpy(), pipeline.predict_proba(test.select(FEATURES))[:, 1]
        found = {
            "roc_auc": metrics.roc_auc_score(truth, probability),
            "average_precision": metrics.average_precision_score(truth, probability),
            "accuracy": metrics.accuracy_score(truth, probability > 0.5),
            "f1": metrics.f1_score(truth, probability > 0.5),
            "log_loss": metrics.log_loss(truth, probability),
        }
        mlflow.log_params(parameters)
        mlflow.log_metrics(found)
        log_model(
            pipeline,
            name="model",
            serialization_format="skops",
            skops_trusted_types=TRUSTED,
            pip_requirements=["scikit-learn"],  # given, or MLflow takes seconds to find out
            registered_model_name="bare",
        )
    Path(store, "metrics.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main()
