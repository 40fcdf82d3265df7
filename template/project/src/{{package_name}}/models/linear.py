"""Logistic regression or ridge regression: fast, and what a stronger model has to beat."""

from typing import Annotated, Any

from pydantic import Field

from ..repository.data_settings import Positive
from .base_model import BaseModel, ModelSettings
from .preprocess import preprocessor


class LinearSettings(ModelSettings, extra="forbid"):
    """One strength of the L2 penalty for both kinds: larger is simpler."""

    alpha: Annotated[float, Field(gt=0)]
    max_iter: Positive


class Linear(BaseModel):
    """scikit-learn's logistic regression for classes, ridge for numbers."""

    settings_class = LinearSettings

    def build(self) -> Any:
        """Return preprocessing with scaling and the linear model."""
        from sklearn.linear_model import LogisticRegression, Ridge
        from sklearn.pipeline import make_pipeline

        alpha, max_iter = self.settings.alpha, self.settings.max_iter
        if self.data.task == "classification":
            model = LogisticRegression(C=1 / alpha, max_iter=max_iter, random_state=self.seed)
        else:
            model = Ridge(alpha=alpha, max_iter=max_iter, random_state=self.seed)
        return make_pipeline(preprocessor(self.data, for_trees=False), model)
