"""Show where things stand, and what to try next.

Examples:
    summary
"""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ..configurations import Settings
from ..evaluation.metrics import table
from ..middleware.errors import UserError
from ..middleware.files import written_by
from ..middleware.logger import COMMAND, redact


def summary(settings: Settings) -> None:
    """Print the summary to standard output."""
    found = _read(settings.outputs / "evaluate" / "metrics.json", "evaluate")
    if not found:
        raise UserError("nothing has been evaluated here yet: `make run` runs every job")
    header, *rows = table(found)
    metrics = Table(*header, title=found["model"]["name"])
    for row in rows:
        metrics.add_row(*row)
    receipt = _read(settings.outputs / "register" / "receipt.json", "register")
    other = "lightgbm" if found["model"]["kind"] != "lightgbm" else "random_forest"
    places = {
        "report": settings.outputs / "evaluate" / "report.html",
        "predictions": settings.predict.output,
        "registered rows": "{rows:,} in table {table} of {database}".format(**receipt) if receipt else "none",
        "MLflow": f"{redact(settings.tracking_uri)}{'' if settings.tracking.uri else '  (look: make ui)'}",
        "lineage": f"{found['lineage']}, in {settings.outputs / 'train' / 'lineage.json'}",
    }
    commands = {
        f"{COMMAND} train model={other}": "another model",
        f"{COMMAND} evaluate": "does it beat the champion?",
        f"{COMMAND} draft data/mine.csv": "your own data: drafts hydra/data/mine.yaml",
    }
    console = Console(highlight=False, soft_wrap=True)
    console.print(metrics)
    console.print("refused: " + "; ".join(found["refused"]) if found["refused"] else "the gate passed it")
    console.print("\n[bold]Where things are[/bold]", *(f"  {k:<16}{v}" for k, v in places.items()), sep="\n")
    console.print("\n[bold]Try next[/bold]", *(f"  {k:<36}{v}" for k, v in commands.items()), sep="\n")


def _read(path: Path, job: str) -> Any:
    """Return what a job wrote, or nothing where it has not run."""
    with written_by(job, path):
        return json.loads(path.read_text()) if path.exists() else {}
