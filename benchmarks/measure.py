"""Run two or more commands in turns and print their times and memory side by side.

Nothing heavy is imported here: Linux counts what the parent had in memory at the moment of the fork into the
child's peak, so whoever measures memory has to be small.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

MEGABYTE = 1e6
RSS_UNIT = 1 if sys.platform == "darwin" else 1024  # what ru_maxrss counts in


@dataclass(frozen=True)
class Side:
    """One of the things compared: a command, where it runs, what makes room for it, how it may end."""

    command: Sequence[str | Path]
    folder: Path
    environment: Mapping[str, str]
    before: Callable[[], object] = lambda: None
    codes: Sequence[int] = (0,)


@dataclass(frozen=True)
class Run:
    """What one run took: seconds by the clock, seconds of CPU (user and system, children too), peak bytes."""

    wall: float
    cpu: float
    peak: float


def environment(**more: str) -> dict[str, str]:
    """Return the environment of every command: this one, with bytecode cached as on a person's machine."""
    ours = {"PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH"}
    return {key: value for key, value in os.environ.items() if key not in ours} | more


def run(side: Side) -> Run:
    """Run a command to its end and return what it took; stop with its output if it fails."""
    taken, code, output = attempt(side)
    if code not in side.codes:
        command = " ".join(map(str, side.command))
        sys.exit(f"{output.decode(errors='replace')}\n{command} exited with {code}")
    return taken


def attempt(side: Side) -> tuple[Run, int, bytes]:
    """Run a command to its end and return what it took, its exit code, and its output."""
    side.before()
    started = time.perf_counter()
    process = subprocess.Popen(
        side.command,
        cwd=side.folder,
        env=side.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert process.stdout
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    taken = Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * RSS_UNIT)
    return taken, process.returncode, output


def compare(sides: Mapping[str, Side], rounds: int, *, warm: bool = False) -> dict[str, list[Run]]:
    """Run all sides in turns (A B A B …), so that noise meets each alike; unless warm, each once before."""
    for side in () if warm else sides.values():
        run(side)
    found: dict[str, list[Run]] = {name: [] for name in sides}
    for number in range(rounds):
        for name, side in sides.items():
            found[name].append(run(side))
            progress = f"{name}: run {number + 1} of {rounds}, {found[name][-1].wall:.2f} s"
            print(progress, file=sys.stderr, flush=True)
    return found


def median(runs: Sequence[Run], what: str, each: float = 1) -> float:
    """Return the median of `wall`, `cpu` or `peak`, divided by `each`."""
    values: list[float] = [getattr(run, what) for run in runs]
    return statistics.median(values) / each


def table(title: str, found: Mapping[str, Sequence[Run]]) -> str:
    """Return a Markdown table of all sides; ratios are to the first one."""
    base = next(iter(found.values()))
    lines = [
        f"**{title}** ({len(base)} runs each, in turns)",
        "",
        "| | wall s: median (min–max) | ratio | CPU s: median (min–max) | ratio | peak MB |",
        "|---|---|---|---|---|---|",
    ]
    for name, runs in found.items():
        cells = [name]
        for what in ("wall", "cpu"):
            values = [getattr(run, what) for run in runs]
            cells.append(f"{statistics.median(values):.2f} ({min(values):.2f}–{max(values):.2f})")
            cells.append(f"{median(runs, what) / median(base, what):.2f}")
        cells.append(f"{median(runs, 'peak') / MEGABYTE:.0f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def verdict(goal: str, value: float, limit: float) -> str:
    """Return a line that says whether a goal is met."""
    return f"{goal}: {value:.2f}, goal at most {limit:.2f}: {'met' if value <= limit else 'MISSED'}\n"


def machine(*packages: str) -> str:
    """Return what the figures depend on: cores, load, Python, and the versions of the packages."""
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    system = f"{platform.system()} {platform.machine()}"
    python = f"Python {platform.python_version()}"
    return f"{cores} cores, {system}, load before the run {load}; {python}; {versions}\n"
