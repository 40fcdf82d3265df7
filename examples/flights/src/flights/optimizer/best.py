"""The best parameters that the optimizer found: written by optimize, picked up by train."""

from pathlib import Path
from typing import Any

import yaml

from ..configurations import Settings
from ..middleware.files import atomic
from ..middleware.logger import log


def path(settings: Settings) -> Path:
    """Return the file for this data set and model."""
    return settings.output_dir / "optimize" / f"{settings.data.name}-{settings.model.name}.yaml"


def save(settings: Settings, parameters: dict[str, Any], score: float, trials: int) -> None:
    """Keep the best parameters, with what they scored (mean over folds)."""
    found = {"metric": settings.metric, "score": score, "trials": trials, "parameters": parameters}
    with atomic(path(settings)) as temporary:
        temporary.write_text(yaml.safe_dump(found, sort_keys=False))


def best_parameters(settings: Settings) -> dict[str, Any]:
    """Return the best parameters, less those typed on the command line; none if optimize has not run."""
    if not settings.optimizer.apply or not path(settings).exists():
        return {}
    found: dict[str, Any] = yaml.safe_load(path(settings).read_text())["parameters"]
    typed = {override.lstrip("+~").split("=")[0] for override in settings.overrides}
    used = {name: value for name, value in found.items() if f"model.{name}" not in typed}
    if used:
        shown = ", ".join(f"{name}={value}" for name, value in used.items())
        log.info("using the best parameters of %s: %s", path(settings), shown)
    return used
