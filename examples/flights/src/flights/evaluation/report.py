"""The report that people read: one HTML file that needs nothing beside it."""

from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..configurations import METRICS, Settings
from ..middleware.logger import redact
from .metrics import Predictions

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GREY = "#8a919a"
COLOURS = ["#2563a8", "#c2571a", "#17703a", "#7a3fa0", "#a08a1f", "#5c6670"]
MOST_FEATURES = 15
MOST_POINTS = 3000


def render(settings: Settings, found: dict[str, Any], predictions: Predictions) -> str:
    """Return the report of one evaluation as HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    page = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return page.get_template("report.html.j2").render(
        data=settings.data,
        metric=settings.metric,
        directions=METRICS[settings.data.task],
        found=found,
        source=redact(settings.data.source.uri),
        tracking=redact(settings.tracking_uri),
        figures=_figures(settings, found, predictions),
    )


def _figures(settings: Settings, found: dict[str, Any], predictions: Predictions) -> list[tuple[str, str]]:
    """Return (what the figure tells, SVG) for each figure."""
    figures: list[tuple[str, Any]] = [
        ("Predicted against true. Points on the line are right.", _predicted),
        ("Error against prediction. A pattern here is something that the model misses.", _error),
    ]
    if settings.data.task == "classification":
        figures = [
            ("Calibration. On the line, a predicted 70 % happens 70 % of the time.", _calibration),
            ("ROC: how many are found, at what rate of false alarms.", _roc),
            ("Precision and recall: how many alarms are right, how many cases are found.", _precision),
        ]
    top = dict(list(found["importance"].items())[:MOST_FEATURES])
    importance = f"Importance: how much worse {settings.metric} gets when a feature's values are shuffled."
    return [*((text, _svg(draw, predictions)) for text, draw in figures), (importance, _svg(_bars, top))]


def _svg(draw: Any, content: Any) -> str:
    from cycler import cycler
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    style: Any = {
        "axes.edgecolor": GREY,
        "axes.prop_cycle": cycler(color=COLOURS),
        "axes.spines.right": False,
        "axes.spines.top": False,
        "font.family": "sans-serif",
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": "report",  # the same figure is the same file
        "xtick.color": GREY,
    }
    with rc_context(style):
        figure = Figure(figsize=(4.6, 3.6), layout="constrained")
        draw(figure.add_subplot(), content)
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()[text.getvalue().index("<svg") :]


def _curves(p: Predictions) -> list[tuple[str, Any, Any]]:
    """Return (class, is it that class, its probability): the positive class of two, else each."""
    classes = [1] if len(p.classes) == 2 else range(len(p.classes))
    curves = [(str(p.classes[k]), p.truth == k, p.probabilities[:, k]) for k in classes]
    return [curve for curve in curves if 0 < curve[1].sum() < len(curve[1])]


def _calibration(axes: "Axes", p: Predictions) -> None:
    from sklearn.calibration import CalibrationDisplay

    for name, truth, score in _curves(p):
        CalibrationDisplay.from_predictions(
            truth, score, n_bins=10, strategy="quantile", name=name, ax=axes, marker="o", markersize=3
        )
    axes.set(xlabel="predicted probability", ylabel="share that happened")


def _roc(axes: "Axes", p: Predictions) -> None:
    from sklearn.metrics import roc_curve

    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--")
    for name, truth, score in _curves(p):
        false, true, _ = roc_curve(truth, score)
        axes.plot(*_thin(false, true), label=name)
    axes.set(xlabel="false positive rate", ylabel="true positive rate")
    axes.legend(frameon=False, fontsize=8)


def _precision(axes: "Axes", p: Predictions) -> None:
    from sklearn.metrics import precision_recall_curve

    for name, truth, score in _curves(p):
        axes.axhline(truth.mean(), color=GREY, linewidth=1, linestyle="--")
        precision, recall, _ = precision_recall_curve(truth, score)
        axes.plot(*_thin(recall, precision), label=name)
    axes.set(xlabel="recall", ylabel="precision", ylim=(0, 1.02))
    axes.legend(frameon=False, fontsize=8)


def _predicted(axes: "Axes", p: Predictions) -> None:
    truth, prediction = _thin(p.truth, p.prediction)
    ends = [min(truth.min(), prediction.min()), max(truth.max(), prediction.max())]
    axes.plot(ends, ends, color=GREY, linewidth=1, linestyle="--")
    axes.scatter(truth, prediction, s=8, alpha=0.5, linewidths=0)
    axes.set(xlabel="true", ylabel="predicted")


def _error(axes: "Axes", p: Predictions) -> None:
    prediction, error = _thin(p.prediction, p.prediction - p.truth)
    axes.axhline(0, color=GREY, linewidth=1, linestyle="--")
    axes.scatter(prediction, error, s=8, alpha=0.5, linewidths=0)
    axes.set(xlabel="predicted", ylabel="predicted − true")


def _bars(axes: "Axes", importance: dict[str, float]) -> None:
    names = list(importance)[::-1]
    axes.barh(names, [importance[name] for name in names], height=0.65)
    axes.tick_params(axis="y", labelsize=8, length=0)


def _thin(*arrays: Any) -> list[Any]:
    """Return evenly chosen points: a figure of a million points helps nobody, and opens slowly."""
    step = max(1, len(arrays[0]) // MOST_POINTS)
    return [array[::step] for array in arrays]
