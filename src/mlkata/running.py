"""A project's own code, run on a copy that is thrown away but for what it shall make.

A component may name jobs of the project (docs/components.md): they run by the project's own environment and
as its own code, never as code of the template's. The copy is of links; what the jobs make is real.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from mlkata.errors import ExitCode, MlkataError
from mlkata.project import Project


def interpreter(project: Project) -> Path:
    """The Python of a project's own environment.

    Raises:
        MlkataError: It has none that is known.
    """
    folders = [project.folder / ".venv"]
    folders += [Path(os.environ[name]) for name in ("VIRTUAL_ENV", "CONDA_PREFIX") if os.environ.get(name)]
    for folder in folders:
        for python in (folder / "bin" / "python", folder / "Scripts" / "python.exe", folder / "python.exe"):
            if python.is_file():
                return python
    raise MlkataError(
        f"{project.folder} has no environment to run its jobs in: there is no .venv, and none is active",
        "Make it first (make setup, or uv sync), or activate the one it has.",
    )


@contextmanager
def copied(project: Project, makes: Sequence[str]) -> Iterator[Path]:
    """A copy of a project, of links, in which some paths are still to be made.

    Args:
        project: The project.
        makes: Those paths; the folders on the way to them are real, so that nothing lands in the project.
    """
    work = Path(tempfile.mkdtemp(dir=project.git.work()))
    try:
        copy = work / "project"
        _mirror(project.folder, copy, [PurePosixPath(path).parts for path in makes])
        yield copy
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _mirror(source: Path, target: Path, makes: list[tuple[str, ...]]) -> None:
    target.mkdir()
    own = {parts[0] for parts in makes}
    for entry in os.scandir(source) if source.is_dir() else ():
        if entry.name not in own and entry.name != ".git":
            (target / entry.name).symlink_to(Path(entry.path).absolute())
    for name in own:
        below = [parts[1:] for parts in makes if parts[0] == name and len(parts) > 1]
        if below:
            _mirror(source / name, target / name, below)


def run(project: Project, copy: Path, module: str, arguments: Sequence[str]) -> None:
    """Run a module of the project in its copy.

    Args:
        project: The project.
        copy: Its copy.
        module: As `python -m` takes it; the project must have it.
        arguments: What it is told.

    Raises:
        MlkataError: The project has no such module, or it failed; its own words are passed on.
    """
    file = module.replace(".", "/") + ".py"
    root = next((root for root in ("src", ".") if (project.folder / root / file).is_file()), None)
    if root is None or not all(part.isidentifier() for part in module.split(".")):
        raise MlkataError(
            f"the project has no module {module}, whose job was to be run",
            f"It would be in src/{file} or {file}.",
        )
    python = interpreter(project)
    done = subprocess.run(  # noqa: S603
        [python, "-P", "-m", module, *arguments],
        cwd=copy,
        env={**os.environ, "PYTHONPATH": str(copy / root), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
    )
    if done.returncode:
        words = _last_words(done.stderr.decode("utf-8", "replace"))
        words = words.replace(f"{copy}{os.sep}", "") or f"exit code {done.returncode}"
        raise MlkataError(
            f"{arguments[0]} failed; nothing was written. It says: {words}",
            f"It ran in the project's own environment, {python.parent.parent}.",
            ExitCode.USER,
        )


def _last_words(text: str) -> str:
    """The last message: the last line that is not indented, and those below it."""
    lines = [line.rstrip() for line in text.splitlines() if line.strip()]
    start = max((at for at, line in enumerate(lines) if not line[0].isspace()), default=0)
    return "\n".join(lines[start : start + 8])
