"""A template that evolves and projects made from it, for the generator's tests."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlkata.cli import main

Content = str | bytes | None
"""A file's content; None removes it."""

COPIER_YML = """\
_subdirectory: template
package:
    type: str
    default: pkg
extra:
    type: bool
    default: true
"""
ANSWERS = "template/{{ _copier_conf.answers_file }}.jinja"


def run(*command: str | Path, cwd: Path, env: Mapping[str, str] | None = None) -> str:
    """Run a command that must succeed; what it printed."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.stdout.decode()}{done.stderr.decode()}"
    return done.stdout.decode(errors="surrogateescape").rstrip("\n")


@dataclass(frozen=True)
class Outcome:
    """What a command did: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        """The object of `--json`."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


def mlkata(*args: str | Path, code: int | None = 0) -> Outcome:
    """Run mlkata in this process; `code` is the exit code it must have (None: any)."""
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            ended = main([str(arg) for arg in args])
        except SystemExit as stop:
            ended = int(stop.code or 0)
    out.flush()
    text = out.buffer.getvalue().decode("utf-8", "replace")
    outcome = Outcome(ended, text, err.getvalue())
    assert code is None or ended == code, f"exit code {ended}, not {code}\n{outcome.out}\n{outcome.err}"
    return outcome


def command(*args: str | Path) -> list[str]:
    """The command line of mlkata as a process of its own."""
    return [sys.executable, "-m", "mlkata", *map(str, args)]


class Repository:
    """A git repository made by a test."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def git(self, *args: str | Path) -> str:
        return run("git", *args, cwd=self.path)

    def write(self, files: Mapping[str, Content]) -> None:
        """Write files and remove those that are None."""
        for name, content in files.items():
            file = self.path / name
            if content is None:
                file.unlink()
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)

    def read(self, name: str) -> str:
        return (self.path / name).read_text()

    def commit(self, files: Mapping[str, Content] | None = None, *, tag: str = "") -> str:
        """Write files, commit all there is, tag it perhaps; the commit."""
        self.write(files or {})
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", tag or "a change")
        if tag:
            self.git("tag", tag)
        return self.git("rev-parse", "HEAD")

    def status(self) -> list[str]:
        """What `git status` lists, untracked files included."""
        return self.git("status", "--porcelain").splitlines()


def template(
    path: Path, files: Mapping[str, Content], *, copier_yml: str = COPIER_YML, tag: str = "v1.0.0"
) -> Repository:
    """A template with a first release; file names are relative to its `template/`."""
    path.mkdir(parents=True)
    run("git", "init", "-q", cwd=path)
    made = Repository(path)
    made.commit(
        {"copier.yml": copier_yml, ANSWERS: "{{ _copier_answers|to_nice_yaml -}}\n", **inside(files)}, tag=tag
    )
    return made


def inside(files: Mapping[str, Content]) -> dict[str, Content]:
    """Names as a template has them, below its subdirectory."""
    return {f"template/{name}": content for name, content in files.items()}


def project(path: Path, source: Repository, *args: str, ref: str = "v1.0.0") -> Repository:
    """A project made from a template's release."""
    mlkata("new", path, "--template", source.path, "-r", ref, "--defaults", "-q", *args)
    return Repository(path)


def snapshot(folder: Path) -> dict[str, tuple[str, bytes]]:
    """Every path outside .git with its kind, permissions and bytes."""
    found: dict[str, tuple[str, bytes]] = {}
    for above, folders, files in os.walk(folder):
        if ".git" in folders:
            folders.remove(".git")
        for name in [*files, *(n for n in folders if (Path(above) / n).is_symlink())]:
            path = Path(above) / name
            mode = path.lstat().st_mode
            content = os.fsencode(os.readlink(path)) if path.is_symlink() else path.read_bytes()
            found[str(path.relative_to(folder))] = (f"{mode:o}", content)
    return found
