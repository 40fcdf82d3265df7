"""Measure a model on the test part, write the report, and promote it to champion if it passes the gate.

Examples:
    evaluate                                   the model that train registered last
    evaluate evaluate.model=3                  a version, or an alias: champion
    evaluate evaluate.promote=false            measure only
    evaluate evaluate.minimum.roc_auc=0.9      with another threshold

Exit code 3: the gate refused; the report says why, and the champion stays.
"""

import json
from typing import Any

import yaml

from ..configurations import Settings
from ..evaluation import report
from ..evaluation.gate import judge
from ..evaluation.metrics import Predictions, intervals, measure
from ..middleware import lineage
from ..middleware.errors import GateRefusedError, UserError
from ..middleware.files import atomic, exclusive
from ..middleware.logger import log
from ..middleware.tracking import Tracker
from ..models.base_model import BaseModel
from ..repository.data_manager import DataManager

MOST_GROUPS = 12  # a column with more values makes no readable table
MOST_ROWS_FOR_IMPORTANCE = 2000


def evaluate(settings: Settings) -> None:
    """Write outputs/evaluate/report.html and metrics.json; set MLflow's alias."""
    with exclusive("evaluate", settings.output_dir):  # of two at once, the worse could win
        _evaluate(settings)


def _evaluate(settings: Settings) -> None:
    manager = DataManager(settings)
    train, test = manager.load("train"), manager.load("test")
    tracker = Tracker(settings)
    version = tracker.version(_candidate(settings))
    model = tracker.load_model(version, settings.data)
    _same_split(settings, tracker, version)
    log.info("measuring version %s on %s rows", version.version, f"{len(test):,}")
    predictions = Predictions.of(model, test)
    found: dict[str, Any] = {
        "model": {"name": tracker.name, "version": int(version.version), "kind": version.tags["model"]},
        "lineage": version.tags["lineage"],
        "rows": len(test),
        "metrics": predictions.metrics(),
        "intervals": intervals(predictions, settings.evaluate.bootstrap, settings.seed),
        "baseline": _baseline(settings, train, test).metrics(),
        "champion": None,
        "slices": _slices(settings, predictions, test),
        "importance": _importance(settings, model, test),
    }
    champion = tracker.champion()
    if champion is not None and champion.version != version.version:
        try:
            _same_split(settings, tracker, champion)
            metrics = Predictions.of(tracker.load_model(champion, settings.data), test).metrics()
            found["champion"] = {"version": int(champion.version), "metrics": metrics}
        except UserError as error:  # other columns or another split: there is nothing to compare
            log.warning("not compared with champion version %s: %s", champion.version, error)
    found["refused"] = judge(settings, found)
    folder = settings.output_dir / "evaluate"
    with atomic(folder / "report.html") as path:
        path.write_text(report.render(settings, found, predictions), encoding="utf-8")
    with atomic(folder / "metrics.json") as path:
        path.write_text(json.dumps(found, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    with tracker.run("train", {"gate": "refused" if found["refused"] else "passed"}, version.run_id):
        tracker.mlflow.log_metrics({f"test_{name}": value for name, value in found["metrics"].items()})
        tracker.mlflow.log_artifact(str(folder / "report.html"))
    log.info("report: %s", folder / "report.html")
    if found["refused"]:
        raise GateRefusedError(
            f"version {version.version} does not become champion:\n  " + "\n  ".join(found["refused"])
        )
    if settings.evaluate.promote:
        tracker.promote(version)
        log.info("version %s of %s is champion", version.version, tracker.name)


def _candidate(settings: Settings) -> str | int:
    if settings.evaluate.model != "latest":
        return settings.evaluate.model
    record = lineage.read(settings.output_dir / "train" / "lineage.json")
    if record is None:
        raise UserError(
            "no model has been trained here yet: run `train` first (or name one: evaluate.model=champion)"
        )
    return record.model_version


def _same_split(settings: Settings, tracker: Tracker, version: Any) -> None:
    """Refuse a model that may have been trained on what is the test part now."""
    trained = yaml.safe_load(tracker.record(version.run_id).config)["data"]["split"]
    if trained != settings.data.split.model_dump():
        raise UserError(f"data.split has changed since version {version.version} was trained: train again")


def _baseline(settings: Settings, train: Any, test: Any) -> Predictions:
    """Return the predictions of a model that looks at no feature: class frequencies, or the mean."""
    import numpy as np

    target = settings.data.target
    truth, known = test[target].to_numpy(), train[target].to_numpy()
    if settings.data.task == "regression":
        return Predictions("regression", truth, np.full(len(truth), known.mean()))
    classes, counts = np.unique(known, return_counts=True)
    probabilities = np.tile(counts / counts.sum(), (len(truth), 1))
    guess = np.full(len(truth), classes[counts.argmax()])
    return Predictions("classification", truth, guess, probabilities, classes)


def _slices(settings: Settings, predictions: Predictions, test: Any) -> list[dict[str, Any]]:
    """Return the metrics within each value of the chosen columns."""
    data = settings.data
    names = settings.evaluate.slices
    if names is None:
        names = data.with_role("sensitive") + [
            n for n in data.features if data.columns[n].dtype in ("str", "bool")
        ]
        names = [name for name in names if test[name].n_unique() <= MOST_GROUPS]
    found = []
    for name in names:
        values = test[name].cast(str).fill_null("(missing)").to_numpy()
        for value in sorted(set(values.tolist())):
            part = predictions.take(values == value)
            found.append({"column": name, "value": value, "rows": len(part.truth), "metrics": part.metrics()})
    return found


def _importance(settings: Settings, model: BaseModel, test: Any) -> dict[str, float]:
    """Return how much worse the metric gets when a feature is shuffled (Breiman, 2001), largest first."""
    import numpy as np

    sample = test.sample(min(len(test), MOST_ROWS_FOR_IMPORTANCE), seed=settings.seed)
    draw = np.random.default_rng(settings.seed)
    sign = 1 if settings.larger_is_better else -1
    base = measure(model, sample).get(settings.metric, 0.0)
    worse = {}
    for name in settings.data.features:
        shuffled = sample.with_columns(sample[name].gather(draw.permutation(len(sample))))
        worse[name] = sign * (base - measure(model, shuffled).get(settings.metric, base))
    return dict(sorted(worse.items(), key=lambda item: -item[1]))
