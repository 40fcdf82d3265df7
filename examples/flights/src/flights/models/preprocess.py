"""From typed columns to the numbers that an estimator takes; derived from the data set's YAML."""

from typing import Any

from ..repository.data_settings import DataSettings


def preprocessor(data: DataSettings, *, for_trees: bool) -> Any:
    """Return the unfitted column transformer for the data set's features.

    Trees take numbers as they are and categories as codes (-1: never seen in training), missing ones too.
    Other models take scaled numbers, medians for missing ones, and a column for each category or for none.
    """
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

    categories = [name for name in data.features if data.columns[name].dtype == "str"]
    numbers = [name for name in data.features if name not in categories]
    if for_trees:
        encode = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, min_frequency=2)
        number: Any = "passthrough"
    else:
        encode = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=2)
        number = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    return ColumnTransformer([("number", number, numbers), ("category", encode, categories)])
