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
    "font.size": 9,
    "legend.frameon": False,
    "text.parse_math": False,  # a column may be called $
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "report",  # the same figure is the same file
}
MOST_FEATURES = 15
MOST_POINTS = 1000  # a figure of a million points helps nobody, and opens slowly


def render(settings: Settings, found: dict[str, Any], predictions: Predictions) -> str:
    """Return the report of one evaluation as HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined
    from matplotlib import rc_context

    with rc_context(STYLE):
        figures = _curves(predictions) if settings.data.task == "classification" else _points(predictions)
        figures["importance"] = _bars(found["importance"])
        drawn = {name: _svg(axes) for name, axes in figures.items()}
    loader = FileSystemLoader(Path(__file__).parent)
    page = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    page.globals.update(shown=shown, redact=redact, signs=METRICS[settings.data.task], table=table(found))
    return page.get_template("report.html.j2").render(settings=settings, found=found, figures=drawn)


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

    figures, bins = {}, {"n_bins": 10, "strategy": "quantile", "marker": "."}
    for name, display, options, x, y in (
        ("calibration", CalibrationDisplay, bins, "predicted probability", "share that happened"),
        ("roc", RocCurveDisplay, {}, "false positive rate", "true positive rate"),
        ("precision", PrecisionRecallDisplay, {}, "recall", "precision"),
    ):
        axes = figures[name] = _axes()
        for number in [1] if len(p.classes) == 2 else range(len(p.classes)):
            truth, score = p.truth == number, p.probabilities[:, number]
            if 0 < truth.sum() < len(truth):
                display.from_predictions(truth, score, name=str(p.classes[number]), ax=axes, **options)
        axes.set(xlabel=x, ylabel=y)
    return figures


def _points(p: Predictions) -> dict[str, "Axes"]:
    from sklearn.metrics import PredictionErrorDisplay

    figures = {"actual_vs_predicted": _axes(), "residual_vs_predicted": _axes()}
    for kind, axes in figures.items():
        options: Any = {"kind": kind, "subsample": MOST_POINTS, "random_state": 0}
        PredictionErrorDisplay.from_predictions(p.truth, p.prediction, ax=axes, **options)
    return figures


def _bars(importance: dict[str, float]) -> "Axes":
    axes, most = _axes(), list(importance.items())[:MOST_FEATURES][::-1]
    axes.barh([name for name, _ in most], [value for _, value in most], height=0.65)
    return axes
