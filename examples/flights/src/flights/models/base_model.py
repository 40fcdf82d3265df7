"""What a model is: a few methods around a scikit-learn pipeline."""

from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self
from zipfile import BadZipFile

from ..configurations import DataSettings, ModelSettings
from ..middleware.errors import UserError

if TYPE_CHECKING:
    import polars as pl

# What every pipeline of ours consists of beyond the types that skops knows to be harmless.
COMMON_TYPES = ("numpy.dtype",)


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

    def fit(self, frame: "pl.DataFrame") -> Self:
        """Learn from a frame that has the features and the target; other columns are not looked at."""
        self.pipeline = self.build().fit(self._features(frame), frame[self.data.target].to_numpy())
        return self

    @property
    def classes(self) -> list[Any]:
        """The classes in the order of `probabilities`; empty for a regression."""
        return list(self.pipeline.classes_) if self.data.task == "classification" else []

    def predict(self, frame: "pl.DataFrame") -> Any:
        """Return the predicted target, shape (rows,)."""
        return self.pipeline.predict(self._features(frame))

    def probabilities(self, frame: "pl.DataFrame") -> Any:
        """Return each class's probability, shape (rows, classes)."""
        return self.pipeline.predict_proba(self._features(frame))

    def save(self, path: Path) -> None:
        """Write the fitted pipeline in the skops format: data only, nothing in it is executed on loading."""
        from skops.io import dump

        dump(self.pipeline, path)

    def load(self, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            UserError: the file holds a type outside the trust list, or was trained on other features.
        """
        from skops.io import get_untrusted_types
        from skops.io import load as load_skops

        trusted = [*COMMON_TYPES, *self.trusted_types]
        try:
            unknown = set(get_untrusted_types(file=path)) - set(trusted)
        except (BadZipFile, KeyError, ValueError, OSError) as error:
            raise UserError(f"{path} is no whole model file ({error}): run `train` again") from error
        if unknown:
            raise UserError(
                f"{path} holds types that {type(self).__name__} does not trust: {sorted(unknown)}"
            )
        self.pipeline = load_skops(path, trusted=trusted)
        trained_on = [str(name) for name in self.pipeline.feature_names_in_]
        if set(trained_on) != set(self.data.features):
            missing = sorted(set(trained_on) - set(self.data.features))
            extra = sorted(set(self.data.features) - set(trained_on))
            raise UserError(
                f"the model was trained on other columns than data set {self.data.name!r} has"
                f" (missing now: {missing or 'none'}; new now: {extra or 'none'}). Train again."
            )
        return self

    def _features(self, frame: "pl.DataFrame") -> "pl.DataFrame":
        return frame.select(self.data.features)
