"""Metrics for both tasks, with bootstrap intervals."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from ..middleware.logger import progress
from ..models.base_model import BaseModel
from ..repository.data_settings import Task

METRICS: dict[Task, dict[str, int]] = {  # 1: larger is better, -1: smaller; a task's first is its usual one
    "classification": {"roc_auc": 1, "average_precision": 1, "accuracy": 1, "f1": 1, "log_loss": -1},
    "regression": {"rmse": -1, "mae": -1, "r2": 1},
}


@dataclass(frozen=True)
class Predictions:
    """A model's predictions beside the truth, as numbers: shape (rows,), probabilities (rows, classes)."""

    truth: Any
    prediction: Any
    probabilities: Any = None  # None: a regression
    classes: tuple[Any, ...] = ()

    @classmethod
    def of(cls, model: BaseModel, frame: pl.DataFrame) -> "Predictions":
        """Return the model's predictions of a frame that has the target."""
        truth = frame[model.data.target]
        if model.data.task == "regression":
            return cls(truth.to_numpy().astype(float), model.predict(frame).astype(float))
        probabilities = model.probabilities(frame)
        unseen = len(model.classes)  # a class that training did not have: never predicted right
        coded = truth.replace_strict(model.classes, range(unseen), default=unseen)
        return cls(coded.to_numpy(), probabilities.argmax(axis=1), probabilities, tuple(model.classes))

    def take(self, rows: Any) -> "Predictions":
        """Return the predictions of these rows (indices or a mask)."""
        chosen = None if self.probabilities is None else self.probabilities[rows]
        return replace(self, truth=self.truth[rows], prediction=self.prediction[rows], probabilities=chosen)

    def metrics(self) -> dict[str, float]:
        """Return every metric that can be computed; one that needs a class which is not there is left out."""
        found = _regression(self) if self.probabilities is None else _classification(self)
        return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def measure(model: BaseModel, frame: pl.DataFrame) -> dict[str, float]:
    """Return a model's metrics on a frame."""
    return Predictions.of(model, frame).metrics()


def _regression(p: Predictions) -> dict[str, Any]:
    error = p.prediction - p.truth
    spread = np.square(p.truth - p.truth.mean()).sum()
    r2 = 1 - np.square(error).sum() / spread if spread else np.nan
    return {"rmse": np.sqrt(np.square(error).mean()), "mae": np.abs(error).mean(), "r2": r2}


def _classification(p: Predictions) -> dict[str, Any]:
    from sklearn import metrics

    binary, labels = len(p.classes) == 2, list(range(len(p.classes)))
    present = set(np.unique(p.truth).tolist())
    score = p.probabilities[:, 1] if binary else p.probabilities
    found = {"accuracy": (p.truth == p.prediction).mean()}
    # Of two classes the second is the positive one; of more, each counts alike.
    same: dict[str, Any] = {"average": "macro", "labels": [1] if binary else labels}
    found["f1"] = metrics.f1_score(p.truth, p.prediction, zero_division=np.nan, **same)
    if present <= set(labels):
        found["log_loss"] = metrics.log_loss(p.truth, p.probabilities, labels=labels)
    if present == set(labels):
        found["roc_auc"] = metrics.roc_auc_score(p.truth, score, multi_class="ovr", labels=labels)
        found["average_precision"] = metrics.average_precision_score(p.truth, score)
    return found


def intervals(p: Predictions, rounds: int, seed: int) -> dict[str, list[float]]:
    """Return each metric's 95 % interval by the bootstrap (Efron, 1979)."""
    draw = np.random.default_rng(seed)
    rows, numbers = len(p.truth), progress(range(rounds), "bootstrap", total=rounds)
    samples = [p.take(draw.integers(0, rows, rows)).metrics() for _ in numbers]
    drawn = {name: [sample[name] for sample in samples if name in sample] for name in p.metrics()}
    return {name: np.percentile(values, [2.5, 97.5]).tolist() for name, values in drawn.items() if values}


def shown(value: float) -> str:
    """Return a metric as a person reads it: four decimals, none where it is large."""
    return f"{value:.4f}" if abs(value) < 1000 else f"{value:,.0f}"


def table(found: dict[str, Any]) -> list[list[str]]:
    """Return the metrics of an evaluation beside its rivals': a header, then a row for each metric."""
    rivals = {"baseline": found["baseline"]}
    if found["champion"]:
        rivals[f"champion {found['champion']['version']}"] = found["champion"]["metrics"]
    rows = [["metric", f"version {found['model']['version']}", "95 % interval", *rivals]]
    for name, value in found["metrics"].items():
        interval = " to ".join(map(shown, found["intervals"].get(name, []))) or "–"
        theirs = [shown(rival[name]) if name in rival else "–" for rival in rivals.values()]
        rows.append([name, shown(value), interval, *theirs])
    return rows
