"""`mlkata fleet update` beside a loop of `copier update`; what a repository costs in fleets of any size."""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
from functools import partial
from pathlib import Path

import measure
import sync
import workspace
from measure import MEGABYTE, Side

FILES = 60
CORES = 2
MLKATA: list[str | Path] = [workspace.PYTHON, "-m", "mlkata"]


def environment(folder: Path) -> dict[str, str]:
    """Return the environment of every command: mlkata is this working copy, with a cache of its own."""
    ours = str(workspace.ROOT / "src")
    return measure.environment(MLKATA_CACHE_DIR=str(folder / "cache"), PYTHONPATH=ours)


def projects(folder: Path, first: Path, count: int) -> list[Path]:
    """Make projects that differ in their answers, as those of a company do: each its name and package."""
    made = []
    for number in itertools.islice(itertools.count(), count):
        name = f"p{number:05}"
        place = folder / name
        shutil.copytree(first, place, symlinks=True, ignore=shutil.ignore_patterns(".git"))
        (place / "src" / "bench").rename(place / "src" / name)
        for file in place.rglob("*"):
            if file.is_file():
                text = file.read_text()
                file.write_text(text.replace(": bench\n", f": {name}\n").replace(": Bench\n", f": {name}\n"))
        sync.git(place, "init", "-q")
        sync.commit(place, "")
        made.append(place)
    return made


def fresh(places: list[Path]) -> None:
    """Put projects back to their commit; forget what was rendered and which branches were made."""
    for place in places:
        sync.fresh(place, forget=True)
        shutil.rmtree(place / ".git" / "refs" / "heads" / "mlkata", ignore_errors=True)


def beside(folder: Path, first: Path, count: int) -> dict[str, Side]:
    """Return both ways to update a fleet, two at a time."""
    (folder / "beside").mkdir()
    places = projects(folder / "beside", first, count)
    names = folder / "names.txt"
    names.write_text("".join(f"{place}\n" for place in places))
    env = environment(folder)
    copier = f"xargs -a {names} -P {CORES} -n 1 {workspace.BIN / 'copier'} update -q --defaults"
    fleet = [*MLKATA, "fleet", "update", names, "-q", "--restart", "-j", str(CORES)]
    before = partial(fresh, places)
    return {
        f"copier update, {CORES} at a time": Side(copier.split(), folder, env, before),
        "mlkata fleet update --in-place": Side([*fleet, "--in-place"], folder, env, before),
        "mlkata fleet update (branches)": Side(fleet, folder, env, before),
    }


def growth(folder: Path, first: Path, sizes: list[int]) -> str:
    """Return what a repository costs in fleets of several sizes, each run once."""
    lines = ["| repositories | wall s | s a repository | CPU s a repository | peak MB of a process |"]
    lines += ["|---|---|---|---|---|"]
    env = environment(folder)
    for size in sizes:
        place = folder / f"fleet-{size}"
        place.mkdir()
        projects(place, first, size)
        command = [*MLKATA, "fleet", "update", place, "-q", "-j", str(CORES)]
        taken = measure.run(Side(command, folder, env))
        each = f"{taken.wall / size:.3f} | {taken.cpu / size:.3f}"
        lines.append(f"| {size} | {taken.wall:.2f} | {each} | {taken.peak / MEGABYTE:.0f} |")
        print(lines[-1], flush=True)
        shutil.rmtree(place)
    return "\n".join([*lines, ""])


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--quick", action="store_true", help="small fleets, to see that it runs")
    given = options.parse_args()
    count, sizes = (6, [3, 10]) if given.quick else (50, [10, 100, 1000])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    print(measure.machine("copier"))
    with workspace.scratch() as folder:
        sync.template(folder / "template", FILES)
        sync.project(folder / "first", folder / "template")
        found = measure.compare(beside(folder, folder / "first", count), given.rounds, warm=True)
        print(measure.table(f"{count} repositories of {FILES} files, a tenth of them changed", found))
        times = [measure.median(runs, "wall") for runs in found.values()]
        for name, seconds in zip(list(found)[1:], times[1:], strict=True):
            ratio = times[0] / seconds
            print(f"{name}: {ratio:.1f} times faster, goal 5: {'met' if ratio >= 5 else 'MISSED'}\n")
        print(growth(folder, folder / "first", sizes))


if __name__ == "__main__":
    main()
