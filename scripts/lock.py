"""Renew the locks that a generated project starts with.

Run from the root of this repository. The project's pyproject.toml is rendered from the working tree,
`poetry lock` resolves it, and these files are replaced, all or none:

    template/locks/poetry.lock                            every extra and the dev group
    template/locks/requirements-{local,s3,gcs,azure}.txt  the same versions, as `make lock` writes them

Versions that still fit are kept, unless --upgrade. Poetry resolves for the oldest Python first and then
for all of them, so that every Python gets the same versions. Only uv need be installed: it runs Poetry.
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

LOCKS = Path("template/locks")
EXTRAS: dict[str, list[str]] = {
    "local": [],
    "s3": ["--extra", "s3"],
    "gcs": ["--extra", "gcs"],
    "azure": ["--extra", "azure"],
}
# `make lock` of the generated project runs the same command: on a new project it changes nothing.
COMPILE = """uv pip compile pyproject.toml --group dev --universal --fork-strategy fewest --generate-hashes
    --no-annotate --custom-compile-command""".split() + ["make lock"]
REQUIRES = re.compile(r'^requires-python = ">=3\.(\d+),.*<3\.(\d+)"$', re.MULTILINE)
SYSTEMS = {"linux": ("Linux", "posix"), "darwin": ("Darwin", "posix"), "win32": ("Windows", "nt")}


class LockError(Exception):
    """What went wrong, in words for the person at the terminal."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when the locks don't fit pyproject.toml")
    parser.add_argument("--upgrade", action="store_true", help="forget the present versions and take the newest ones")
    parser.add_argument(
        "--mirror",
        action="store_true",
        help="behind a proxy that has the simple index only: let Poetry ask it (its address: $POETRY_PYPI_MIRROR_URL, "
        "which implies this flag, else $UV_DEFAULT_INDEX, $PIP_INDEX_URL, else pip's default)",
    )
    options = parser.parse_args()
    try:
        if not LOCKS.is_dir():
            raise LockError("run me from the root of the repository")
        if options.mirror:
            os.environ["POETRY_PYPI_MIRROR_URL"] = simple_index()
        with tempfile.TemporaryDirectory(prefix="mlkata-lock-") as folder:
            project = render(Path(folder))
            if options.check:
                check(project)
            else:
                replace(renew(project, upgrade=options.upgrade))
    except (LockError, CopierError) as error:
        print(f"lock.py: {error}", file=sys.stderr)
        return 1
    return 0


def run(folder: Path, *command: str) -> str:
    """Run a command in a folder, and return what it prints."""
    # Poetry needs no virtual environment to resolve or export.
    environment = os.environ | {"POETRY_VIRTUALENVS_CREATE": "false"}
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)  # noqa: S603
    if result.returncode:
        raise LockError(f"`{' '.join(command)}` failed (behind a proxy, try --mirror):\n{result.stdout}{result.stderr}")
    return result.stdout


def poetry(folder: Path, *arguments: str) -> str:
    plugins = ["--with", "poetry-plugin-export>=1.9"]
    if os.environ.get("POETRY_PYPI_MIRROR_URL"):
        plugins += ["--with", "poetry-plugin-pypi-mirror"]
    return run(folder, "uv", "tool", "run", "--quiet", "--from", "poetry>=2.2,<3", *plugins, "poetry", *arguments)


def simple_index() -> str:
    names = ("POETRY_PYPI_MIRROR_URL", "UV_DEFAULT_INDEX", "PIP_INDEX_URL")
    if found := next(filter(None, map(os.environ.get, names)), None):
        return found
    ask = "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"
    return run(Path(), "uv", "tool", "run", "--quiet", "--from", "pip", "python", "-c", ask).strip()


def render(folder: Path) -> Path:
    """Render no more than pyproject.toml: the rest of the project includes the very files that we write."""
    with warnings.catch_warnings(action="ignore", category=DirtyLocalWarning):
        run_copy(
            str(Path.cwd()), folder, vcs_ref="HEAD", defaults=True, quiet=True, exclude=["*", "!pyproject.toml"]
        )
    (folder / "README.md").touch()  # Poetry insists on it
    return folder


def renew(project: Path, *, upgrade: bool) -> dict[str, str]:
    """Resolve, and return the text of every lock."""
    pyproject = project / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    oldest = pythons(project)[0]
    if not upgrade and (LOCKS / "poetry.lock").exists():
        shutil.copy(LOCKS / "poetry.lock", project)
    for version in (REQUIRES.sub(f'requires-python = ">=3.{oldest},<3.{oldest + 1}"', text), text):
        pyproject.write_text(version, encoding="utf-8")
        poetry(project, "lock")
    files = {"poetry.lock": (project / "poetry.lock").read_text(encoding="utf-8")}
    for remote, extra in EXTRAS.items():
        name = f"requirements-{remote}.txt"
        exported = export(project, extra)
        (project / name).write_text(exported, encoding="utf-8")  # uv keeps the versions that it finds here
        run(project, *COMPILE, *extra, "--python-version", f"3.{oldest}", "--output-file", name)
        files[name] = (project / name).read_text(encoding="utf-8")
        compare(project, name, exported, files[name])
    for name, content in files.items():
        if "://" in content or any(mark in content for mark in ("{{", "{%", "{#")):
            raise LockError(f"{name} would contain an address or Jinja")
    return files


def replace(files: dict[str, str]) -> None:
    for name, content in files.items():
        (LOCKS / f"{name}.new").write_text(content, encoding="utf-8", newline="\n")
    for name in files:
        (LOCKS / f"{name}.new").replace(LOCKS / name)


def check(project: Path) -> None:
    shutil.copy(LOCKS / "poetry.lock", project)
    poetry(project, "check", "--lock")
    for remote, extra in EXTRAS.items():
        name = f"requirements-{remote}.txt"
        compare(project, name, export(project, extra), (LOCKS / name).read_text(encoding="utf-8"))


def export(project: Path, extra: list[str]) -> str:
    return poetry(project, "export", "--with", "dev", *extra)


def pythons(project: Path) -> range:
    """Return the minor versions of Python 3 that the project supports."""
    found = REQUIRES.search((project / "pyproject.toml").read_text(encoding="utf-8"))
    if not found:
        raise LockError("requires-python in pyproject.toml is expected to look like '>=3.a,<3.b'")
    return range(int(found[1]), int(found[2]))


def compare(project: Path, name: str, exported: str, compiled: str) -> None:
    """Poetry's versions and uv's have to be the same ones, on every Python and system."""
    for minor in pythons(project):
        for system in SYSTEMS:
            if different := pins(exported, minor, system) ^ pins(compiled, minor, system):
                raise LockError(f"{name} and poetry.lock differ on {system}, Python 3.{minor}: {sorted(different)}")


def pins(requirements: str, minor: int, system: str) -> set[str]:
    """Return the `name==version` lines that count on one Python and system."""
    platform_system, os_name = SYSTEMS[system]
    environment = {
        "python_version": f"3.{minor}",
        "python_full_version": f"3.{minor}.9",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "sys_platform": system,
        "platform_system": platform_system,
        "os_name": os_name,
        "extra": "",
    }
    lines = (line.rstrip("\\ ") for line in requirements.splitlines() if line[:1].isalnum())
    found = map(Requirement, lines)
    return {f"{pin.name}{pin.specifier}" for pin in found if not pin.marker or pin.marker.evaluate(environment)}


if __name__ == "__main__":
    sys.exit(main())
