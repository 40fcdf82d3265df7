"""Random forest (Breiman, 2001): robust without tuning, the usual first model."""

from typing import Annotated, Any, Literal

from pydantic import Field

from ..repository.data_settings import Positive
from .base_model import BaseModel, ModelSettings
from .preprocess import preprocessor


class RandomForestSettings(ModelSettings, extra="forbid"):
    """Parameters, as scikit-learn names them."""

    n_estimators: Positive
    max_depth: Positive | None
    min_samples_leaf: Positive
    max_features: Annotated[float, Field(gt=0, le=1)] | Literal["sqrt", "log2"]
    n_jobs: int


class RandomForest(BaseModel):
    """scikit-learn's forest of either kind."""

    settings_class = RandomForestSettings
    trusted_types = ("sklearn.tree._tree.Tree",)

    def build(self) -> Any:
        """Return preprocessing for trees and the forest."""
        from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
        from sklearn.pipeline import make_pipeline

        kind = RandomForestClassifier if self.data.task == "classification" else RandomForestRegressor
        forest = kind(random_state=self.seed, **self.settings.parameters())
        return make_pipeline(preprocessor(self.data, for_trees=True), forest)
