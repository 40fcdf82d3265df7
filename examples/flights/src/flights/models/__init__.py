"""The model layer: a model is one module here and one file in `hydra/model/`; no job knows its name."""

from importlib import import_module
from pkgutil import iter_modules

from ..middleware.errors import UserError, did_you_mean
from .base_model import BaseModel

NOT_MODELS = {"base_model", "preprocess"}


def names() -> list[str]:
    """Return the names of all models: the modules of this package."""
    return sorted(module.name for module in iter_modules(__path__) if module.name not in NOT_MODELS)


def model_class(name: str) -> type[BaseModel]:
    """Return the class of the model called `name`, as `hydra/model/<name>.yaml` names it.

    Raises:
        UserError: there is no such model.
    """
    if name not in names():
        raise UserError(f"model.name: there is no model {name!r}; {did_you_mean(name, names())}")
    module = import_module(f".{name}", __name__)
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, BaseModel) and value.__module__ == module.__name__:
            return value
    raise UserError(f"{module.__file__} defines no subclass of BaseModel")
