"""Fit a model, measure it, register it as a new version in MLflow.

Examples:
    train                                      the model that hydra/default.yaml names
    train model=lightgbm                       another one
    train model.max_depth=8 seed=1             with other parameters
    train --multirun model=linear,random_forest     one after the other
    train optimizer.apply=false                without the best parameters that optimize found
"""

from ..configurations import Settings, with_parameters
from ..evaluation.metrics import measure
from ..middleware import lineage
from ..middleware.logger import log, pairs
from ..middleware.tracking import Tracker
from ..models import model_class
from ..optimizer.optimizer import best_parameters
from ..repository.data_manager import DataManager


def train(settings: Settings) -> None:
    """Register a new model version; its record is outputs/train/lineage.json."""
    settings = with_parameters(settings, best_parameters(settings))
    manager = DataManager(settings)
    frame, test = manager.load("train"), manager.load("test")
    record = lineage.collect(settings, manager.digest())
    tracker = Tracker(settings)
    tags = {"job": "train", "lineage": record.key, "data": settings.data.name}
    with tracker.mlflow.start_run(run_name="train", tags=tags) as run:
        log.info("fitting %s on %s rows", settings.model.name, f"{len(frame):,}")
        model = model_class(settings.model.name)(settings.data, settings.model, settings.seed).fit(frame)
        metrics = measure(model, test)
        parameters = {"model": settings.model.name, "seed": settings.seed, **settings.model.parameters()}
        tracker.mlflow.log_params(parameters)
        tracker.mlflow.log_metrics(metrics)
        tracker.mlflow.log_text(record.config, "config.yaml")
        version = tracker.save_model(model, record)
        became = {"run_id": run.info.run_id, "model_name": tracker.name, "model_version": version}
        measured = {"metrics": metrics, "test_from": manager.test_from(test)}
        record = record.model_copy(update={**became, **measured})
        tracker.mlflow.log_dict({"key": record.key, **record.model_dump()}, "lineage.json")
    record.save(settings.outputs / "train" / "lineage.json")  # the last of several wins, whole
    log.info("version %d of %s: %s", version, tracker.name, pairs(metrics))
