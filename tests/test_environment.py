"""Both package managers really install and lock here, no lock knows where it was made; mistakes at make."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from rendering import render
from running import Project

UV = str(Path(sys.executable).parent / "uv")
POETRY = "tool run --quiet --from=poetry>=2.3,<3 --with=poetry-plugin-export>=1.9"
ADDRESS = re.compile(r"^(?!description = ).*(://|\[package\.source)|--find-links", re.MULTILINE)


ASK_PIP = "from pip._internal.models.index import PyPI; print(PyPI.pypi_url, PyPI.simple_url)"


@cache
def mirror() -> dict[str, str]:
    """Say what Poetry needs where only the simple index can be had: behind a proxy, see scripts/lock.py."""
    command = [UV, "tool", "run", "--quiet", "--from=pip", "python", "-c", ASK_PIP]
    about, simple = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    try:
        with urllib.request.urlopen(f"{about}/poetry/2.3.0/json", timeout=20):
            return {}
    except OSError:
        return {"POETRY_PYPI_MIRROR_URL": simple}


def generate(template: Path, tmp_path: Path, manager: str) -> Project:
    """Give a new project, with the package manager on PATH as a person has it; Poetry runs in uv's cache."""
    variables = dict(mirror()) if manager == "poetry" else {}
    project = Project(tmp_path / "churn", "churn", variables)
    render(template, project.path, {"package_manager": manager})
    tools = tmp_path / "churn-bin"
    tools.mkdir()
    words = [UV, *POETRY.split(), *(["--with=poetry-plugin-pypi-mirror"] if variables else []), "poetry"]
    commands = {"uv": [UV], "poetry": words} if manager == "poetry" else {"uv": [UV]}
    for name, command in commands.items():
        quoted = " ".join(f"'{word}'" for word in command)
        (tools / name).write_text(f'#!/bin/sh\nexec {quoted} "$@"\n')
        (tools / name).chmod(0o755)
    return project


def make(project: Project, *arguments: str) -> str:
    """Run make in a project, as a person whose own Python this is."""
    return project.run("env", "-u", "PYTHONPATH", "make", *arguments, f"PYTHON={sys.executable}")


def pins(project: Project) -> dict[str, str]:
    """Read requirements.txt: each line pins one version, with at least one hash."""
    text = (project.path / "requirements.txt").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for entry in text.replace("\\\n", " ").splitlines():
        if entry and not entry.startswith("#"):
            requirement, *hashes = entry.split("--hash=sha256:")
            assert hashes, entry
            assert all(re.fullmatch(r"[0-9a-f]{64}", digest.strip()) for digest in hashes), entry
            parsed = Requirement(requirement.strip())
            (specifier,) = parsed.specifier
            assert specifier.operator == "=="
            found[parsed.name] = specifier.version
    return found


@pytest.mark.parametrize("manager", ["uv", "poetry"])
def test_installs_and_locks(template: Path, tmp_path: Path, manager: str) -> None:
    """`make setup` on a new project, again (nothing to do), `make lock`, and `make setup` of the new lock."""
    project = generate(template, tmp_path, manager)
    assert "Ready. Next: make run" in make(project, "setup")
    python = project.path / ".venv" / "bin" / "python"
    assert "retrieve" in project.run("env", "-u", "PYTHONPATH", project.path / ".venv/bin/churn", "--help")
    assert (project.path / ".git/hooks/pre-commit").is_file()
    assert make(project, "setup").strip() == "Ready. Next: make run"
    shipped = pins(project)
    installed = project.run(UV, "pip", "list", "--quiet", "--format=freeze", "--python", python)
    assert {f"{name}=={version}" for name, version in shipped.items()} >= {
        line for line in installed.split() if not line.startswith(("churn==", "-e", "file:")) and "==" in line
    }
    make(project, "lock")
    renewed = pins(project)
    assert {"hydra-core", "mlflow", "polars", "pytest", "ruff", "uv"} <= set(renewed) & set(shipped)
    if manager == "poetry":
        assert "All set!" in project.run(project.path.parent / "churn-bin" / "poetry", "check", "--lock")
    for name in ("requirements.txt", *(["poetry.lock"] if manager == "poetry" else [])):
        assert not (found := ADDRESS.search((project.path / name).read_text(encoding="utf-8"))), found
    assert "Ready. Next: make run" in make(project, "setup")
    project.run(UV, "pip", "check", "--python", python)


def test_pip_alone_takes_the_lock(template: Path, tmp_path: Path) -> None:
    """It finds an environment complete that uv made from it, and downloads what has the right hash."""
    project = generate(template, tmp_path, "uv")
    make(project, "setup")
    pip = (UV, "tool", "run", "--quiet", "pip", "--python", ".venv/bin/python", "install", "--dry-run")
    said = project.run(*pip, "--require-hashes", "-r", "requirements.txt")
    assert "Would install" not in said
    text = (project.path / "requirements.txt").read_text(encoding="utf-8")
    few = [
        re.findall(rf"^{name}==(?:.*\\\n)*.*\n", text, re.MULTILINE)[0]
        for name in ("click", "idna", "pyyaml")
    ]
    (project.path / "few.txt").write_text("".join(few), encoding="utf-8")
    said = project.run(*pip, "--force-reinstall", "--no-deps", "--require-hashes", "-r", "few.txt")
    assert "Would install" in said
    (project.path / "few.txt").write_text(
        re.sub(r"sha256:\w{8}", "sha256:00000000", "".join(few)), encoding="utf-8"
    )
    said = project.run(*pip, "--force-reinstall", "--no-deps", "--require-hashes", "-r", "few.txt", code=1)
    assert "DO NOT MATCH THE HASHES" in said


def test_make_says_where_settings_go(template: Path, tmp_path: Path) -> None:
    """Typed as make's own variable, one would be lost."""
    path = render(template, tmp_path / "churn").path
    command = ["make", "--dry-run", "train", "model=linear"]
    done = subprocess.run(command, cwd=path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert 'settings go into ARGS, as in: make train ARGS="model=…"' in done.stderr


def test_make_setup_refuses_another_python(template: Path, tmp_path: Path) -> None:
    """It says what is needed and leaves nothing behind."""
    output = render(template, tmp_path / "churn")
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    old.chmod(0o755)
    done = subprocess.run(
        ["make", "setup", f"PYTHON={old}"], cwd=output.path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "Python 3.11 to 3.14 is needed" in done.stderr
    assert "make setup PYTHON=python3.12" in done.stderr
    assert not (output.path / ".venv").exists()
    assert not (output.path / ".git").exists()
