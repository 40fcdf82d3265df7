"""Measure a model, write the report, promote it if it passes the gate.

Examples:
    evaluate                                   the model that train registered last
    evaluate evaluate.model=3                  a version, or an alias: champion
    evaluate evaluate.promote=false            measure only
    evaluate evaluate.thresholds.roc_auc=0.9   with another threshold

Exit code 3: the gate refused; the report says why, and the champion stays.
"""

import json
from math import ulp
from typing import Any

import numpy as np
import polars as pl

from ..configurations import Settings
from ..evaluation import report
from ..evaluation.metrics import METRICS, Predictions, intervals, measure
from ..middleware import lineage
from ..middleware.errors import GateRefusedError, UserError
from ..middleware.files import exclusive, write
from ..middleware.logger import log
from ..middleware.tracking import Tracker
from ..models.base_model import Baseline, BaseModel
from ..repository.data_manager import DataManager
from ..repository.data_settings import divided_by

MOST_GROUPS = 12  # a column with more values makes no readable table
MOST_ROWS_FOR_IMPORTANCE = 2000


def evaluate(settings: Settings) -> None:
    """Write outputs/evaluate/report.html and metrics.json; set MLflow's alias."""
    with exclusive("evaluate", settings.outputs):  # of two at once, the worse could win
        _evaluate(settings)


def _evaluate(settings: Settings) -> None:
    manager = DataManager(settings)
    train, test = manager.load("train"), manager.load("test")
    tracker = Tracker(settings)
    version = tracker.version(_candidate(settings))
    model = _load(manager, tracker, version, test)
    log.info("measuring version %s on %s rows", version.version, f"{len(test):,}")
    predictions = Predictions.of(model, test)
    found: dict[str, Any] = {
        "model": {"name": tracker.name, "version": int(version.version), "kind": version.tags["model"]},
        "lineage": version.tags["lineage"],
        "rows": len(test),
        "metrics": predictions.metrics(),
        "intervals": intervals(predictions, settings.evaluate.bootstrap, settings.seed),
        "baseline": measure(Baseline(settings.data, settings.model, settings.seed).fit(train), test),
        "champion": _champion(manager, tracker, version, test),
        "slices": _slices(settings, predictions, test),
        "importance": _importance(settings, model, test),
    }
    found["refused"] = _judge(settings, found)
    folder = settings.outputs / "evaluate"
    write(folder / "report.html", report.render(settings, found, predictions))
    write(folder / "metrics.json", json.dumps(found, indent=2, allow_nan=False) + "\n")
    gate = "refused" if found["refused"] else "passed"
    measured = {f"test_{name}": value for name, value in found["metrics"].items()}
    tracker.note(version.run_id, gate, measured, folder / "report.html")
    log.info("report: %s", folder / "report.html")
    if found["refused"]:
        reasons = "\n  ".join(found["refused"])
        stays = "Who is champion stays so; evaluate.thresholds and evaluate.tolerance are the gate."
        raise GateRefusedError(f"version {version.version} does not become champion:\n  {reasons}\n{stays}")
    if settings.evaluate.promote:
        tracker.promote(version)
        log.info("version %s of %s is champion", version.version, tracker.name)


def _candidate(settings: Settings) -> str | int:
    if settings.evaluate.model != "latest":
        return settings.evaluate.model
    record = lineage.read(settings.outputs / "train" / "lineage.json")
    wanted = settings.tracking.registered_model
    if record is None or record.model_name != wanted:
        last = f"{record.model_name} was trained here last, not {wanted}" if record else "none was trained"
        raise UserError(f"{last}: run `train` first, or name a version: evaluate.model=3")
    return record.model_version


def _load(manager: DataManager, tracker: Tracker, version: Any, test: pl.DataFrame) -> BaseModel:
    """Return a version's model, but not one that may have been trained on what is the test part now."""
    number = version.version
    model, record = tracker.load_model(version, manager.data), tracker.record(version.run_id)
    if divided_by(record.data()) != manager.by:
        raise UserError(f"data.split or the id has changed since version {number} was trained: train again")
    begins = manager.test_from(test)
    if begins is not None and record.test_from is not None and begins < record.test_from:
        raise UserError(f"the test part has rows that version {number} was trained on: train again")
    return model


def _champion(manager: DataManager, tracker: Tracker, version: Any, test: pl.DataFrame) -> Any:
    """Return the champion's metrics on the same rows; None, where no other can be compared."""
    champion = tracker.champion()
    if champion is None or champion.version == version.version:
        return None
    try:
        metrics = measure(_load(manager, tracker, champion, test), test)
    except UserError as error:  # other columns or another split
        log.warning("not compared with champion version %s: %s", champion.version, error)
        return None
    return {"version": int(champion.version), "metrics": metrics}


def _slices(settings: Settings, predictions: Predictions, test: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the metrics within each value of the chosen columns."""
    data, names = settings.data, settings.evaluate.slices
    if names is None:
        named = [name for name in data.features if data.columns[name].dtype in ("str", "bool")]
        names = [n for n in data.with_role("sensitive") + named if test[n].n_unique() <= MOST_GROUPS]
        if left := [name for name in data.with_role("sensitive") if name not in names]:
            log.warning("no slices by %s: more than %d values", ", ".join(left), MOST_GROUPS)
    found = []
    for name in names:
        values = test[name].cast(pl.String).fill_null("(missing)")
        for value in values.unique().sort():
            part = predictions.take((values == value).to_numpy())
            found.append({"column": name, "value": value, "rows": len(part.truth), "metrics": part.metrics()})
    return found


def _importance(settings: Settings, model: BaseModel, test: pl.DataFrame) -> dict[str, float]:
    """Return how much worse the metric gets when a feature is shuffled (Breiman, 2001), largest first."""
    sample = test.sample(min(len(test), MOST_ROWS_FOR_IMPORTANCE), seed=settings.seed)
    draw = np.random.default_rng(settings.seed)
    base = measure(model, sample).get(settings.metric, 0.0)
    worse = {}
    for name in settings.data.features:
        shuffled = sample.with_columns(sample[name].gather(draw.permutation(len(sample))))
        worse[name] = settings.sign * (base - measure(model, shuffled).get(settings.metric, base))
    return dict(sorted(worse.items(), key=lambda item: -item[1]))


def _judge(settings: Settings, found: dict[str, Any]) -> list[str]:
    """Return every reason to refuse the model; none means that it passes.

    It must reach the thresholds of its task's metrics, beat the baseline, and be no worse than the champion
    by more than `evaluate.tolerance`, each on the same test part.
    """
    gate, main, sign = settings.evaluate, settings.metric, METRICS[settings.data.task]
    rivals = [("does not reach the threshold", name, value, 0.0) for name, value in gate.thresholds.items()]
    rivals.append(("does not beat the baseline", main, found["baseline"].get(main), -ulp(0)))  # nor if equal
    if champion := found["champion"]:
        worse = f"is worse than that of champion (version {champion['version']})"
        rivals.append((worse, main, champion["metrics"].get(main), gate.tolerance))
    refused = {}
    for reason, name, value, tolerance in rivals:
        ours = found["metrics"].get(name)
        if name not in sign:
            log.warning("the threshold for %s does not count for a %s", name, settings.data.task)
        elif ours is None:
            refused[f"{name} can't be computed on this test part"] = True
        elif value is not None and (ours - value) * sign[name] < -tolerance:
            refused[f"{name} {ours:.6g} {reason}, {value:.6g}"] = True
    return list(refused)
