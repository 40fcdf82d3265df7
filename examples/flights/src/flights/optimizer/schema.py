"""Search spaces: what a model's YAML says under `search_space`, checked against its parameters."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from ..middleware.errors import UserError, did_you_mean
from ..models.base_model import ModelSettings
from ..repository.data_settings import Scalar, Section

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


class Int(Section):
    """Whole numbers from low to high, both included."""

    type: Literal["int"]
    low: int
    high: int
    step: int = 1
    log: bool = False


class Float(Section):
    """Numbers from low to high, both included."""

    type: Literal["float"]
    low: float
    high: float
    step: float | None = None
    log: bool = False


class Categorical(Section):
    """One of these values."""

    type: Literal["categorical"]
    choices: list[Scalar | None]


SPACE: TypeAdapter[Int | Float | Categorical] = TypeAdapter(
    Annotated[Int | Float | Categorical, Field(discriminator="type")]
)


def search_space(model: ModelSettings) -> dict[str, "BaseDistribution"]:
    """Return the model's search space as Optuna takes it.

    Raises:
        UserError: a name is no parameter of the model, or a value is none that the parameter can take.
    """
    from optuna import distributions

    kinds: dict[str, Any] = {
        "int": distributions.IntDistribution,
        "float": distributions.FloatDistribution,
        "categorical": distributions.CategoricalDistribution,
    }
    where = f"hydra/model/{model.name}.yaml, search_space"
    if not model.search_space:
        raise UserError(f"{where}: it is empty, so there is nothing to optimize")
    problems, space = [], {}
    for name, raw in model.search_space.items():
        if name not in model.parameters():
            hint = did_you_mean(name, model.parameters())
            problems.append(f"{name}: the model has no such parameter; {hint}")
            continue
        try:
            checked = SPACE.validate_python(raw)
            space[name] = kinds[checked.type](**checked.model_dump(exclude={"type"}))
            edges = checked.choices if isinstance(checked, Categorical) else (checked.low, checked.high)
            for value in edges:
                type(model).model_validate({**model.model_dump(), name: value})
        except ValidationError as error:
            problems += [f"{name}: {problem['msg']}" for problem in error.errors()]
        except ValueError as error:  # Optuna's: low is above high, and the like
            problems.append(f"{name}: {error}")
    if problems:
        raise UserError(f"{where}:\n  " + "\n  ".join(problems))
    return space
