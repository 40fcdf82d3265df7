"""`mlkata update` and `check` beside Copier's `update` and `check-update`, by size of the template."""

from __future__ import annotations

import argparse
import itertools
import shutil
import subprocess
from functools import partial
from pathlib import Path

import measure
import workspace
from measure import Run, Side

SIZES = (60, 200, 800)
QUESTIONS = """\
_subdirectory: template
project_name: {type: str, default: Bench}
package_name: {type: str, default: bench, validator: "{% if not package_name %}empty{% endif %}"}
description: {type: str, default: A project.}
author: {type: str, default: ""}
license: {type: str, choices: [MIT, Apache-2.0, none], default: MIT}
python_version: {type: str, choices: ["3.11", "3.12"], default: "3.11"}
ci: {type: str, choices: [github, gitlab, none], default: github}
docs: {type: bool, default: true}
"""
ANSWERS = "{{ _copier_conf.answers_file }}.jinja"
FOLDERS = ("src/{{ package_name }}", "src/{{ package_name }}/jobs", "tests", "docs", "conf", ".ci")
TEXT = "".join(f"    line {number} of this file, as long as lines of code are\n" for number in range(60))


def template(folder: Path, files: int) -> None:
    """Make a template with two releases: a tenth of its files differ; every second one has answers in it."""
    folder.mkdir()
    git(folder, "init", "-q")
    (folder / "copier.yml").write_text(QUESTIONS)
    names = [folder / "template" / FOLDERS[i % len(FOLDERS)] / name(i) for i in range(files - 1)]
    for number, file in enumerate(names):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{number}: {{{{ package_name }}}}\n{TEXT}")
    (folder / "template" / ANSWERS).write_text("{{ _copier_answers|to_nice_yaml }}")
    commit(folder, "v1.0.0")
    for file in names[::10]:
        file.write_text(file.read_text().replace("line 40 of", "line forty of"))
    commit(folder, "v1.1.0")


def name(number: int) -> str:
    """Return the name of a template's file."""
    return f"file_{number}.txt{'.jinja' if number % 2 else ''}"


def project(folder: Path, source: Path) -> None:
    """Make a project of the first release, a twentieth of whose files a person edited."""
    copier = workspace.BIN / "copier"
    workspace.call(copier, "copy", "-q", "--defaults", "-r", "v1.0.0", source, folder)
    git(folder, "init", "-q")
    for file in sorted(folder.rglob("file_*"))[::20]:
        file.write_text(file.read_text().replace("line 10 of", "line ten of"))
    commit(folder, "")


def git(folder: Path, *args: str) -> None:
    """Run git, as somebody."""
    who = ("-c", "user.name=Bench", "-c", "user.email=bench@example.com", "-c", "gc.auto=0")
    subprocess.run(["git", *who, *args], cwd=folder, check=True)


def commit(folder: Path, tag: str) -> None:
    """Commit all there is."""
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", tag or "a project")
    if tag:
        git(folder, "tag", tag)


def fresh(folder: Path, *, forget: bool) -> None:
    """Put a project back to its commit; forget, too, what was rendered for it."""
    git(folder, "reset", "-q", "--hard")
    git(folder, "clean", "-fdq")
    shutil.rmtree(folder / ".git" / "mlkata", ignore_errors=True)
    if forget:
        shutil.rmtree(folder / ".git" / "refs" / "mlkata", ignore_errors=True)


def sides(folder: Path, files: int) -> dict[str, dict[str, Side]]:
    """Return what is compared on one size of template."""
    source = folder / f"template-{files}"
    template(source, files)
    project(folder / f"project-{files}", source)
    tools = {"copier": workspace.BIN / "copier", "mlkata": workspace.BIN / "mlkata"}
    number = itertools.count()
    env = measure.environment(MLKATA_CACHE_DIR=str(folder / "cache"))

    def side(tool: str, *args: str, start: str, forget: bool = False) -> Side:
        place = folder / f"project-{files}-{next(number)}"
        shutil.copytree(folder / f"project-{files}", place, symlinks=True)
        if start == "new":
            workspace.call(workspace.BIN / "copier", "update", "-q", "--defaults", place)
            commit(place, "")
        if tool == "mlkata" and not forget:
            subprocess.run([tools[tool], "check", "-q", place], check=False, env=env)
        before = partial(fresh, place, forget=forget)
        return Side([tools[tool], *args], place, env, before, codes=(0, 2) if "check" in args else (0,))

    return {
        f"{files} files, a tenth changed": {
            "copier update": side("copier", "update", "-q", "--defaults", start="old"),
            "mlkata update": side("mlkata", "update", "-q", "--defaults", start="old"),
            "mlkata update, nothing rendered before": side(
                "mlkata", "update", "-q", "--defaults", start="old", forget=True
            ),
        },
        f"{files} files, nothing to do": {
            "copier update": side("copier", "update", "-q", "--defaults", start="new"),
            "mlkata update": side("mlkata", "update", "-q", "--defaults", start="new"),
        },
        f"{files} files, check": {
            "copier check-update": side("copier", "check-update", start="new"),
            "mlkata check --outdated": side("mlkata", "check", "--outdated", start="new"),
            "mlkata check": side("mlkata", "check", "-q", start="new"),
        },
    }


def goals(found: dict[str, dict[str, list[Run]]]) -> str:
    """Return a line for each goal: how many times faster than Copier, by the medians of wall time."""
    lines = ["| | times faster | goal |", "|---|---|---|"]
    wanted = {"60 files, a tenth changed": 2.5, "800 files, a tenth changed": 6.0}
    for title, runs in found.items():
        names = list(runs)
        times = [measure.median(runs[name], "wall") for name in names]
        goal = wanted.get(title, 15.0 if "nothing" in title else 10.0 if "check" in title else None)
        for label, seconds in zip(names[1:], times[1:], strict=True):
            ratio = times[0] / seconds
            said = "" if goal is None else f"{goal:g}: {'met' if ratio >= goal else 'MISSED'}"
            lines.append(f"| {title}: {label} | {ratio:.1f} | {said} |")
    return "\n".join([*lines, ""])


def run(all_: dict[str, dict[str, Side]], rounds: int) -> dict[str, dict[str, list[Run]]]:
    """Run every comparison; `check` may exit with 2, which is an answer: there are edits."""
    found: dict[str, dict[str, list[Run]]] = {}
    for title, pair in all_.items():
        found[title] = measure.compare(pair, rounds)
        print(measure.table(title, found[title]))
    return found


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    given = options.parse_args()
    print(measure.machine("copier"))
    with workspace.scratch() as folder:
        found: dict[str, dict[str, list[Run]]] = {}
        for files in given.sizes:
            found |= run(sides(folder, files), given.rounds)
        print(goals(found))


if __name__ == "__main__":
    main()
