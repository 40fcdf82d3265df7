"""The only place that starts git; and where the output of others' code goes."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from mlkata.errors import MlkataError

MINIMUM = (2, 38)
"""`git merge-tree --write-tree` came with git 2.38."""

# A user's configuration keeps its say in what is committed (line endings, filters, merge drivers, the
# style of conflicts) and has none in how we read git's answers. Hooks are for a person's own commits.
_CONFIG = {
    "advice.addEmbeddedRepo": "false",
    "color.ui": "false",
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    "core.quotePath": "false",
    "core.safecrlf": "false",
    "diff.noprefix": "false",
    "diff.mnemonicPrefix": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "merge.directoryRenames": "true",
    "merge.renames": "true",
    "merge.renameLimit": "20000",
    "protocol.ext.allow": "never",
    "protocol.fd.allow": "never",
}

# Set by git for its hooks; inherited, they would point us at another repository or index.
_INHERITED = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_EXTERNAL_DIFF",
    "GIT_DIFF_OPTS", "GIT_LITERAL_PATHSPECS", "GIT_ICASE_PATHSPECS", "GIT_GLOB_PATHSPECS",
    "GIT_DEFAULT_HASH",
)  # fmt: skip


class GitError(MlkataError):
    """A git command failed.

    Attributes:
        words: What git said of it.
    """

    def __init__(self, what: str, words: str = "") -> None:
        super().__init__(what)
        self.words = words


class Layout(NamedTuple):
    """Where a repository keeps what.

    Attributes:
        hashing: What names objects: sha1 or sha256.
        bare: Whether it has no working tree.
        prefix: The folder we stand in, from the top; empty, or ending in `/`.
        folder: git's own folder.
        common: What it shares with other working trees of the same repository.
        private: Ours, inside it.
        index_file: The index.
        top: The working tree; None for a bare repository.
    """

    hashing: str
    bare: bool
    prefix: str
    folder: Path
    common: Path
    private: Path
    index_file: Path
    top: Path | None


class Process:
    """git, in one repository.

    Args:
        directory: Any folder inside it.
        layout: Where it keeps what, if that is known.
        mirror: Whether the folder is a bare repository of our own.
    """

    def __init__(self, directory: Path, layout: Layout | None = None, *, mirror: bool = False) -> None:
        self.directory = directory
        self._layout = layout
        self._env = {key: value for key, value in os.environ.items() if key not in _INHERITED}
        self._env |= {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_LITERAL_PATHSPECS": "1"}
        if mirror:  # a bare repository may be used only where it is named (safe.bareRepository)
            self._env["GIT_DIR"] = str(directory.absolute())
        pairs = list(_CONFIG.items())
        counted = self._env.get("GIT_CONFIG_COUNT", "")
        start = int(counted) if counted.isdecimal() else 0
        for number, (key, value) in enumerate(pairs, start):
            self._env[f"GIT_CONFIG_KEY_{number}"] = key
            self._env[f"GIT_CONFIG_VALUE_{number}"] = value
        self._env["GIT_CONFIG_COUNT"] = str(start + len(pairs))

    def run(
        self,
        *args: str,
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        ok: Sequence[int] = (0,),
    ) -> bytes:
        """Run a git command and return what it printed.

        Raises:
            GitError: It ended with a code that is not in `ok`.
        """
        return self.call(*args, stdin=stdin, env=env, cwd=cwd, ok=ok).stdout

    def call(
        self,
        *args: str,
        stdin: bytes | None = None,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        ok: Sequence[int] = (0,),
    ) -> subprocess.CompletedProcess[bytes]:
        """As `run`, with the exit code.

        Raises:
            GitError: It ended with a code that is not in `ok`.
        """
        try:
            done = subprocess.run(  # noqa: S603
                ["git", *args],  # noqa: S607
                cwd=cwd or self.directory,
                env=self._env | dict(env or {}),
                input=stdin,
                stdin=None if stdin is not None else subprocess.DEVNULL,
                capture_output=True,
                check=False,
            )
        except FileNotFoundError as error:
            if shutil.which("git"):
                raise GitError(f"there is no folder {self.directory}", str(self.directory)) from error
            raise MlkataError("git is not installed", "Install git 2.38 or later.") from error
        if done.returncode not in ok:
            words = os.fsdecode(done.stderr or done.stdout).strip()
            if done.returncode < 0:
                words = f"{words} ({signal.strsignal(-done.returncode)})".strip()
            raise GitError(f"git {_verb(args)} failed in {self.directory}: {words}", words)
        return done

    def text(self, *args: str, ok: Sequence[int] = (0,)) -> str:
        """As `run`, as text without the last line break."""
        return os.fsdecode(self.run(*args, ok=ok)).rstrip("\n")

    def oid(self, revision: str) -> str | None:
        """The name of what a revision stands for; None where it stands for nothing."""
        done = self.call("rev-parse", "--verify", "--quiet", "--end-of-options", revision, ok=(0, 1, 128))
        return os.fsdecode(done.stdout).strip() if done.returncode == 0 else None

    def work(self) -> Path:
        """A folder for what lasts no longer than this process, inside git's own."""
        folder = self.private() / "work" / str(os.getpid())
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def private(self) -> Path:
        """Our folder inside git's own."""
        return self.layout().private

    def layout(self) -> Layout:
        """Where everything is, asked once.

        Raises:
            GitError: There is no repository here.
        """
        if self._layout is None:
            asked = (
                "--show-object-format --is-bare-repository --show-prefix --absolute-git-dir --git-common-dir"
            )
            paths = ("--git-path", "mlkata", "--git-path", "index")
            done = self.call("rev-parse", *asked.split(), *paths, "--show-toplevel", ok=(0, 128))
            lines = os.fsdecode(done.stdout).split("\n")
            if len(lines) < 8:
                raise GitError(os.fsdecode(done.stderr).strip().removeprefix("fatal: "))
            if len(lines) > 9:
                raise MlkataError(
                    f"{str(self.directory.resolve())!r} has a line break in it", "Rename the folder."
                )
            hashing, bare, prefix, folder, common, private, index, top = lines[:8]
            here = self.directory.absolute()
            self._layout = Layout(
                hashing, bare == "true", prefix, Path(folder), here / common, here / private, here / index,
                None if done.returncode else Path(top),
            )  # fmt: skip
        return self._layout


def _verb(args: Sequence[str]) -> str:
    rest = iter(args)
    return next((word for word in rest if word != "-c" or not next(rest)), "")


def check_version() -> None:
    """Stop where git is too old.

    Raises:
        MlkataError: It is missing or older than 2.38.
    """
    words = Process(Path()).text("version")
    number = re.search(r"(\d+)\.(\d+)\S*", words)
    if number is None or (int(number[1]), int(number[2])) < MINIMUM:
        raise MlkataError(
            f"{words!r} is too old: mlkata merges with what came in git 2.38",
            "Install a newer git; nothing was changed.",
        )


@contextmanager
def output_aside() -> Iterator[None]:
    """Send what others' code prints to the standard error: the standard output is for what mlkata says."""
    sys.stdout.flush()
    kept = os.dup(1)
    try:
        os.dup2(2, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
