"""Metrics for both tasks, with bootstrap intervals."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ..configurations import Task

if TYPE_CHECKING:
    import polars as pl

    from ..models.base_model import BaseModel


class Predictions:
    """A model's predictions beside the truth, as numbers: shape (rows,), probabilities (rows, classes)."""

    def __init__(
        self, task: Task, truth: Any, prediction: Any, probabilities: Any = None, classes: Any = ()
    ) -> None:
        self.task: Task = task
        self.classes = list(classes)
        if task == "classification":
            code = {value: number for number, value in enumerate(self.classes)}
            unseen = len(code)  # a class that training did not have: never predicted right
            self.truth = np.array([code.get(value, unseen) for value in truth.tolist()])
            self.prediction = np.array([code[value] for value in prediction.tolist()])
        else:
            self.truth, self.prediction = truth.astype(float), prediction.astype(float)
        self.probabilities = probabilities

    @classmethod
    def of(cls, model: "BaseModel", frame: "pl.DataFrame") -> "Predictions":
        """Return the model's predictions of a frame that has the target."""
        truth = frame[model.data.target].to_numpy()
        if model.data.task == "regression":
            return cls("regression", truth, model.predict(frame))
        probabilities = model.probabilities(frame)
        prediction = np.asarray(model.classes)[probabilities.argmax(axis=1)]
        return cls("classification", truth, prediction, probabilities, model.classes)

    def take(self, rows: Any) -> "Predictions":
        """Return the predictions of these rows (indices or a mask)."""
        part = object.__new__(Predictions)
        part.task, part.classes = self.task, self.classes
        part.truth, part.prediction = self.truth[rows], self.prediction[rows]
        part.probabilities = None if self.probabilities is None else self.probabilities[rows]
        return part

    def metrics(self) -> dict[str, float]:
        """Return every metric that can be computed; one that needs a class which is not there is left out."""
        found = _regression(self) if self.task == "regression" else _classification(self)
        return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def measure(model: "BaseModel", frame: "pl.DataFrame") -> dict[str, float]:
    """Return a model's metrics on a frame."""
    return Predictions.of(model, frame).metrics()


def _regression(p: Predictions) -> dict[str, Any]:
    error = p.prediction - p.truth
    spread = np.square(p.truth - p.truth.mean()).sum()
    r2 = 1 - np.square(error).sum() / spread if spread else np.nan
    return {"rmse": np.sqrt(np.square(error).mean()), "mae": np.abs(error).mean(), "r2": r2}


def _classification(p: Predictions) -> dict[str, Any]:
    from sklearn import metrics

    labels = list(range(len(p.classes)))
    present = set(np.unique(p.truth).tolist())
    found = {"accuracy": (p.truth == p.prediction).mean()}
    binary = len(labels) == 2
    if binary:
        found["f1"] = metrics.f1_score(p.truth == 1, p.prediction == 1, zero_division=0.0)
    else:
        macro: dict[str, Any] = {"labels": labels, "average": "macro", "zero_division": 0.0}
        found["f1"] = metrics.f1_score(p.truth, p.prediction, **macro)
    if not present <= set(labels):
        return found
    found["log_loss"] = metrics.log_loss(p.truth, p.probabilities, labels=labels)
    if binary and len(present) == len(labels):
        found["roc_auc"] = metrics.roc_auc_score(p.truth, p.probabilities[:, 1])
        found["average_precision"] = metrics.average_precision_score(p.truth, p.probabilities[:, 1])
    elif len(present) == len(labels):
        found["roc_auc"] = metrics.roc_auc_score(p.truth, p.probabilities, multi_class="ovr", labels=labels)
        every = np.eye(len(labels))[p.truth]
        found["average_precision"] = metrics.average_precision_score(every, p.probabilities)
    return found


def intervals(p: Predictions, rounds: int, seed: int) -> dict[str, tuple[float, float]]:
    """Return each metric's 95 % interval by the bootstrap (Efron, 1979)."""
    from ..middleware.logger import progress

    draw = np.random.default_rng(seed)
    rows = len(p.truth)
    samples = [
        p.take(draw.integers(0, rows, rows)).metrics()
        for _ in progress(range(rounds), "bootstrap", total=rounds)
    ]
    names = p.metrics()
    low_high = {
        name: np.percentile([sample[name] for sample in samples if name in sample], [2.5, 97.5])
        for name in names
    }
    return {name: (float(low), float(high)) for name, (low, high) in low_high.items()}
