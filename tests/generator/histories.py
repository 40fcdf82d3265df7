"""Random histories of a template, and of what its user does to a project, for the end-to-end tests."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from random import Random

from evolving import Repository, run
from random_trees import LINK, TEXT, Author, Files, materialize, on_disk, put

ANSWERS = ".copier-answers.yml"
COPIER_YML = b"""\
_subdirectory: template
_preserve_symlinks: true
package:
    type: str
    default: pkg
extra:
    type: bool
    default: true
"""
PACKAGES = ("pkg", "other", "d")
SOURCES = (
    "a.txt", "b.txt.jinja", "d/a.txt", "d/b.txt.jinja", "d/e/c.txt", "f/a.txt", "f/b.txt", "g",
    "g/x.txt.jinja", "run.sh", "poetry.lock", "logo.png", "ä b.txt", ".env", "local/z.txt.jinja", "new/h.txt",
    "{{ package }}/core.py.jinja", "{{ package }}/data.csv", "{{ package }}/sub/mod.py", "{{ package }}.toml",
    "{% if extra %}extra.txt{% endif %}", "{% if extra %}x{% endif %}/y.txt.jinja",
    "{% if not extra %}plain.txt{% endif %}",
)  # fmt: skip
OWN = (
    "a.txt", "b.txt", "d/a.txt", "d/own.txt", "d/e/c.txt", "d/e/own.txt", "f/own.txt", "g", "g/own.txt", "h",
    "new/h.txt", "new/own.txt", "notes", "extra.txt", "x/y.txt", "plain.txt", ".env", "local/z.txt",
    "local/own", "pkg/own.py", "other/core.py", "other/own.py", "poetry.lock", "moved/a.txt", "logo.png",
)  # fmt: skip
RULES = (b".env\n", b"local/\n", b"*.png\n", b"new/\n", b"e/\n", b"x/\n")


class Answers:
    """The answers of a project."""

    def __init__(self, chance: Random) -> None:
        self.given: dict[str, str] = {}
        self.chance = chance

    def change(self) -> list[str]:
        """Answer some questions anew, as the command line does."""
        some: dict[str, str] = {}
        if self.chance.randrange(2):
            some["package"] = self.chance.choice(PACKAGES)
        if self.chance.randrange(2) or not some:
            some["extra"] = self.chance.choice(["true", "false"])
        self.given |= some
        return [part for name, answer in some.items() for part in ("-d", f"{name}={answer}")]

    def __str__(self) -> str:
        return str(self.given)


class Source:
    """A template that evolves.

    Args:
        path: Its repository.
        chance: Decides how.
    """

    def __init__(self, path: Path, chance: Random) -> None:
        self.path = path
        self.chance = chance
        self.author = Author("template", chance, SOURCES)
        self.files: Files = {}
        self.releases = 0
        path.mkdir(parents=True)
        run("git", "init", "-q", cwd=path)

    def release(self) -> None:
        """Publish its next version."""
        before = self.files if self.releases else self._start()
        self.files = apart({path: self._fit(path, file) for path, file in self._next(before).items()})
        self.releases += 1
        stream = (
            b"commit refs/heads/main\nmark :1\ncommitter Test <test@example.com> %d +0000\ndata 1\nx\n"
            % (86400 * self.releases)
        )
        stream += b"from refs/heads/main^0\ndeleteall\n" if self.releases > 1 else b"deleteall\n"
        files = {f"template/{path}": file for path, file in self.files.items()}
        files["template/{{ _copier_conf.answers_file }}.jinja"] = (
            TEXT,
            b"{{ _copier_answers|to_nice_yaml -}}\n",
        )
        for path, (mode, content) in {**files, "copier.yml": (TEXT, COPIER_YML)}.items():
            stream += b'M %s inline "%s"\ndata %d\n' % (mode.encode(), path.encode(), len(content))
            stream += content + b"\n"
        stream += b"reset refs/tags/v1.%d.0\nfrom :1\n\n" % self.releases
        done = subprocess.run(
            ["git", "fast-import", "--quiet"], cwd=self.path, input=stream, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()

    def _start(self) -> Files:
        return {
            path: self.author.content() for path in self.chance.sample(SOURCES, self.chance.randrange(4, 14))
        }

    def _next(self, before: Files) -> Files:
        after = self.author.edit(before, self.chance.randrange(1, 7))
        if self.chance.randrange(3) == 0 or not self.releases:
            rules = self.chance.sample(RULES, self.chance.randrange(4))
            put(after, ".gitignore", (TEXT, b"# " + self.author.line() + b"".join(rules)))
        if self.chance.randrange(6) == 0:
            put(
                after,
                self.chance.choice(["link", "d/link"]),
                (LINK, self.chance.choice([b"a.txt", b"d", b".."])),
            )
        if self.chance.randrange(4) == 0:
            self._move(after)
        return after

    def _move(self, files: Files) -> None:
        """Rename a folder and all that is in it."""
        folders = sorted({path.rpartition("/")[0] for path in files if "/" in path})
        target = self.chance.choice(["new", "moved", "moved/deep", "{{ package }}", "d"])
        if folders and not target.startswith(folder := self.chance.choice(folders)):
            for path in [path for path in files if path.startswith(f"{folder}/")]:
                put(files, target + path[len(folder) :], files.pop(path))

    def _fit(self, path: str, file: tuple[str, bytes]) -> tuple[str, bytes]:
        """What a file of this name may have in it: Jinja knows no CRLF, and renders no link here."""
        mode, content = file
        if not path.endswith(".jinja"):
            return file
        content = content.replace(b"\r\n", b"\n")
        if mode == LINK:
            return TEXT, content + b"\n"
        if b"\0" not in content and b"{{" not in content and self.chance.randrange(2):
            content += self.author.line().strip() + b" {{ package }}\n"
        return mode, content

    def rendered(self, answers: Answers) -> Files:
        """What a project has of its newest version."""
        return rendered(self.files, answers.given)


def rendered(files: Files, given: Mapping[str, str]) -> Files:
    """A template's files for some answers, without Copier's help; the answers file is left out."""
    package = given.get("package", "pkg")
    chosen, other = ("extra", "not extra")[:: 1 if given.get("extra", "true") == "true" else -1]
    found: Files = {}
    for path, (mode, content) in files.items():
        parts = []
        for part in path.removesuffix(".jinja").split("/"):
            shown = part.replace("{{ package }}", package).replace(f"{{% if {chosen} %}}", "")
            parts.append("" if f"{{% if {other} %}}" in part else shown.replace("{% endif %}", ""))
        if all(parts):
            if path.endswith(".jinja"):
                content = content.replace(b"{{ package }}", package.encode())
            found["/".join(parts)] = mode, content
    return found


def apart(files: Files) -> Files:
    """Those of some files that don't get into each other's way, whatever the answers."""
    kept: Files = {}
    for path in sorted(files):
        more = {**kept, path: files[path]}
        for package in PACKAGES:
            for extra in ("true", "false"):
                given = {"package": package, "extra": extra}
                one, names = rendered({path: files[path]}, given), rendered(kept, given)
                clash = any(
                    n == m or n.startswith(f"{m}/") or m.startswith(f"{n}/") for n in one for m in names
                )
                more = kept if clash else more
        kept = more
    return kept


class User(Author):
    """Who works on a project: edits, adds, moves and deletes; commits all of it or a part.

    Args:
        made: The project.
        chance: Decides what.
    """

    def __init__(self, made: Repository, chance: Random) -> None:
        super().__init__("user", chance, OWN)
        self.made = made

    def work(self) -> None:
        """A few edits."""
        before = on_disk(self.made.path)
        answers = before.pop(ANSWERS)
        after = self.edit(before, self.chance.randrange(7))
        if self.chance.randrange(12) == 0:
            self._link_folder(after)
        materialize(self.made.path, {**after, ANSWERS: answers}, {**before, ANSWERS: answers})

    def _link_folder(self, files: Files) -> None:
        """Move a folder away, and leave a link to it in its place."""
        folders = {path.rpartition("/")[0] for path in files if "/" in path}
        for folder in self.chance.sample(sorted(folders - {""}), min(1, len(folders))):
            target = f"store/{self.line().decode().strip()}"
            for path in [path for path in files if path.startswith(f"{folder}/")]:
                files[target + path[len(folder) :]] = files.pop(path)
            put(files, folder, (LINK, f"{'../' * folder.count('/')}{target}".encode()))

    def commit(self) -> None:
        """Commit what was edited and, by chance, some of what is new or ignored."""
        self.made.git("add", "-u")
        for ignored, one_of in ((False, 4), (True, 8)):
            names = self.untracked(ignored=ignored)
            some = [name for name in names if (self.chance.randrange(one_of) == 0) == ignored]
            if some:
                self.made.git("add", "-f", "--", *some)
        tracked = sorted(tracked_files(self.made).keys() - {ANSWERS})
        if tracked and self.chance.randrange(8) == 0:
            self.made.git("rm", "-q", "--cached", "--", self.chance.choice(tracked))
        self.made.git("commit", "-q", "--allow-empty", "-m", "work")

    def untracked(self, *, ignored: bool) -> list[str]:
        flags = ["-i"] if ignored else []
        out = self.made.git("ls-files", "-o", "-z", "--exclude-standard", *flags)
        return [name for name in out.split("\0") if name]

    def clear(self, path: str) -> None:
        """Do away with what is in an update's way: commit it, or move it."""
        folder = self.made.path
        if not os.path.lexists(folder / path):  # what is above it is no folder
            above = [up for up in Path(path).parents if os.path.lexists(folder / up)]
            path = str(above[0])
        if self.chance.randrange(2) or not on_disk(folder / path):
            target = folder / "aside" / str(self.chance.randrange(10**9)) / Path(path).name
            target.parent.mkdir(parents=True)
            (folder / path).rename(target)
        else:
            self.made.git("add", "-f", "--", path)
            self.made.git("commit", "-q", "-m", "in the way")


def tracked_files(made: Repository) -> dict[str, dict[str, str]]:
    """What the index has: for each path its stages, 0 alone where it is not in conflict."""
    found: dict[str, dict[str, str]] = {}
    for line in made.git("ls-files", "-s", "-z").split("\0")[:-1]:
        about, _, path = line.partition("\t")
        _, oid, stage = about.split()
        found.setdefault(path, {})[stage] = oid
    return found


def state(made: Repository) -> tuple[object, ...]:
    """Everything that an operation that is taken back must bring back."""
    files = on_disk(made.path)
    folders = {above for above, _, _ in os.walk(made.path) if ".git" not in Path(above).parts}
    return (
        files, {path: os.lstat(made.path / path).st_mode for path in files}, folders,
        made.git("status", "--porcelain=v1", "-z"), made.git("ls-files", "-s"), head(made),
    )  # fmt: skip


def head(made: Repository) -> str:
    return (made.path / ".git/refs/heads/main").read_text()
