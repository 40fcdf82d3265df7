"""From Hydra's files and the command line to typed settings, with errors in plain words."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from .configurations import Settings
from .middleware.errors import UserError, did_you_mean
from .models import model_class


def load(overrides: list[str] | None = None, folder: Path = Path("hydra")) -> Settings:
    """Compose the settings as the command does: for notebooks and tests.

    Example:
        load(["model=linear", "data.split.test_size=0.3"])
    """
    from hydra import compose, initialize_config_dir

    with initialize_config_dir(str(folder.resolve()), version_base="1.3"):
        return parse(compose("default", overrides or []), overrides or [])


def parse(config: Any, overrides: list[str]) -> Settings:
    """Return what Hydra composed as typed settings.

    Raises:
        UserError: a key is unknown, missing, or of the wrong type; all of them are named.
    """
    from omegaconf import OmegaConf

    values = OmegaConf.to_container(config, resolve=True)
    try:
        settings = Settings.model_validate({**values, "overrides": overrides})  # type: ignore[dict-item]
    except ValidationError as error:
        raise UserError(explain(error, Settings)) from error
    return with_parameters(settings, {})


def with_parameters(settings: Settings, parameters: dict[str, Any]) -> Settings:
    """Return the settings with these parameters of the model replaced, checked by the model's own class."""
    own = model_class(settings.model.name).settings_class
    try:
        model = own.model_validate({**settings.model.model_dump(), **parameters})
    except ValidationError as error:
        raise UserError(explain(error, own, "model.")) from error
    return settings.model_copy(update={"model": model})


def explain(error: ValidationError, root: type[BaseModel], prefix: str = "") -> str:
    """Say in plain words what is wrong with a configuration, with the nearest right key."""
    lines = []
    for problem in error.errors():
        path = [str(part) for part in problem["loc"]]
        where = prefix + ".".join(path) if path else prefix.rstrip(".")
        if problem["type"] == "extra_forbidden":
            hint = did_you_mean(path[-1], _keys(root, path[:-1]))
            lines.append(f"{where}: there is no such key; {hint}")
        elif problem["type"] == "missing":
            lines.append(f"{where}: this key is missing")
        else:
            message = problem["msg"].removeprefix("Value error, ")
            value = "" if isinstance(problem["input"], dict) else f" (it is {problem['input']!r})"
            lines.append(f"{where}: {message}{value}")
    return "the configuration is not right:\n  " + "\n  ".join(dict.fromkeys(lines))


def _keys(root: Any, path: list[str]) -> list[str]:
    """Return the keys that the section at `path` may have."""
    for part in path:
        if isinstance(root, type) and issubclass(root, BaseModel):
            root = next(f.annotation for name, f in root.model_fields.items() if (f.alias or name) == part)
        elif getattr(root, "__args__", None):  # dict[str, Column]: go on with its values
            root = root.__args__[-1]
    return [f.alias or name for name, f in root.model_fields.items()] if hasattr(root, "model_fields") else []
