"""Renew the locks that a generated project starts with.

Poetry resolves the project's pyproject.toml, as rendered from the working tree. Replaced, all or none:
    template/locks/poetry.lock                            every extra and the dev group
    template/locks/requirements-{local,s3,gcs,azure}.txt  the same versions, as `make lock` writes them
Versions that still fit are kept, unless --upgrade. The oldest Python is resolved first, then all of them:
so they share one version of everything. Nothing but uv need be installed; uv runs Poetry.

Behind a proxy that serves the simple index only, set POETRY_PYPI_MIRROR_URL to its address. pip knows it:
    uvx --from pip python -c 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)'
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

from copier import run_copy
from copier.errors import CopierError, DirtyLocalWarning
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ROOT / "template" / "locks"
FILES = {f"requirements-{remote}.txt": remote for remote in ("local", "s3", "gcs", "azure")}
POETRY = ["uv", "tool", "run", "--quiet", "--from=poetry>=2.3,<3", "--with=poetry-plugin-export>=1.9"]
# The generated Makefile's `make lock` compiles with the same options: on a new project it changes nothing.
COMPILE = ["uv", "pip", "compile", "--quiet", "--universal", "--fork-strategy=fewest", "--generate-hashes"]
COMPILE += ["--no-annotate", "--custom-compile-command=make lock", "--group=dev", "pyproject.toml"]
REQUIRES = re.compile(r'^requires-python = ">=3\.(\d+),.*<3\.(\d+)"$', re.MULTILINE)
# Jinja, which would be interpreted, and addresses (a package's description may name its home page).
FORBIDDEN = re.compile(r"\{[{%#]|^\[package\.source|^(?!description = ).*://", re.MULTILINE)


class LockError(Exception):
    """What went wrong, for the person at the terminal."""


def main() -> None:
    """Do what the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say (exit 1) if a lock is out of date")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    options = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory(prefix="lock-") as folder:
            project = render(Path(folder))
            if options.check:
                check(project)
            else:
                renew(project, upgrade=options.upgrade)
    except (LockError, CopierError, OSError) as error:
        sys.exit(f"lock.py: {error}")


def run(folder: Path, *command: str) -> str:
    """Run a command, and return what it prints."""
    environment = os.environ | {"POETRY_VIRTUALENVS_CREATE": "false"}  # to resolve takes none
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if result.returncode:
        raise LockError(f"{' '.join(command)}\n{result.stdout}{result.stderr}\nBehind a proxy? See --help.")
    return result.stdout


def poetry(folder: Path, *arguments: str) -> str:
    """Run Poetry, on the oldest Python."""
    python, mirror = f"--python=3.{pythons(folder)[0]}", os.environ.get("POETRY_PYPI_MIRROR_URL")
    plugin = ["--with=poetry-plugin-pypi-mirror"] if mirror else []
    return run(folder, *POETRY, python, *plugin, "poetry", "--no-interaction", *arguments)


def export(folder: Path, remote: str) -> str:
    """Return poetry.lock as requirements, with what a data remote needs."""
    return poetry(folder, "export", "--with=dev", *([] if remote == "local" else [f"--extras={remote}"]))


def render(folder: Path) -> Path:
    """Render pyproject.toml, and no more: the rest of a project includes the files that we are to write."""
    only = ["*", "!pyproject.toml"]
    with warnings.catch_warnings(action="ignore", category=DirtyLocalWarning):
        run_copy(str(ROOT), folder, vcs_ref="HEAD", defaults=True, quiet=True, exclude=only)
    (folder / "README.md").touch()  # Poetry insists on it
    return folder


def renew(project: Path, *, upgrade: bool) -> None:
    """Resolve, and replace every lock once all of them are there."""
    pyproject, lock, oldest = project / "pyproject.toml", project / "poetry.lock", pythons(project)[0]
    text = pyproject.read_text(encoding="utf-8")
    if not upgrade and (LOCKS / lock.name).exists():
        shutil.copy(LOCKS / lock.name, lock)
    for version in (REQUIRES.sub(f'requires-python = ">=3.{oldest},<3.{oldest + 1}"', text), text):
        pyproject.write_text(version, encoding="utf-8")
        poetry(project, "lock")
    for name, remote in FILES.items():
        (project / name).write_text(export(project, remote), encoding="utf-8")  # uv keeps what it finds here
        options = [f"--python-version=3.{oldest}", f"--output-file={name}"]
        run(project, *COMPILE, *options, *([] if remote == "local" else [f"--extra={remote}"]))
        compare(project, name)
    for name in (lock.name, *FILES):
        if found := FORBIDDEN.search(content := (project / name).read_text(encoding="utf-8")):
            raise LockError(f"{name} must not contain {found[0]!r}")
        (LOCKS / f"{name}.new").write_text(content, encoding="utf-8", newline="\n")
    for name in (lock.name, *FILES):
        (LOCKS / f"{name}.new").replace(LOCKS / name)


def check(project: Path) -> None:
    """Fail if a lock does not fit pyproject.toml, or the other locks."""
    for name in ("poetry.lock", *FILES):
        shutil.copy(LOCKS / name, project)
    poetry(project, "check", "--lock")
    for name in FILES:
        compare(project, name)


def pythons(project: Path) -> range:
    """Return the minor versions of Python 3 that the project supports."""
    if found := REQUIRES.search((project / "pyproject.toml").read_text(encoding="utf-8")):
        return range(int(found[1]), int(found[2]))
    raise LockError("pyproject.toml's requires-python should look like '>=3.a,<3.b'")


def compare(project: Path, name: str) -> None:
    """Fail if Poetry and uv would install other versions, on any Python or system."""
    exported, compiled = export(project, FILES[name]), (project / name).read_text(encoding="utf-8")
    for minor in pythons(project):
        for system in ("Linux", "Darwin", "Windows"):
            if other := pins(exported, minor, system) ^ pins(compiled, minor, system):
                raise LockError(f"{name}, poetry.lock: on {system}, Python 3.{minor}, only one has {other}")


def pins(requirements: str, minor: int, system: str) -> set[str]:
    """Return the `name==version` of all that one Python on one system gets."""
    environment = {"python_version": f"3.{minor}", "python_full_version": f"3.{minor}.9"}
    environment |= {"implementation_name": "cpython", "platform_python_implementation": "CPython"}
    environment |= {"platform_system": system, "os_name": "nt" if system == "Windows" else "posix"}
    environment |= {"sys_platform": "win32" if system == "Windows" else system.lower()}
    lines = (line.rstrip("\\ ") for line in requirements.splitlines() if line[:1].isalnum())
    found = (pin for pin in map(Requirement, lines) if not pin.marker or pin.marker.evaluate(environment))
    return {f"{pin.name}{pin.specifier}" for pin in found}


if __name__ == "__main__":
    main()
