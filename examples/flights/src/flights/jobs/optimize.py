"""Search for better parameters by cross-validation on the train part.

Examples:
    optimize                                   as many trials as hydra/optimizer/quick.yaml says
    optimize optimizer.n_trials=100 optimizer.n_jobs=4     more, over four processes
    optimize model=lightgbm                    of another model

A search that was stopped goes on where it was: run it again. Every trial is a child run in MLflow.
"""

from ..configurations import Settings
from ..middleware.files import exclusive
from ..middleware.logger import log, pairs, progress
from ..middleware.tracking import Tracker
from ..optimizer.optimizer import Optimizer
from ..repository.data_manager import DataManager


def optimize(settings: Settings) -> None:
    """Write outputs/optimize/<data>-<model>.yaml: the best parameters and what they scored."""
    manager = DataManager(settings)
    frame = manager.load("train")
    with exclusive("optimize", settings.outputs):
        optimizer = Optimizer(settings, manager.digest())
        tracker = Tracker(settings)
        left = len(optimizer.remaining())
        log.info("%d of %d trials of %s to run", left, settings.optimizer.n_trials, settings.model.name)
        earlier = tracker.runs(f"tags.study = '{optimizer.name}' and tags.job = 'optimize'")
        known = earlier[0].info.run_id if earlier else None
        tags = {"job": "optimize", "study": optimizer.name}
        with tracker.mlflow.start_run(known, run_name="optimize", tags=tags) as run:
            children = tracker.runs(f"tags.`mlflow.parentRunId` = '{run.info.run_id}'")
            logged = {child.data.tags.get("trial") for child in children}
            _log_trials(tracker, optimizer, logged)
            for _ in progress(optimizer.run(frame), "trials", total=left):
                _log_trials(tracker, optimizer, logged)
            parameters, score = optimizer.save_best()
            tracker.mlflow.log_metrics({f"best_{settings.metric}": score})
    log.info("best %s %.4f with %s; train will use it", settings.metric, score, pairs(parameters))


def _log_trials(tracker: Tracker, optimizer: Optimizer, logged: set[str | None]) -> None:
    """Log the finished trials that MLflow does not have yet: also those of a search that was killed."""
    for trial in optimizer.study().get_trials(deepcopy=False):
        number, state = str(trial.number), trial.state.name.lower()
        if number not in logged and state in ("complete", "pruned"):
            logged.add(number)
            tags = {"trial": number, "state": state}
            with tracker.mlflow.start_run(run_name=f"trial-{number}", nested=True, tags=tags):
                tracker.mlflow.log_params(trial.params)
                tracker.mlflow.log_metric(optimizer.settings.metric, trial.value)
