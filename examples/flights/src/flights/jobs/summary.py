"""Show where things stand, and what to try next.

Examples:
    summary
"""

import json
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ..configurations import Settings
from ..evaluation.metrics import table
from ..middleware.errors import UserError
from ..middleware.files import written_by
from ..middleware.logger import COMMAND, redact


def summary(settings: Settings) -> None:
    """Print the summary to standard output."""
    path = settings.outputs / "evaluate" / "metrics.json"
    if not path.exists():
        raise UserError("nothing has been evaluated here yet: `make run` runs every job")
    with written_by("evaluate", path):
        found = json.loads(path.read_text())
        header, *rows = table(found)
        model, kind, key = found["model"]["name"], found["model"]["kind"], found["lineage"]
        gate = "refused: " + "; ".join(found["refused"]) if found["refused"] else "the gate passed it"
    metrics = Table(*header, title=f"{model}, as last evaluated")
    for row in rows:
        metrics.add_row(*row)
    output = Path(settings.predict.output)
    places = {
        "report": settings.outputs / "evaluate" / "report.html",
        "predictions": output if output.exists() else output.parent,  # of another data set, perhaps
        "registered rows": _registered(settings.outputs / "register" / "receipt.json"),
        "MLflow": f"{redact(settings.tracking_uri)}{'' if settings.tracking.uri else '  (look: make ui)'}",
        "lineage": f"{key}, in MLflow and in every registered row",
    }
    commands = {
        f"{COMMAND} train model={'random_forest' if kind == 'lightgbm' else 'lightgbm'}": "another model",
        f"{COMMAND} evaluate": "does it beat the champion?",
        f"{COMMAND} draft data/mine.csv": "your own data: drafts hydra/data/mine.yaml",
    }
    width = max(map(len, commands)) + 2
    console = Console(highlight=False, soft_wrap=True)
    console.print(metrics)
    console.print(gate)
    console.print("\n[bold]Where things are[/bold]", *(f"  {k:<16}{v}" for k, v in places.items()), sep="\n")
    console.print("\n[bold]Try next[/bold]", *(f"  {k:<{width}}{v}" for k, v in commands.items()), sep="\n")


def _registered(path: Path) -> str:
    """Return how many rows are where, as `register` noted it."""
    with written_by("register", path):
        receipt = "{rows:,} in table {table} of {database}"
        return receipt.format(**json.loads(path.read_text())) if path.exists() else "none"
