"""The report that people read: one HTML file that needs nothing beside it."""

from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..configurations import Settings
from .metrics import METRICS, Predictions

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE, GREY = "#2563a8", "#8a919a"
MOST_FEATURES = 15
MOST_POINTS = 3000


def render(settings: Settings, found: dict[str, Any], predictions: Predictions, tracking: str) -> str:
    """Return the report of one evaluation as HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent)
    page = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return page.get_template("report.html.j2").render(
        data=settings.data,
        metric=settings.metric,
        directions=METRICS[settings.data.task],
        found=found,
        tracking=tracking,
        figures=_figures(settings, found, predictions),
    )


def _figures(settings: Settings, found: dict[str, Any], predictions: Predictions) -> list[tuple[str, str]]:
    """Return (what the figure tells, SVG) for each figure."""
    figures = []
    if settings.data.task == "regression":
        figures += [
            ("Predicted against true. Points on the line are right.", _svg(_predicted, predictions)),
            ("Error against prediction. A pattern here is something that the model misses.", _svg(_error, predictions)),
        ]
    else:
        figures += [
            ("Calibration. On the line, a predicted 70 % happens 70 % of the time.", _svg(_calibration, predictions)),
            ("ROC: how many are found, at what rate of false alarms.", _svg(_roc, predictions)),
            ("Precision and recall: how many alarms are right, how many cases are found.", _svg(_pr, predictions)),
        ]
    top = dict(list(found["importance"].items())[:MOST_FEATURES])
    text = f"Importance: how much worse {settings.metric} gets when a feature's values are shuffled."
    return [*figures, (text, _svg(_bars, top))]


def _svg(draw: Any, content: Any) -> str:
    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    style = {
        "svg.fonttype": "none", "svg.hashsalt": "report", "font.family": "sans-serif", "axes.spines.top": False,
        "axes.spines.right": False, "axes.edgecolor": GREY, "xtick.color": GREY, "ytick.color": "#444",
    }  # fmt: skip
    with rc_context(style):
        figure = Figure(figsize=(4.6, 3.6), layout="constrained")
        draw(figure.add_subplot(), content)
        text = StringIO()
        FigureCanvasSVG(figure).print_svg(text, metadata={"Date": None})
    return text.getvalue()[text.getvalue().index("<svg") :]


def _curves(p: Predictions) -> list[tuple[str, Any, Any]]:
    """Return (class, is it that class, its probability): the positive class of two, else each."""
    classes = [1] if len(p.classes) == 2 else range(len(p.classes))  # noqa: PLR2004 - two classes
    curves = [(str(p.classes[k]), p.truth == k, p.probabilities[:, k]) for k in classes]
    return [curve for curve in curves if 0 < curve[1].sum() < len(curve[1])]


def _calibration(axes: "Axes", p: Predictions) -> None:
    from sklearn.calibration import calibration_curve

    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--")
    curves = _curves(p)
    for name, truth, score in curves:
        happened, predicted = calibration_curve(truth, score, n_bins=10, strategy="quantile")
        axes.plot(predicted, happened, marker="o", markersize=3, label=name, **_colour(curves))
    _label(axes, "predicted probability", "share that happened", curves)


def _roc(axes: "Axes", p: Predictions) -> None:
    from sklearn.metrics import roc_curve

    axes.plot([0, 1], [0, 1], color=GREY, linewidth=1, linestyle="--")
    curves = _curves(p)
    for name, truth, score in curves:
        false, true, _ = roc_curve(truth, score)
        axes.plot(*_thin(false, true), label=name, **_colour(curves))
    _label(axes, "false positive rate", "true positive rate", curves)


def _pr(axes: "Axes", p: Predictions) -> None:
    from sklearn.metrics import precision_recall_curve

    curves = _curves(p)
    for name, truth, score in curves:
        axes.axhline(truth.mean(), color=GREY, linewidth=1, linestyle="--")
        precision, recall, _ = precision_recall_curve(truth, score)
        axes.plot(*_thin(recall, precision), label=name, **_colour(curves))
    axes.set_ylim(0, 1.02)
    _label(axes, "recall", "precision", curves)


def _predicted(axes: "Axes", p: Predictions) -> None:
    truth, prediction = _thin(p.truth, p.prediction)
    ends = [min(truth.min(), prediction.min()), max(truth.max(), prediction.max())]
    axes.plot(ends, ends, color=GREY, linewidth=1, linestyle="--")
    axes.scatter(truth, prediction, s=8, alpha=0.5, color=BLUE, linewidths=0)
    _label(axes, "true", "predicted", [])


def _error(axes: "Axes", p: Predictions) -> None:
    prediction, error = _thin(p.prediction, p.prediction - p.truth)
    axes.axhline(0, color=GREY, linewidth=1, linestyle="--")
    axes.scatter(prediction, error, s=8, alpha=0.5, color=BLUE, linewidths=0)
    _label(axes, "predicted", "predicted − true", [])


def _bars(axes: "Axes", importance: dict[str, float]) -> None:
    names = list(importance)[::-1]
    axes.barh(names, [importance[name] for name in names], color=BLUE, height=0.65)
    axes.tick_params(axis="y", labelsize=8, length=0)


def _colour(curves: list[Any]) -> dict[str, Any]:
    return {"color": BLUE} if len(curves) == 1 else {}


def _label(axes: "Axes", x: str, y: str, curves: list[Any]) -> None:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if len(curves) > 1:
        axes.legend(frameon=False, fontsize=8)


def _thin(*arrays: Any) -> list[Any]:
    """Return evenly chosen points: a figure of a million points helps nobody, and opens slowly."""
    step = max(1, len(arrays[0]) // MOST_POINTS)
    return [array[::step] for array in arrays]
