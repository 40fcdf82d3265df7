"""What a model is: a few methods around a scikit-learn pipeline."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, ClassVar, Self
from zipfile import BadZipFile

import polars as pl
from pydantic import Field

from ..middleware.errors import UserError
from ..repository.data_settings import DataSettings, Section

# What every pipeline of ours consists of beyond the types that skops knows to be harmless.
COMMON_TYPES = ("numpy.dtype",)


class ModelSettings(Section, extra="allow"):
    """What every model has; a model's own class adds its parameters and forbids all others."""

    name: str
    search_space: dict[str, dict[str, Any]] = Field(default_factory=dict)

    def parameters(self) -> dict[str, Any]:
        """Return what the estimator is made with."""
        return self.model_dump(exclude={"name", "search_space"})


class BaseModel(ABC):
    """A model of one data set's target.

    A subclass names its parameters (`settings_class`), the types that its file may contain
    (`trusted_types`), and builds an unfitted pipeline. All else is the same for every model.
    """

    settings_class: ClassVar[type[ModelSettings]]
    trusted_types: ClassVar[tuple[str, ...]] = ()

    def __init__(self, data: DataSettings, settings: ModelSettings, seed: int) -> None:
        self.data = data
        self.settings: Any = settings
        self.seed = seed
        self.pipeline: Any = None

    @abstractmethod
    def build(self) -> Any:
        """Return the unfitted scikit-learn pipeline: preprocessing, then the estimator."""

    def fit(self, frame: pl.DataFrame) -> Self:
        """Learn from a frame that has the features and the target; other columns are not looked at."""
        self.pipeline = self.build().fit(frame[self.data.features], frame[self.data.target].to_numpy())
        return self

    @property
    def classes(self) -> list[Any]:
        """The classes in the order of `probabilities`; empty for a regression."""
        return list(self.pipeline.classes_) if self.data.task == "classification" else []

    def predict(self, frame: pl.DataFrame) -> Any:
        """Return the predicted target, shape (rows,)."""
        return self.pipeline.predict(frame[self.data.features])

    def probabilities(self, frame: pl.DataFrame) -> Any:
        """Return each class's probability, shape (rows, classes)."""
        return self.pipeline.predict_proba(frame[self.data.features])

    def trusted(self) -> list[str]:
        """Return the types that the model's file may hold; loading refuses all others."""
        return [*COMMON_TYPES, *self.trusted_types]

    def load(self, path: Path) -> Self:
        """Read a fitted pipeline that skops wrote: data only, nothing in it is executed.

        Raises:
            UserError: the file holds a type outside the trust list.
        """
        from skops import io

        try:
            unknown = set(io.get_untrusted_types(file=path)) - set(self.trusted())
        except (BadZipFile, KeyError, ValueError, OSError) as error:
            raise UserError(f"{path} is no whole model file ({error}): run `train` again") from error
        if unknown:
            name = type(self).__name__
            raise UserError(f"{path} holds types that {name} does not trust: {sorted(unknown)}")
        self.pipeline = io.load(path, trusted=self.trusted())
        return self


class Baseline(BaseModel):
    """What a model has to beat: it looks at no feature, and knows how often each class is, or the mean."""

    def build(self) -> Any:
        """Return scikit-learn's dummy."""
        from sklearn.dummy import DummyClassifier, DummyRegressor

        return DummyClassifier() if self.data.task == "classification" else DummyRegressor()
