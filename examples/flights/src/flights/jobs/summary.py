"""Show where things stand: the last evaluation beside the baseline, where everything is, what to try next.

Examples:
    summary
"""

import json
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from ..configurations import Settings
from ..middleware.errors import UserError
from ..middleware.logger import COMMAND, redact


def summary(settings: Settings) -> None:
    """Print the summary to standard output."""
    found = _read(settings.output_dir / "evaluate" / "metrics.json")
    if found is None:
        raise UserError("nothing has been evaluated here yet: `make run` runs every job")
    model, champion = found["model"], found["champion"]
    console = Console(highlight=False)
    rival = [f"champion (version {champion['version']})"] if champion else []
    table = Table(
        "metric", f"version {model['version']}, {model['kind']}", "95 % interval", "baseline", *rival
    )
    for name, value in found["metrics"].items():
        low, high = found["intervals"][name]
        beside = [
            sources.get(name) for sources in (found["baseline"], *([champion["metrics"]] if champion else []))
        ]
        shown = ["–" if number is None else f"{number:.4f}" for number in beside]
        table.add_row(name, f"{value:.4f}", f"{low:.4f} to {high:.4f}", *shown)
    console.print(table)
    console.print("refused: " + "; ".join(found["refused"]) if found["refused"] else "the gate passed it")
    receipt = _read(settings.output_dir / "register" / "receipt.json") or {}
    places = {
        "report": settings.output_dir / "evaluate" / "report.html",
        "predictions": settings.predict.output,
        "registered rows": f"{receipt['rows']:,} in table {receipt['table']} of {receipt['database']}"
        if receipt
        else "none",
        "MLflow": f"{redact(settings.tracking_uri)}{'' if settings.tracking.uri else '  (look: make ui)'}",
        "lineage": f"{found['lineage']}, in {settings.output_dir / 'train' / 'lineage.json'}",
    }
    console.print("\n[bold]Where things are[/bold]")
    for what, where in places.items():
        console.print(f"  {what:<16}{where}", soft_wrap=True)
    console.print("\n[bold]Try next[/bold]")
    other = "lightgbm" if model["kind"] != "lightgbm" else "random_forest"
    for command, why in (
        (f"{COMMAND} train model={other}", "another model"),
        (f"{COMMAND} evaluate", "does it beat the champion?"),
        (f"{COMMAND} draft data/mine.csv", "your own data: drafts hydra/data/mine.yaml"),
    ):
        console.print(f"  {command:<36}{why}", soft_wrap=True)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return json.loads(path.read_text()) if path.exists() else None
    except ValueError as error:
        raise UserError(f"{path} is not JSON any more: run the job again that writes it") from error
