"""Search spaces: what a model's YAML says under `search_space`, checked against its parameters."""

from operator import index
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ..middleware.errors import UserError, did_you_mean
from ..models.base_model import ModelSettings

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution


def search_space(model: ModelSettings) -> dict[str, "BaseDistribution"]:
    """Return the model's search space as Optuna takes it.

    A parameter's entry names the `type` (int, float or categorical), and what that distribution of Optuna's
    is made with: low, high, step and log, or choices.

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
    for name, entry in model.search_space.items():
        options = dict(entry)
        kind = str(options.pop("type", None))
        if name not in model.parameters():
            hint = did_you_mean(name, model.parameters())
            problems.append(f"{name}: the model has no such parameter; {hint}")
        elif kind not in kinds:
            problems.append(f"{name}: there is no type {kind!r}; {did_you_mean(kind, kinds)}")
        else:
            try:
                space[name] = kinds[kind](**options)
                edges = options["choices"] if kind == "categorical" else [options["low"], options["high"]]
                for value in map(float, edges) if kind == "float" else edges:
                    model.model_validate({**model.model_dump(), name: value})
                if kind == "int":  # Optuna would take 0.2 for 0
                    list(map(index, options.values()))
            except ValidationError as error:
                problems.append(f"{name}: {error.errors()[0]['msg']}")
            except (TypeError, ValueError) as error:  # Optuna's
                problems.append(f"{name}: {error}")
    if problems:
        raise UserError(f"{where}:\n  " + "\n  ".join(problems))
    return space
