"""The columns of the flights data, and the types that a model of it consists of: for the bare scripts."""

CATEGORIES = ["carrier", "origin", "dest"]
NUMBERS = ["distance", "month", "day", "departs", "arrives"]
FEATURES = [*CATEGORIES, *NUMBERS]
TRUSTED = [
    "collections.OrderedDict",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "numpy.dtype",
    "sklearn.tree._tree.Tree",
]
