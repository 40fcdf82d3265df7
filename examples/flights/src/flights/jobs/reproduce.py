"""Train again what a run trained, and compare the metrics.

Examples:
    reproduce RUN                              RUN: the MLflow run's id, as in outputs/train/lineage.json
    reproduce 3                                or a model version

Exit code 1: the data is another, or the metrics differ.
"""

from math import isclose

import yaml
from pydantic import ValidationError

from ..configurations import Settings, with_parameters
from ..evaluation.metrics import measure
from ..middleware import lineage
from ..middleware.errors import UserError
from ..middleware.logger import log
from ..middleware.tracking import Tracker
from ..models import model_class
from ..models.base_model import ModelSettings
from ..repository.data_manager import DataManager
from ..repository.data_settings import DataSettings


def reproduce(settings: Settings) -> None:
    """Show the recorded metrics and those of training again from the record, side by side."""
    if not settings.run:
        raise UserError("say which run: `reproduce RUN`, with a run id or a model version")
    record = Tracker(settings).record(settings.run)
    made_of = yaml.safe_load(record.config)
    checkout = f"git checkout {record.git_commit} && make setup && " if record.git_commit else ""
    back = f"{checkout}dvc checkout"
    try:
        made_of["data"] = DataSettings.model_validate(made_of["data"])
        made_of["model"] = ModelSettings.model_validate(made_of["model"])
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise UserError(
            f"that run's settings are none by today's rules ({reason}). Go back: {back}"
        ) from error
    settings = with_parameters(settings.model_copy(update=made_of), {})
    manager = DataManager(settings)
    now = lineage.collect(settings, manager.digest())
    if record.data_hash != now.data_hash:
        raise UserError(f"the data is not what that run saw. Go back to it: {back}")
    if record.git_dirty:
        log.warning("that run had changes that were not committed: they can't be had back")
    for what in ("git_commit", "lock_hash"):  # of no matter where the metrics are equal
        if getattr(record, what) != getattr(now, what):
            log.warning("%s differs from that run's; should the metrics differ, go back: %s", what, back)
    train, test = manager.load("train"), manager.load("test")
    model = model_class(settings.model.name)(settings.data, settings.model, settings.seed)
    again = measure(model.fit(train), test)
    for name, value in record.metrics.items():
        log.info("%-18s recorded %.10g, again %.10g", name, value, again[name])
    differ = [n for n, value in record.metrics.items() if not isclose(value, again[n], abs_tol=1e-12)]
    if differ:
        raise UserError(f"not reproduced: {', '.join(differ)} differ")
    log.info("reproduced: equal metrics")
