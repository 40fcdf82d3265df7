"""CPU time of a generated project's `--help`, beside an empty Python and one that imports MLflow."""

import argparse

import measure
import workspace
from measure import Side

GOAL = 0.3  # seconds of CPU


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=15)
    rounds = options.parse_args().rounds
    print(measure.machine("mlflow"))
    with workspace.scratch() as folder:
        project = workspace.generate(folder)
        python, plain = workspace.PYTHON, measure.environment()
        with_source = measure.environment(PYTHONPATH="src")
        sides = {
            "`python -c pass`": Side([python, "-c", "pass"], folder, plain),
            "`bench --help`": Side([python, "-m", "bench.main", "--help"], project, with_source),
            "`bench train --help`": Side(
                [python, "-m", "bench.main", "train", "--help"], project, with_source
            ),
            "`import mlflow`": Side([python, "-c", "import mlflow"], folder, plain),
        }
        found = measure.compare(sides, rounds)
    print(measure.table("Help", found))
    print(measure.verdict("CPU seconds of --help", measure.median(found["`bench --help`"], "cpu"), GOAL))


if __name__ == "__main__":
    main()
