"""`copier copy` of this template beside two other generators: seconds for each file that comes out."""

import argparse
import shutil
from functools import partial
from pathlib import Path

import measure
import workspace
from measure import Run, Side

Command = list[str | Path]
REQUIREMENTS = ("kedro>=1.7", "cookiecutter-data-science>=2.3")
# The package of cookiecutter-data-science carries its engine; the template is fetched from its git host.
# Where that can't be reached, a stand-in: the files that version 2.3 makes by default, short, with few
# questions, and a hook that only imports what the package carries for the real template's hook.
HOOK = "import ccds.hook_utils.custom_config, ccds.hook_utils.dependencies\n"
STAND_IN = {
    ".": ".env .gitignore Makefile README.md pyproject.toml requirements.txt",
    "data": "external/.gitkeep interim/.gitkeep processed/.gitkeep raw/.gitkeep",
    "docs": ".gitkeep README.md mkdocs.yml docs/getting-started.md docs/index.md",
    "reports": ".gitkeep figures/.gitkeep",
    "models": ".gitkeep",
    "notebooks": ".gitkeep",
    "references": ".gitkeep",
    "{{ cookiecutter.name }}": "__init__.py config.py dataset.py features.py plots.py",
    "{{ cookiecutter.name }}/modeling": "__init__.py predict.py train.py",
}
QUIET = {"KEDRO_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}


def stand_in(folder: Path) -> Path:
    """Return a template in the form that `ccds` takes."""
    template = folder / "stand-in"
    for place, names in STAND_IN.items():
        for name in names.split():
            path = template / "{{ cookiecutter.name }}" / place / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("{{ cookiecutter.name }}\n" * 20)
    (template / "hooks").mkdir()
    (template / "hooks" / "post_gen_project.py").write_text(HOOK)
    for name in ("ccds.json", "cookiecutter.json"):  # the first is read, the second looked for
        (template / name).write_text('{"name": "bench"}\n')
    return template


def ccds_template(folder: Path, ccds: Path) -> tuple[str, Path]:
    """Return what to call it, and the template as `ccds` itself fetches it, or a stand-in."""
    home = folder / "home"
    home.mkdir()
    side = Side([ccds, "--no-input", "-o", folder / "first"], folder, measure.environment(HOME=str(home)))
    _, code, _ = measure.attempt(side)
    if code == 0:
        return "ccds", home / ".cookiecutters" / "cookiecutter-data-science"
    workspace.note("the template of cookiecutter-data-science can't be fetched: a stand-in takes its place")
    return "ccds, stand-in template", stand_in(folder)


def clone(folder: Path) -> Path:
    """Return this repository as a person gets it from a git host: the last commit, packed."""
    target = folder / "mlkata"
    workspace.call("git", "clone", "-q", "--no-local", workspace.ROOT, target)
    return target


def per_file(found: dict[str, list[Run]], outputs: dict[str, Path]) -> str:
    """Return a table of milliseconds for each file, and whether ours are the fewest.

    CPU time is told beside the clock's: on a machine with other work it is what can be compared.
    """
    lines = ["| | files | wall ms a file | CPU ms a file |", "|---|---|---|---|"]
    costs = {}
    for name, runs in found.items():
        files = sum(path.is_file() for path in outputs[name].rglob("*") if ".git" not in path.parts)
        each = {what: measure.median(runs, what, files / 1000) for what in ("wall", "cpu")}
        costs[name] = each
        lines.append(f"| {name} | {files} | {each['wall']:.1f} | {each['cpu']:.1f} |")
    for what in ("wall", "cpu"):
        fastest = min(each[what] for name, each in costs.items() if name != "mlkata")
        ratio = costs["mlkata"][what] / fastest
        lines += ["", measure.verdict(f"{what} time a file over that of the fastest", ratio, 1).rstrip()]
    return "\n".join([*lines, ""])


def sides(folder: Path, template: Path | None) -> dict[str, tuple[Side, Path]]:
    """Return every generator's side, and the folder in which it makes a project."""
    bin_ = workspace.tools("generators", *REQUIREMENTS)
    name, ccds = ("ccds", template.resolve()) if template else ccds_template(folder, bin_ / "ccds")
    kedro: Command = [bin_ / "kedro", "new", "--name", "bench", "--example", "n", "--tools"]
    copier: Command = [workspace.BIN / "copier", "copy", "--quiet", "--defaults", "--vcs-ref", "HEAD"]
    commands: dict[str, Command] = {
        "kedro new, no tools": [*kedro, "none"],
        "kedro new, its local tools": [*kedro, "lint,test,log,docs,data"],  # the others need a git host
        name: [bin_ / "ccds", "--no-input", ccds],
        "mlkata": [*copier, clone(folder), "bench"],
    }
    found = {}
    for number, (name, command) in enumerate(commands.items()):
        output = folder / str(number)
        fresh = partial(empty, output)
        found[name] = Side(command, output, measure.environment(**QUIET), fresh), output
    return found


def empty(folder: Path) -> None:
    """Make room for a project."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=9)
    options.add_argument("--ccds-template", type=Path, help="a clone of cookiecutter-data-science")
    given = options.parse_args()
    print(measure.machine("copier"), "Others: ", ", ".join(REQUIREMENTS), "\n", sep="")
    with workspace.scratch() as folder:
        all_ = sides(folder, given.ccds_template)
        found = measure.compare({name: side for name, (side, _) in all_.items()}, given.rounds)
        print(measure.table("Generate", found))
        print(per_file(found, {name: output for name, (_, output) in all_.items()}))


if __name__ == "__main__":
    main()
