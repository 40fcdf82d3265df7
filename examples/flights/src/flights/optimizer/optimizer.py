"""The loop over trials: Optuna's ask and tell, over processes, on a journal that survives a kill."""

import json
from collections.abc import Iterator
from hashlib import sha256
from math import inf
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import yaml

from ..configurations import Settings, with_parameters
from ..evaluation.metrics import measure
from ..middleware.errors import UserError
from ..middleware.files import atomic
from ..middleware.logger import log
from ..models import model_class
from .schema import search_space

if TYPE_CHECKING:
    import polars as pl
    from optuna import Study


class Optimizer:
    """A search over the model's search space by cross-validation on the train part."""

    def __init__(self, settings: Settings, data_hash: str) -> None:
        self.settings = settings
        self.space = search_space(settings.model)
        self.journal = settings.output_dir.resolve() / "optimize" / "journal.log"
        asked = settings.model_dump(include={"data", "model", "metric", "seed"}, mode="json")
        search = [settings.optimizer.folds, settings.optimizer.pruning]
        what = json.dumps([asked, search, data_hash])
        # Another question is another study: results of different data or settings never mix.
        self.name = f"{settings.data.name}-{settings.model.name}-{sha256(what.encode()).hexdigest()[:12]}"

    def study(self, seed: int = 0) -> "Study":
        """Open the study, or begin it."""
        import optuna
        from optuna.storages import JournalStorage
        from optuna.storages.journal import JournalFileBackend

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.journal.parent.mkdir(parents=True, exist_ok=True)
        pruners = optuna.pruners
        pruner: Any = pruners.MedianPruner() if self.settings.optimizer.pruning else pruners.NopPruner()
        return optuna.create_study(
            storage=JournalStorage(JournalFileBackend(str(self.journal))),
            sampler=optuna.samplers.TPESampler(seed=self.settings.seed + seed),
            pruner=pruner,
            study_name=self.name,
            direction="maximize" if self.settings.larger_is_better else "minimize",
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

    def run(self, frame: "pl.DataFrame") -> Iterator[int]:
        """Run the remaining trials over `optimizer.n_jobs` processes; yield each one's number as it ends."""
        from joblib import Parallel, delayed

        until = monotonic() + (self.settings.optimizer.timeout or inf)
        jobs = self.settings.optimizer.n_jobs
        folds = list(self._folds(frame))
        parallel = Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch=jobs, batch_size=1)
        todo = (number for number in self.remaining() if monotonic() < until)
        yield from parallel(delayed(self.trial)(frame, folds, number) for number in todo)

    def trial(self, frame: "pl.DataFrame", folds: list[Any], seed: int) -> int:
        """Run one trial: ask for parameters, score them fold by fold, give up early where it is hopeless."""
        from optuna.trial import TrialState

        study = self.study(seed)
        trial = study.ask(self.space)
        settings = with_parameters(self.settings, trial.params)
        scores: list[float] = []
        for step, (train, test) in enumerate(folds):
            model = model_class(settings.model.name)(settings.data, settings.model, settings.seed)
            metrics = measure(model.fit(frame[train]), frame[test])
            if settings.metric not in metrics:
                raise UserError(
                    f"metric {settings.metric!r} can't be computed on fold {step}: too few rows or classes"
                )
            scores.append(metrics[settings.metric])
            trial.report(sum(scores) / len(scores), step)
            if step + 1 < len(folds) and trial.should_prune():
                study.tell(trial, state=TrialState.PRUNED)
                return int(trial.number)
        study.tell(trial, sum(scores) / len(scores))
        return int(trial.number)

    def _folds(self, frame: "pl.DataFrame") -> Iterator[Any]:
        """Yield (train rows, test rows): in order of time where the data set has one, else shuffled."""
        import numpy as np
        from sklearn.model_selection import KFold, StratifiedKFold, TimeSeriesSplit

        data, count, seed = self.settings.data, self.settings.optimizer.folds, self.settings.seed
        target = frame[data.target].to_numpy()
        if len(frame) < 2 * count:
            raise UserError(f"optimizer.folds is {count}, but the train part has only {len(frame)} rows")
        if data.split.by == "time" and data.time:
            order = frame[data.time].arg_sort().to_numpy()
            for train, test in TimeSeriesSplit(count).split(order):
                yield order[train], order[test]
        elif data.task == "classification":
            if np.unique(target, return_counts=True)[1].min() < count:
                raise UserError(f"optimizer.folds is {count}, but a class of {data.target!r} has fewer rows")
            yield from StratifiedKFold(count, shuffle=True, random_state=seed).split(target, target)
        else:
            yield from KFold(count, shuffle=True, random_state=seed).split(target)

    def best(self) -> tuple[dict[str, Any], float, int]:
        """Return the best trial's parameters and score, and how many trials there are."""
        study = self.study()
        trials = study.get_trials(deepcopy=False)
        if not any(trial.state.name == "COMPLETE" for trial in trials):
            raise UserError("no trial was completed: raise optimizer.timeout, or look at the search space")
        return study.best_params, float(study.best_value), len(trials)


def _path(settings: Settings) -> Path:
    """Return the file for this data set and model."""
    return settings.output_dir / "optimize" / f"{settings.data.name}-{settings.model.name}.yaml"


def save_best(settings: Settings, parameters: dict[str, Any], score: float, trials: int) -> None:
    """Keep the best parameters, with what they scored (mean over folds)."""
    found = {"metric": settings.metric, "score": score, "trials": trials, "parameters": parameters}
    found["model"] = settings.model.parameters()  # what the search began from
    with atomic(_path(settings)) as temporary:
        temporary.write_text(yaml.safe_dump(found, sort_keys=False))


def best_parameters(settings: Settings) -> dict[str, Any]:
    """Return the best parameters, less those typed on the command line.

    None if optimize has not run, or ran for another metric, or hydra/model/*.yaml was edited since.
    """
    path = _path(settings)
    if not settings.optimizer.apply or not path.exists():
        return {}
    try:
        saved = yaml.safe_load(path.read_text())
        found, began, metric = dict(saved["parameters"]), dict(saved["model"]), saved["metric"]
    except (yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path} holds no parameters: run `optimize` again, or remove the file") from error
    now = settings.model.parameters()
    typed = {typed.lstrip("+~").split("=")[0].removeprefix("model.") for typed in settings.overrides}
    edited = any(now.get(name) != value for name, value in began.items() if name not in typed)
    if edited or metric != settings.metric:
        log.info("%s is of other settings: not used; `optimize` renews it", path)
        return {}
    used = {name: value for name, value in found.items() if name not in typed}
    if used:
        shown = ", ".join(f"{name}={value}" for name, value in used.items())
        log.info("using the best parameters of %s: %s", path, shown)
    return used
