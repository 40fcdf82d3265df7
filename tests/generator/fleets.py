"""A fleet of repositories, and the command run on it as a process of its own, for the fleet's tests."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evolving import Repository, command, inside, project, run, template

LINES = "".join(f"line {number}\n" for number in range(1, 21))
BRANCH = "mlkata/update-v1.1.0"


@dataclass(frozen=True)
class Run:
    """What a run printed."""

    code: int
    out: str
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The objects of `--json`, the summary last."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def rows(self) -> dict[str, dict[str, Any]]:
        """The projects, by the last part of their repository, and the folder in it."""
        rows = self.objects[:-1]
        return {f"{Path(row['repository']).name}/{row['project']}".rstrip("/"): row for row in rows}

    @property
    def summary(self) -> dict[str, Any]:
        return self.objects[-1]


def fleet(
    *args: str | Path, cwd: Path, code: int | None = 0, stdin: str = "", env: Mapping[str, str] | None = None
) -> Run:
    """Run `mlkata fleet`; `code` is the exit code it must have (None: any)."""
    done = subprocess.run(
        command("fleet", *args), cwd=cwd, input=stdin, env=env, capture_output=True, check=False, text=True
    )
    assert code in (None, done.returncode), f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return Run(done.returncode, done.stdout, done.stderr)


def evolved(folder: Path) -> Repository:
    """A template with a second release: a line of one file changes, a file is new."""
    source = template(folder, {"a.txt": LINES, "b.txt": "b\n", "name.txt.jinja": "{{ package }}\n"})
    newer = LINES.replace("line 18\n", "theirs\n")
    source.commit(inside({"a.txt": newer, "new.txt": "new\n"}), tag="v1.1.0")
    return source


def copies(first: Repository, *folders: Path) -> list[Repository]:
    """As many projects more."""
    for folder in folders:
        shutil.copytree(first.path, folder, symlinks=True)
    return [Repository(folder) for folder in folders]


def made(folder: Path, source: Repository, *names: str) -> dict[str, Repository]:
    """Projects of a template's first release."""
    first = project(folder / names[0], source)
    rest = copies(first, *(folder / name for name in names[1:]))
    return dict(zip(names, [first, *rest], strict=True))


def bare(source: Repository, folder: Path) -> Repository:
    """A bare clone that others can make partial clones of."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    run("git", "clone", "-q", "--bare", source.path, folder, cwd=folder.parent)
    found = Repository(folder)
    for key in ("uploadpack.allowFilter", "uploadpack.allowAnySHA1InWant"):
        found.git("config", key, "true")
    return found


def with_origin(one: Repository, folder: Path) -> Repository:
    """The bare repository that `one` belongs to from now on, as its origin."""
    found = bare(one, folder / f"{one.path.name}.git")
    one.git("remote", "add", "origin", found.path)
    return found


def branches(at: Repository) -> list[str]:
    """The names of its branches."""
    return at.git("for-each-ref", "--format=%(refname:strip=2)", "refs/heads").splitlines()


def sound(at: Repository, branch: str = BRANCH) -> bool:
    """Whether a branch has the template's newer version whole."""
    files = at.git("ls-tree", "-r", "--name-only", branch).splitlines()
    return "new.txt" in files and "theirs\n" in at.git("show", f"{branch}:a.txt")
