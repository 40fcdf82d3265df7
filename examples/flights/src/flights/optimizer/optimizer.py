"""The loop over trials: Optuna's ask and tell, over processes, on a journal that survives a kill."""

import json
from collections.abc import Iterator
from hashlib import sha256
from math import inf
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import polars as pl
import yaml

from ..configurations import Settings, with_parameters
from ..evaluation.metrics import measure
from ..middleware.errors import UserError
from ..middleware.files import write, written_by
from ..middleware.logger import log, pairs
from ..models import model_class
from .schema import search_space

if TYPE_CHECKING:
    from optuna import Study


class Optimizer:
    """A search over the model's search space by cross-validation on the train part."""

    def __init__(self, settings: Settings, data_hash: str) -> None:
        self.settings = settings
        self.space = search_space(settings.model)
        self.journal = settings.outputs.resolve() / "optimize" / "journal.log"
        asked = settings.model_dump(include={"data", "model", "metric", "seed"}, mode="json")
        code = [file.read_text() for file in sorted(Path(__file__).parents[1].glob("models/*.py"))]
        what = json.dumps([asked, settings.optimizer.folds, settings.optimizer.pruning, data_hash, code])
        # Another question is another study: results of different data or settings never mix.
        self.name = f"{settings.data.name}-{settings.model.name}-{sha256(what.encode()).hexdigest()[:12]}"

    def study(self, seed: int = 0) -> "Study":
        """Open the study, or begin it."""
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.journal.parent.mkdir(parents=True, exist_ok=True)
        pruning = self.settings.optimizer.pruning
        with written_by("optimize", self.journal):
            return optuna.create_study(
                storage=JournalStorage(JournalFileBackend(str(self.journal))),
                sampler=optuna.samplers.TPESampler(seed=self.settings.seed + seed),
                pruner=optuna.pruners.MedianPruner() if pruning else optuna.pruners.NopPruner(),
                study_name=self.name,
                direction="maximize" if self.settings.sign > 0 else "minimize",
                load_if_exists=True,
            )

    def remaining(self) -> list[int]:
        """Return the numbers of the trials to run, after giving up those that a kill left unfinished."""
        from optuna.trial import TrialState

        study = self.study()
        for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            study.tell(trial.number, state=TrialState.FAIL)
        done = len(study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED)))
        return list(range(done, self.settings.optimizer.n_trials))

    def run(self, frame: pl.DataFrame) -> Iterator[int]:
        """Run the remaining trials over `optimizer.n_jobs` processes; yield each one's number as it ends."""
        from joblib import Parallel, delayed

        until = monotonic() + (self.settings.optimizer.timeout or inf)
        jobs = self.settings.optimizer.n_jobs
        folds = self._folds(frame)
        parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch=jobs, batch_size=1)
        todo = (number for number in self.remaining() if monotonic() < until)
        yield from parallel(delayed(self.trial)(frame, folds, number) for number in todo)

    def trial(self, frame: pl.DataFrame, folds: list[Any], seed: int) -> int:
        """Run one trial: ask for parameters, score them fold by fold, give up early where it is hopeless."""
        from optuna.trial import TrialState

        study = self.study(seed)
        trial = study.ask(self.space)
        settings = with_parameters(self.settings, trial.params)
        metric = settings.metric
        scores: list[float] = []
        for step, (train, test) in enumerate(folds):
            model = model_class(settings.model.name)(settings.data, settings.model, settings.seed)
            learnable = frame[settings.data.target][train].n_unique() > 1
            measured = measure(model.fit(frame[train]), frame[test]) if learnable else {}
            if metric not in measured:
                raise UserError(f"{metric} can't be computed on fold {step}: too few rows or classes")
            scores.append(measured[metric])
            score = sum(scores) / len(scores)
            trial.report(score, step)
            if step + 1 < len(folds) and trial.should_prune():
                study.tell(trial, state=TrialState.PRUNED)
                return trial.number
        study.tell(trial, score)
        return trial.number

    def _folds(self, frame: pl.DataFrame) -> list[Any]:
        """Return (train rows, test rows) of each fold: in order of time where the split is, else shuffled.

        In order of time, rows of one moment stay together.
        """
        import numpy as np
        from sklearn.model_selection import KFold, StratifiedKFold, TimeSeriesSplit

        data, count = self.settings.data, self.settings.optimizer.folds
        kind = StratifiedKFold if data.task == "classification" else KFold
        folds: Any = kind(count, shuffle=True, random_state=self.settings.seed)
        rows = np.arange(len(frame))
        by_time = data.time if data.split.by == "time" else None
        if by_time:
            rows, folds = frame[by_time].arg_sort().to_numpy(), TimeSeriesSplit(count)
        try:
            found = [(rows[a], rows[b]) for a, b in folds.split(rows, frame[data.target].to_numpy())]
        except ValueError as error:
            raise UserError(f"optimizer.folds is {count}, but the train part: {error}") from error
        if not by_time:
            return found
        time = frame[by_time].to_numpy()
        found = [(train[time[train] < time[test[0]]], test) for train, test in found]
        found = [(train, test) for train, test in found if len(train)]
        if not found:
            raise UserError(f"{by_time!r} has too few moments in the train part for folds in order of time")
        return found

    def save_best(self) -> tuple[dict[str, Any], float]:
        """Keep the best trial's parameters with what they scored (mean over folds), and return both.

        Raises:
            UserError: no trial was completed.
        """
        study = self.study()
        trials = study.get_trials(deepcopy=False)
        if not any(trial.state.name == "COMPLETE" for trial in trials):
            raise UserError("no trial was completed: raise optimizer.timeout, or look at the search space")
        found = {"metric": self.settings.metric, "score": study.best_value, "trials": len(trials)}
        found["parameters"] = study.best_params
        found["model"] = self.settings.model.parameters()  # what the search began from
        write(_path(self.settings), yaml.safe_dump(found, sort_keys=False))
        return study.best_params, study.best_value


def _path(settings: Settings) -> Path:
    """Return the file for this data set and model."""
    return settings.outputs / "optimize" / f"{settings.data.name}-{settings.model.name}.yaml"


def best_parameters(settings: Settings) -> dict[str, Any]:
    """Return the best parameters, less those typed on the command line.

    None if optimize has not run, or ran for another metric, or hydra/model/*.yaml was edited since.
    """
    path = _path(settings)
    if not settings.optimizer.apply or not path.exists():
        return {}
    with written_by("optimize", path):
        saved = yaml.safe_load(path.read_text())
        found, began, metric = dict(saved["parameters"]), dict(saved["model"]), saved["metric"]
    now = settings.model.parameters()
    typed = {item.lstrip("+~").split("=")[0].removeprefix("model.") for item in settings.overrides}
    edited = {name for name, value in began.items() if now.get(name) != value} - typed
    if edited or metric != settings.metric:
        log.info("%s is of other settings: not used; `optimize` renews it", path)
        return {}
    used = {name: value for name, value in found.items() if name not in typed}
    if used:
        log.info("using the best parameters of %s: %s", path, pairs(used))
    return used
