"""Run generated projects in tests, and answer questions at a terminal.

`trained` makes a project once, `Project.copy` gives each test one of its own, `Project.job` runs a job in a
process of its own that has imported its libraries already.
"""

from __future__ import annotations

import io
import logging
import multiprocessing
import os
import pty
import re
import resource
import select
import shutil
import sqlite3
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from rendering import Answers, render

CONFIGURATIONS: dict[str, Answers] = {
    "churn": {"project_name": "Churn", "model": "random_forest"},
    "bike_demand": {
        "project_name": "Bike demand 🚲",
        "description": "Says \"how many\" of 'them' \\ tomorrow",
        "author": "Ana Ñ. O'Neil",
        "email": "ana@example.com",
        "license": "Apache-2.0",
        "task": "regression",
        "model": "lightgbm",
        "package_manager": "poetry",
        "python_version": "3.12",
        "data_remote": "s3",
        "data_remote_url": "s3://bucket/dvc",
    },
    "grades": {
        "project_name": "Grades",
        "model": "linear",
        "license": "MIT",
        "ci": "gitlab",
        "data_remote_url": "../../a-folder",
    },
    "plain": {"project_name": "Plain", "more_jobs": []},
}
JOBS = ("retrieve", "optimize", "train", "evaluate", "predict", "register")
PRELOADED = "hydra matplotlib.figure mlflow.sklearn optuna pandera.polars psycopg s3fs skops.io"
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload([*PRELOADED.split(), __name__])
OURS = ("AWS_", "DVC_", "GIT_", "MLFLOW_", "PYTEST_")  # what may be set here, and would change what is tested
NUMBERS = count()


@dataclass
class Job:
    """A job that was started."""

    process: Any
    errors: Path

    def stderr(self) -> str:
        """What it has said so far."""
        return self.errors.read_text(encoding="utf-8")

    def started(self) -> bool:
        """Say whether it is past the imports that every command begins with."""
        return self.errors.with_suffix(".started").exists()

    def wait(self, code: int | None = 0, seconds: float = 120) -> str:
        """Wait for its end, expect the exit code (None: any), and give what it said."""
        self.process.join(seconds)
        said = self.stderr()
        if self.process.exitcode is None:
            self.process.kill()
            pytest.fail(f"still running after {seconds} s:\n{said}")
        assert code is None or self.process.exitcode == code, said[-4000:]
        return said


@dataclass(frozen=True)
class Project:
    """A generated project that this repository's environment runs."""

    path: Path
    package: str
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def command(self) -> str:
        """Its command's name."""
        return self.package.replace("_", "-")

    @property
    def jobs(self) -> list[str]:
        """The jobs of its pipeline."""
        return [job for job in JOBS if (self.path / "src" / self.package / "jobs" / f"{job}.py").exists()]

    def environment(self) -> dict[str, str]:
        """Give the variables that a person has with the project's environment active."""
        bin_ = self.path.parent / f"{self.path.name}-bin"
        if not (bin_ / self.command).exists():
            bin_.mkdir(exist_ok=True)
            (bin_ / self.command).write_text(
                f'#!/bin/sh\nexec "{sys.executable}" -m {self.package}.main "$@"\n'
            )
            (bin_ / self.command).chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
        for name in ("DATABASE_URL", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV"):
            kept.pop(name, None)
        path = os.pathsep.join([str(bin_), str(Path(sys.executable).parent), kept["PATH"]])
        people = [f"GIT_{who}_{what}" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]
        identity = dict.fromkeys(people, "t@example.com")
        return kept | {"PATH": path, "PYTHONPATH": str(self.path / "src")} | identity | self.variables

    def run(self, *command: str | Path, code: int = 0, cwd: Path | None = None) -> str:
        """Run any command in the project, expect its exit code, and give all that it said."""
        done = subprocess.run(
            command,
            cwd=cwd or self.path,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == code, f"{command}: {done.returncode}\n{done.stdout[-6000:]}"
        return done.stdout

    def start(self, *arguments: str, file_size: int | None = None) -> Job:
        """Start a job, and don't wait."""
        errors = self.path.parent / f"{self.path.name}-{next(NUMBERS)}.err"
        errors.touch()
        given = (str(self.path), self.package, arguments, self.environment(), str(errors), file_size)
        process = FORKS.Process(target=run_job, args=given)
        process.start()
        return Job(process, errors)

    def job(self, *arguments: str, code: int = 0, seconds: float = 120) -> str:
        """Run a job to its end; an expected failure has to be one clear message."""
        said = self.start(*arguments).wait(code, seconds)
        return clear(self, said) if code else said

    def copy(self, destination: Path, **variables: str) -> Project:
        """Give the same project in another place; MLflow's store has its old address in it, so mend that."""
        shutil.copytree(self.path, destination, symlinks=True)
        store = destination / "outputs" / "mlflow.db"
        if store.exists():
            with closing(sqlite3.connect(store)) as connection, connection:
                move(connection, str(self.path), str(destination))
        return Project(destination, self.package, variables)

    def files(self) -> set[str]:
        """Name everything in it, but for what git and DVC keep for themselves."""
        found = (file.relative_to(self.path) for file in self.path.rglob("*"))
        return {str(file) for file in found if file.parts[0] not in (".git", ".dvc")}

    def leftovers(self) -> list[Path]:
        """Name temporary files."""
        return [file for file in self.path.rglob(".*.tmp") if ".dvc" not in file.parts]


def run_job(
    path: str,
    package: str,
    arguments: tuple[str, ...],
    environment: dict[str, str],
    errors: str,
    size: int | None,
) -> None:
    """Be the job's process: as its command, but with the libraries imported already."""
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(path)
    with open(errors, "ab", buffering=0) as file:
        for stream in (1, 2):
            os.dup2(file.fileno(), stream)
    sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), "utf-8", write_through=True)
    sys.stderr = io.TextIOWrapper(io.FileIO(2, "w", closefd=False), "utf-8", write_through=True)
    sys.path.insert(0, str(Path(path) / "src"))
    main = import_module(f"{package}.main").main
    quiet = import_module(f"{package}.middleware.tracking").QUIET
    logging.getLogger("mlflow").setLevel(quiet["MLFLOW_LOGGING_LEVEL"])  # as its import does, which is over
    if size is not None:
        sys.dont_write_bytecode = True  # Python itself leaves half a file (its issue 126606)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    Path(errors).with_suffix(".started").touch()
    sys.exit(main(list(arguments)))


