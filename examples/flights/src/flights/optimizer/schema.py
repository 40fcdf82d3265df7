"""Search spaces: what a model's YAML says under `search_space`, checked against its parameters."""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from ..configurations import ModelSettings, Scalar, Section
from ..middleware.errors import UserError, did_you_mean


class Range(Section):
    """Numbers from low to high, both included."""

    type: Literal["int", "float"]
    low: float
    high: float
    step: Annotated[float, Field(gt=0)] | None = None
    log: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> "Range":
        if self.low > self.high:
            raise ValueError(f"low ({self.low}) is above high ({self.high})")
        if self.log and (self.low <= 0 or self.step):
            raise ValueError("log needs low above 0 and no step")
        if self.type == "int" and not all(
            float(n).is_integer() for n in (self.low, self.high, self.step or 1)
        ):
            raise ValueError("low, high and step of an int are whole numbers")
        return self

    def edges(self) -> list[Any]:
        """Return values that the model's parameter must accept."""
        return [int(n) if self.type == "int" else n for n in (self.low, self.high)]

    def suggest(self, trial: Any, name: str) -> Any:
        """Ask the trial for a value."""
        if self.type == "int":
            low, high, step = int(self.low), int(self.high), int(self.step or 1)
            return trial.suggest_int(name, low, high, step=step, log=self.log)
        return trial.suggest_float(name, self.low, self.high, step=self.step, log=self.log)


class Choices(Section):
    """One of these values."""

    type: Literal["categorical"]
    choices: Annotated[list[Scalar | None], Field(min_length=1)]

    def edges(self) -> list[Any]:
        """Return values that the model's parameter must accept."""
        return list(self.choices)

    def suggest(self, trial: Any, name: str) -> Any:
        """Ask the trial for a value."""
        return trial.suggest_categorical(name, self.choices)


Distribution = Annotated[Range | Choices, Field(discriminator="type")]


def search_space(model: ModelSettings) -> dict[str, Range | Choices]:
    """Return the model's search space.

    Raises:
        UserError: a name is no parameter of the model, or a value is none that the parameter can take.
    """
    where = f"hydra/model/{model.name}.yaml, search_space"
    if not model.search_space:
        raise UserError(f"{where}: it is empty, so there is nothing to optimize")
    adapter: TypeAdapter[Range | Choices] = TypeAdapter(Distribution)
    problems, space = [], {}
    for name, raw in model.search_space.items():
        if name not in model.parameters():
            problems.append(
                f"{name}: the model has no such parameter; {did_you_mean(name, model.parameters())}"
            )
            continue
        try:
            space[name] = adapter.validate_python(raw)
            for value in space[name].edges():
                type(model).model_validate({**model.model_dump(), name: value})
        except ValidationError as error:
            problems += [
                f"{name}: {problem['msg'].removeprefix('Value error, ')}" for problem in error.errors()
            ]
    if problems:
        raise UserError(f"{where}:\n  " + "\n  ".join(problems))
    return space
