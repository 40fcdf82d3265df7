"""Typed settings: which keys a configuration may have, what they mean, and how it comes about.

Hydra composes `hydra/*.yaml` with what is typed; the classes here say what may come out. A misspelt or
ill-typed key is an error before anything runs, and the error names the nearest right key.
"""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, SerializeAsAny, ValidationError, model_validator

from .evaluation.metrics import METRICS
from .middleware.errors import UserError, did_you_mean
from .models import model_class
from .models.base_model import ModelSettings
from .repository.data_settings import DataSettings, Positive, Section

Folder = Annotated[Path, Field(strict=False)]


class OptimizerSettings(Section):
    """The search for better parameters."""

    n_trials: Positive
    n_jobs: Positive
    folds: Annotated[int, Field(ge=2)]
    timeout: Positive | None
    pruning: bool
    apply: bool


class EvaluateSettings(Section):
    """What is measured, and what a model must reach to become champion."""

    model: str | int
    bootstrap: Annotated[int, Field(ge=20)]
    slices: list[str] | None
    thresholds: dict[str, float]
    tolerance: Annotated[float, Field(ge=0)]
    promote: bool


class PredictSettings(Section):
    """What is predicted with which model, and where the predictions go."""

    model: str | int
    input: str
    output: str
    batch_size: Positive


class RegisterSettings(Section):
    """Where predictions go for the business to read."""

    url: str
    table: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]*$", max_length=60)]
    batch_size: Positive


class TrackingSettings(Section):
    """Where MLflow keeps runs and models."""

    uri: str
    experiment: Annotated[str, Field(min_length=1)]
    registered_model: Annotated[str, Field(pattern=r"^[^/:]+$")]


class DraftSettings(Section):
    """What `draft` looks at, and how it names what it writes."""

    source: str | None
    target: str | None
    name: str | None
    query: str | None


class Settings(Section):
    """The whole configuration, as the jobs see it."""

    data: DataSettings
    model: SerializeAsAny[ModelSettings]
    optimizer: OptimizerSettings
    evaluate: EvaluateSettings
    predict: PredictSettings
    register_: RegisterSettings = Field(alias="register")
    tracking: TrackingSettings
    metric: str
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    data_dir: Folder  # of the data sets
    outputs: Folder  # of everything else that jobs produce
    run: str | None  # of reproduce: the MLflow run to train again
    draft: DraftSettings
    overrides: list[str]  # what was typed on the command line

    @property
    def sign(self) -> int:
        """1 where a larger value of the metric is better, else -1."""
        return METRICS[self.data.task][self.metric]

    @property
    def tracking_uri(self) -> str:
        """Where MLflow keeps runs and models: the server that was named, else a file in `outputs`."""
        return self.tracking.uri or f"sqlite:///{self.outputs}/mlflow.db"

    @property
    def split_dir(self) -> Path:
        """The folder of this data set's train.parquet and test.parquet."""
        return self.data_dir / self.data.name

    @model_validator(mode="after")
    def _names_are_known(self) -> "Settings":
        of_any = [name for metrics in METRICS.values() for name in metrics]  # thresholds outlive a data set
        named: list[tuple[str, str, Any]] = [("metric", self.metric, METRICS[self.data.task])]
        named += [("evaluate.thresholds", name, of_any) for name in self.evaluate.thresholds]
        named += [("evaluate.slices", name, self.data.kept) for name in self.evaluate.slices or []]
        for where, name, options in named:
            if name not in options:
                raise ValueError(f"{where}: there is no {name!r}; {did_you_mean(name, options)}")
        return self


def load(arguments: list[str] | None = None, folder: Path = Path("hydra")) -> Settings:
    """Compose the settings as the command does, in the project's folder: `load(["model=linear"])`."""
    from dotenv import load_dotenv
    from hydra import compose, initialize_config_dir

    load_dotenv(".env")
    overrides = [override(argument, folder) for argument in arguments or []]
    with initialize_config_dir(str(folder.resolve()), version_base="1.3"):
        return parse(compose("default", overrides), overrides)


def override(argument: str, folder: Path = Path("hydra")) -> str:
    """Return what was typed in Hydra's form: `++key=value`; a folder's name as it is, text in quotes."""
    key, _, value = argument.partition("=")
    if value and value[0] not in "'\"" and re.search("[ =(]", value):
        if key.endswith("query"):
            argument = f"{key}={quoted(value)}"
        elif key.endswith(("input", "output", "uri")) and "'" not in value:
            argument = f"{key}='{value}'"  # a ${reference} stays one
    return f"++{argument}" if re.fullmatch(r"[\w.]+", key) and not (folder / key).is_dir() else argument


def quoted(text: str) -> str:
    """Return a text in Hydra's quotes: what is a mark to Hydra in it stays text."""
    text = re.sub(r"\\+(?='|\$\{|\Z)", r"\g<0>\g<0>", text)
    return "'" + re.sub(r"'|\$\{", r"\\\g<0>", text) + "'"


def parse(config: Any, overrides: list[str]) -> Settings:
    """Return what Hydra composed as typed settings.

    Raises:
        UserError: a key is unknown, missing, or of the wrong type; all of them are named.
    """
    from omegaconf import OmegaConf

    values: Any = OmegaConf.to_container(config, resolve=True)
    if values.get("metric") is None and str(OmegaConf.select(config, "data.task")) in METRICS:
        values["metric"] = next(iter(METRICS[values["data"]["task"]]))  # the task's usual one
    try:
        return with_parameters(Settings.model_validate({**values, "overrides": overrides}), {})
    except ValidationError as error:
        raise UserError(_explain(error, Settings)) from error


def with_parameters(settings: Settings, parameters: dict[str, Any]) -> Settings:
    """Return the settings with these parameters of the model replaced, checked by the model's own class."""
    own = model_class(settings.model.name).settings_class
    try:
        model = own.model_validate({**settings.model.model_dump(), **parameters})
    except ValidationError as error:
        raise UserError(_explain(error, own, "model.")) from error
    return settings.model_copy(update={"model": model})


def _explain(error: ValidationError, root: type[BaseModel], prefix: str = "") -> str:
    """Say in plain words what is wrong with a configuration, with the nearest right key."""
    lines = []
    for problem in error.errors():
        path = [str(part) for part in problem["loc"]]
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            message = f"there is no such key; {did_you_mean(path[-1], _keys(root, path[:-1]))}"
        elif not isinstance(problem["input"], dict):
            message += f" (it is {problem['input']!r})"
        where = (prefix + ".".join(path)).strip(".")
        lines.append(f"{where}: {message}" if where else message)
    return "the configuration is not right:\n  " + "\n  ".join(dict.fromkeys(lines))


def _keys(root: Any, path: list[str]) -> list[str]:
    """Return the keys that the section at `path` may have."""
    fields = {field.alias or name: field for name, field in getattr(root, "model_fields", {}).items()}
    if not path:
        return list(fields)
    inside = fields[path[0]].annotation if fields else root.__args__[-1]  # of dict[str, Column], the values
    return _keys(inside, path[1:])
