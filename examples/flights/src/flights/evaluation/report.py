"""The report that people read: one HTML file that needs nothing beside it."""

from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..configurations import Settings
from ..middleware.logger import redact
from .metrics import METRICS, Predictions, shown, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STYLE: Any = {
    "axes.formatter.limits": (-3, 4),  # longer numbers on an axis run into each other
    "axes.spines.right": False,
    "axes.spines.top": False,
    "font.family": "sans-serif",
    "font.size": 9,
    "legend.frameon": False,
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "report",  # the same figure is the same file
}
CALIBRATION = "Calibration. On the line, a predicted 70 % happens 70 % of the time."
ROC = "ROC: how many are found, at what rate of false alarms."
PRECISION = "Precision and recall: how many alarms are right, how many cases are found."
ACTUAL = "True against predicted. Points on the line are right."
RESIDUAL = "Error against predicted. A pattern here is something that the model misses."
MOST_FEATURES = 15
MOST_POINTS = 1000  # a figure of a million points helps nobody, and opens slowly


def render(settings: Settings, found: dict[str, Any], predictions: Predictions) -> str:
    """Return the report of one evaluation as HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from matplotlib import rc_context

    with rc_context(STYLE):
        figures = _curves(predictions) if settings.data.task == "classification" else _points(predictions)
        text = f"Importance: how much worse {settings.metric} gets when a feature's values are shuffled."
        figures[text] = _bars(found["importance"])
        drawn = {text: _svg(axes) for text, axes in figures.items()}
    loader = FileSystemLoader(Path(__file__).parent)
    page = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return page.get_template("report.html.j2").render(
        data=settings.data,
        metric=settings.metric,
        signs=METRICS[settings.data.task],
        found=found,
        table=table(found),
        shown=shown,
        source=redact(settings.data.source.uri),
        tracking=redact(settings.tracking_uri),
        figures=drawn,
    )


def _axes() -> "Axes":
    from matplotlib.figure import Figure

    return Figure(figsize=(4.6, 3.6), layout="constrained").add_subplot()


def _svg(axes: "Axes") -> str:
    text = StringIO()
    axes.figure.savefig(text, format="svg", metadata={"Date": None})  # type: ignore[union-attr]
    return text.getvalue()[text.getvalue().index("<svg") :]


def _curves(p: Predictions) -> dict[str, "Axes"]:
    """Draw the curves of the positive class of two, else of each class."""
    from sklearn.calibration import CalibrationDisplay
    from sklearn.metrics import PrecisionRecallDisplay, RocCurveDisplay

    calibration, roc, precision = _axes(), _axes(), _axes()
    for number in [1] if len(p.classes) == 2 else range(len(p.classes)):
        truth, score = p.truth == number, p.probabilities[:, number]
        if 0 < truth.sum() < len(truth):
            name, bins = str(p.classes[number]), {"n_bins": 10, "strategy": "quantile", "marker": "."}
            CalibrationDisplay.from_predictions(truth, score, name=name, ax=calibration, **bins)
            RocCurveDisplay.from_predictions(truth, score, name=name, ax=roc)
            PrecisionRecallDisplay.from_predictions(truth, score, name=name, ax=precision)
    calibration.set(xlabel="predicted probability", ylabel="share that happened")
    roc.set(xlabel="false positive rate", ylabel="true positive rate")
    precision.set(xlabel="recall", ylabel="precision")
    return {CALIBRATION: calibration, ROC: roc, PRECISION: precision}


def _points(p: Predictions) -> dict[str, "Axes"]:
    from sklearn.metrics import PredictionErrorDisplay

    actual, residual = _axes(), _axes()
    for kind, axes in ("actual_vs_predicted", actual), ("residual_vs_predicted", residual):
        options: Any = {"kind": kind, "subsample": MOST_POINTS, "random_state": 0}
        PredictionErrorDisplay.from_predictions(p.truth, p.prediction, ax=axes, **options)
    return {ACTUAL: actual, RESIDUAL: residual}


def _bars(importance: dict[str, float]) -> "Axes":
    axes, most = _axes(), list(importance.items())[:MOST_FEATURES][::-1]
    axes.barh([name for name, _ in most], [value for _, value in most], height=0.65)
    return axes
