"""A project's `train` and `predict` beside a bare scikit-learn and MLflow script, on 336,776 flights."""

import argparse
import json
import sys
from pathlib import Path

import measure
import workspace
from measure import Side

GOAL = 1.3
SAME = 1e-9


def bare(name: str, folder: Path, *arguments: str | Path) -> Side:
    """Return a bare script and its arguments."""
    command = [workspace.PYTHON, workspace.HERE / f"bare_{name}.py", *arguments]
    return Side(command, folder, measure.environment())


def check(project: Path, store: Path) -> None:
    """Stop if the two sides did not train the same model."""
    here = json.loads((project / "outputs" / "train" / "lineage.json").read_text())["metrics"]
    there = json.loads((store / "metrics.json").read_text())
    if here.keys() != there.keys() or any(abs(here[name] - there[name]) > SAME for name in here):
        sys.exit(f"the two sides trained different models: {here} and {there}")
    print("Both give " + ", ".join(f"{name} {value:.4f}" for name, value in here.items()) + ".\n")


def bench(model: str, folder: Path, rounds: int) -> None:
    """Print both jobs' tables for one model."""
    project = workspace.with_flights(folder)
    parts = [project / "data" / "flights" / f"{part}.parquet" for part in ("train", "test")]
    whole = folder / "whole.parquet"
    workspace.call(workspace.PYTHON, workspace.HERE / "rows.py", whole, "0", *parts)
    store = folder / "store"
    store.mkdir()

    given = json.dumps(workspace.MODELS[model])
    sides = {
        "bare": bare("train", folder, *parts, store, model, given),
        "mlkata": workspace.ours(project, "train", *workspace.parameters(model)),
    }
    found = measure.compare(sides, rounds)
    print(measure.table(f"train, {model}", found))
    check(project, store)
    show(f"train, {model}", found)

    output = folder / "bare.parquet"
    sides = {
        "bare": bare("predict", folder, whole, output, store, "models:/bare/1"),
        "mlkata": workspace.ours(project, "predict", "predict.model=1", f"predict.input={whole}"),
    }
    found = measure.compare(sides, rounds)
    print(measure.table(f"predict, {model}", found))
    show(f"predict, {model}", found)
    predictions = project / "outputs" / "predict" / "flights.parquet"
    workspace.call(workspace.PYTHON, workspace.HERE / "rows.py", "--same", output, predictions)


def show(what: str, found: dict[str, list[measure.Run]]) -> None:
    """Print whether the goal is met."""
    ratio = measure.median(found["mlkata"], "wall") / measure.median(found["bare"], "wall")
    print(measure.verdict(f"{what}: ratio of wall times", ratio, GOAL))


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--models", nargs="+", default=list(workspace.MODELS), choices=workspace.MODELS)
    given = options.parse_args()
    print(measure.machine("scikit-learn", "lightgbm", "mlflow", "polars", "skops"))
    for model in given.models:
        with workspace.scratch() as folder:
            bench(model, folder, given.rounds)


if __name__ == "__main__":
    main()
