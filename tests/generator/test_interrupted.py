"""Ctrl-C while Python still imports the command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from evolving import mlkata

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
SLOW = """\
import os, signal, time
os.kill(os.getpid(), signal.SIGINT)
time.sleep(0.1)
class Meets:
    def __set_name__(self, *_):
        raise ImportError("the import went on")
class Made:
    it = Meets()
"""


def script() -> list[str]:
    """What an installer makes of the entry point."""
    entry = tomllib.loads(PYPROJECT.read_text())["project"]["scripts"]["mlkata"]
    module, function = entry.split(":")
    return [sys.executable, "-c", f"import sys; from {module} import {function}; sys.exit({function}())"]


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Where what the command imports first is interrupted."""
    (tmp_path / "argparse.py").write_text(SLOW)
    paths = [str(tmp_path), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


@pytest.mark.parametrize("start", [script(), [sys.executable, "-m", "mlkata"]], ids=["mlkata", "python -m"])
def test_ctrl_c_while_importing_is_one_line(start: list[str], env: dict[str, str]) -> None:
    done = subprocess.run([*start, "check"], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "mlkata: interrupted\n")
    done = subprocess.run([*start, "check", "--json"], env=env, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "")
    assert json.loads(done.stdout) == {
        "command": "", "status": "failed", "code": 130, "error": "interrupted", "hint": ""
    }  # fmt: skip


def test_where_ctrl_c_is_ignored_it_stays_so(env: dict[str, str]) -> None:
    def ignore() -> None:  # as a shell does with what it starts by &
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    done = subprocess.run(
        [*script(), "--version"], env=env, capture_output=True, text=True, check=False, preexec_fn=ignore
    )
    assert "the import went on" in done.stderr


def test_ctrl_c_that_python_wraps_is_no_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(*_: object) -> None:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as error:
            raise RuntimeError("Error calling __set_name__") from error

    monkeypatch.setattr("mlkata.project.find", find)
    assert mlkata("check", code=130).err.startswith("mlkata: interrupted\n")
