"""A project's `predict` beside bare polars and the same model: time, and whether memory stays flat."""

import argparse
from pathlib import Path

import measure
import workspace
from measure import Side

GOAL = 1.2
FLAT = 1.1  # peak memory at the most rows over that at the fewest


def bench(project: Path, model: Path, rows: int, rounds: int, *, warm: bool) -> float:
    """Print the table for so many rows; return our peak."""
    folder = project.parent
    source, output = folder / "rows.parquet", folder / "bare.parquet"
    workspace.note(f"writing {rows:,} rows")
    parts = [project / "data" / "flights" / f"{part}.parquet" for part in ("train", "test")]
    workspace.call(workspace.PYTHON, workspace.HERE / "rows.py", source, str(rows), *parts)
    script = [workspace.PYTHON, workspace.HERE / "bare_predict.py", source, output, model]
    sides = {
        "bare": Side(script, folder, measure.environment()),
        "mlkata": workspace.ours(project, "predict", "predict.model=1", f"predict.input={source}"),
    }
    found = measure.compare(sides, rounds, warm=warm)
    what = f"predict {rows:,} rows"
    print(measure.table(what, found))
    ratio = measure.median(found["mlkata"], "wall") / measure.median(found["bare"], "wall")
    print(measure.verdict(f"{what}: ratio of wall times", ratio, GOAL))
    predictions = project / "outputs" / "predict" / "flights.parquet"
    workspace.call(workspace.PYTHON, workspace.HERE / "rows.py", "--same", output, predictions)
    return measure.median(found["mlkata"], "peak")


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    options.add_argument("--model", default="random_forest", choices=workspace.MODELS)
    given = options.parse_args()
    print(measure.machine("scikit-learn", "lightgbm", "mlflow", "polars", "pyarrow", "pandera", "skops"))
    with workspace.scratch() as folder:
        project = workspace.with_flights(folder)
        workspace.note(f"training {given.model}")
        measure.run(workspace.ours(project, "train", *workspace.parameters(given.model)))
        model = next(project.glob("outputs/mlartifacts/**/model.skops"))
        peaks = [
            bench(project, model, rows, given.rounds, warm=number > 0)
            for number, rows in enumerate(given.rows)
        ]
    if len(peaks) > 1:
        print(measure.verdict("peak memory, most rows over fewest", peaks[-1] / peaks[0], FLAT))


if __name__ == "__main__":
    main()
