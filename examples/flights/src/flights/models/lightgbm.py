"""Gradient-boosted trees by LightGBM (Ke et al., 2017): usually the strongest on tables."""

from typing import Annotated, Any

from pydantic import Field

from ..repository.data_settings import Positive, Share
from .base_model import BaseModel, ModelSettings
from .preprocess import preprocessor


class LightGBMSettings(ModelSettings, extra="forbid"):
    """Parameters, as LightGBM's scikit-learn interface names them."""

    n_estimators: Positive
    learning_rate: Share
    num_leaves: Annotated[int, Field(gt=1)]
    max_depth: int
    min_child_samples: Positive
    n_jobs: int


class LightGBM(BaseModel):
    """LightGBM of either kind, deterministic under a seed."""

    settings_class = LightGBMSettings
    trusted_types = (
        "collections.OrderedDict",
        "lightgbm.basic.Booster",
        "lightgbm.sklearn.LGBMClassifier",
        "lightgbm.sklearn.LGBMRegressor",
    )

    def build(self) -> Any:
        """Return preprocessing for trees and the booster."""
        from lightgbm import LGBMClassifier, LGBMRegressor
        from sklearn.pipeline import make_pipeline

        kind = LGBMClassifier if self.data.task == "classification" else LGBMRegressor
        same: dict[str, Any] = {"random_state": self.seed, "deterministic": True, "force_row_wise": True}
        booster = kind(**same, **self.settings.parameters(), verbosity=-1)
        return make_pipeline(preprocessor(self.data, for_trees=True), booster)
