"""Search for better parameters by cross-validation on the train part; train picks up the best.

Examples:
    optimize                                   as many trials as hydra/optimizer/quick.yaml says
    optimize optimizer.n_trials=100 optimizer.n_jobs=4     more, over four processes
    optimize model=lightgbm                    of another model

A search that was stopped goes on where it was: run it again. Every trial is a child run in MLflow.
"""

from typing import Any

from ..configurations import Settings
from ..middleware.files import exclusive
from ..middleware.logger import log, progress
from ..middleware.tracking import Tracker
from ..optimizer.optimizer import Optimizer, save_best
from ..repository.data_manager import DataManager


def optimize(settings: Settings) -> None:
    """Write outputs/optimize/<data>-<model>.yaml: the best parameters and what they scored."""
    manager = DataManager(settings)
    frame = manager.load("train")
    with exclusive("optimize", settings.output_dir):
        optimizer = Optimizer(settings, manager.digest())
        tracker = Tracker(settings)
        left = len(optimizer.remaining())
        log.info("%d of %d trials of %s to run", left, settings.optimizer.n_trials, settings.model.name)
        with tracker.run("optimize", {"study": optimizer.name}, _parent(tracker, optimizer.name)) as parent:
            logged = _logged(tracker, parent)
            for _ in progress(optimizer.run(frame), "trials", total=left):
                _log_trials(tracker, optimizer, parent, logged)
            _log_trials(tracker, optimizer, parent, logged)
            parameters, score, trials = optimizer.best()
            tracker.mlflow.log_metrics({f"best_{settings.metric}": score})
        save_best(settings, parameters, score, trials)
    shown = ", ".join(f"{name}={value}" for name, value in parameters.items())
    log.info("best %s %.4f with %s; train will use it", settings.metric, score, shown)


def _parent(tracker: Tracker, study: str) -> str | None:
    """Return the run of this study, if an earlier search began it."""
    found = tracker.mlflow.search_runs(
        filter_string=f"tags.study = '{study}' and tags.job = 'optimize'", output_format="list", max_results=1
    )
    return str(found[0].info.run_id) if found else None


def _logged(tracker: Tracker, parent: str) -> set[int]:
    runs = tracker.mlflow.search_runs(
        filter_string=f"tags.`mlflow.parentRunId` = '{parent}'", output_format="list"
    )
    return {
        int(run.data.tags["trial"]) for run in runs if "trial" in run.data.tags
    }  # else: a kill cut it off


def _log_trials(tracker: Tracker, optimizer: Optimizer, parent: str, logged: set[int]) -> None:
    """Log the finished trials that MLflow does not have yet: also those of a search that was killed."""
    settings = optimizer.settings
    for trial in optimizer.study().get_trials(deepcopy=False):
        if trial.number in logged or not trial.state.is_finished() or trial.state.name == "FAIL":
            continue
        logged.add(trial.number)
        state = "pruned" if trial.state.name == "PRUNED" else "complete"
        tags: dict[str, Any] = {"trial": str(trial.number), "state": state, "mlflow.parentRunId": parent}
        with tracker.mlflow.start_run(run_name=f"trial-{trial.number}", nested=True, tags=tags):
            values = list(trial.intermediate_values.values())
            tracker.log(
                trial.params, {settings.metric: trial.value if trial.value is not None else values[-1]}
            )