def clear(project: Project, said: str) -> str:
    """Expect one message, of the command, and no traceback; give it."""
    messages = [line for line in said.splitlines() if line.startswith(f"{project.command}: ")]
    assert len(messages) == 1, said
    assert "Traceback" not in said, said
    return said[said.index(messages[0]) :].removeprefix(f"{project.command}: ")


def move(connection: sqlite3.Connection, old: str, new: str) -> None:
    """Replace a folder's name wherever a database has it."""
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        for column in [row[1] for row in connection.execute(f'PRAGMA table_info("{table}")')]:
            statement = f'UPDATE "{table}" SET "{column}" = replace("{column}", ?, ?) WHERE "{column}" LIKE ?'
            connection.execute(statement, (f"{old}/", f"{new}/", f"%{old}/%"))


def once(factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """Yield a folder to fill, to the first of pytest's processes that asks for it; the others wait."""
    shared = shared_folder(factory)
    shared.mkdir(exist_ok=True)
    with FileLock(shared / f"{name}.lock"):
        if not (shared / f"{name}.done").exists():
            shutil.rmtree(shared / name, ignore_errors=True)
            yield shared / name
            (shared / f"{name}.done").touch()


def rendered(template: Path, factory: pytest.TempPathFactory, name: str) -> Project:
    """Give one of the configurations as it was generated and committed; not to be changed."""
    for folder in once(factory, f"rendered-{name}"):
        project = Project(
            render(template, folder / name, {"package_name": name, **CONFIGURATIONS[name]}).path, name
        )
        project.run("git", "init", "--quiet", "--initial-branch=main")
        project.run("git", "add", "--all")
        project.run("git", "commit", "--quiet", "--message=generated")
    return Project(shared_folder(factory) / f"rendered-{name}" / name, name)


def trained(template: Path, factory: pytest.TempPathFactory, name: str = "churn") -> Project:
    """Give one of the configurations after `dvc repro`; not to be changed."""
    source = rendered(template, factory, name)
    for folder in once(factory, f"trained-{name}"):
        folder.mkdir()
        project = source.copy(folder / name)
        said = project.run("dvc", "repro")
        (folder / "repro.txt").write_text(said, encoding="utf-8")
    return Project(shared_folder(factory) / f"trained-{name}" / name, name)


def shared_folder(factory: pytest.TempPathFactory) -> Path:
    """Give the folder that pytest's processes share."""
    base = factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "shared"


class Terminal:
    """A person at a terminal: reads what is asked, and types."""

    def __init__(self, *command: str) -> None:
        self.seen = ""
        self.pid, self.screen = pty.fork()
        if self.pid == 0:  # the child
            os.environ |= {"TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1"}
            os.execv(command[0], command)
        termios.tcsetwinsize(self.screen, (50, 250))

    def expect(self, text: str, seconds: float = 30) -> None:
        """Wait until a text that wasn't there before comes up."""
        start, end = len(self.seen), time.monotonic() + seconds
        while text not in self.seen[start:]:
            assert time.monotonic() < end, f"no {text!r} in:\n{self.seen[start:]}"
            self.read(0.1)

    def read(self, seconds: float) -> bool:
        """Read what comes within a moment; false at the end."""
        try:
            if select.select([self.screen], [], [], seconds)[0]:
                more = os.read(self.screen, 65536)
                self.seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", more.decode(errors="replace"))
                return bool(more)
        except OSError:  # how Linux says that the other side has gone
            return False
        return True

    def type(self, keys: str) -> None:
        """Type."""
        os.write(self.screen, keys.encode())

    def finish(self) -> int:
        """Wait for the end."""
        while self.read(30):
            pass
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
