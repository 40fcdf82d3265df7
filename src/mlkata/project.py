"""A managed repository, or a managed folder of one, and the answers it was made from."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from mlkata.errors import ExitCode, MlkataError
from mlkata.git import Git
from mlkata.objects import Tree
from mlkata.process import GitError, Layout

ANSWERS = ".copier-answers.yml"
"""Where Copier records answers, unless the template says otherwise."""


@dataclass(frozen=True)
class Project:
    """Where a project is and what it was made from.

    Attributes:
        git: Its repository.
        top: The repository's working tree; None for a bare one.
        prefix: The managed folder in it: empty, or ending in `/`.
        answers_file: The answers file, relative to the managed folder.
        answers: What it says, `_src_path` and `_commit` included.
    """

    git: Git
    top: Path | None
    prefix: str
    answers_file: str
    answers: dict[str, Any]

    @property
    def folder(self) -> Path:
        """The managed folder; in a bare repository, where it would be."""
        return (self.top or self.git.directory) / self.prefix

    @property
    def source(self) -> str:
        """The template's address as recorded."""
        return str(self.answers["_src_path"])

    @property
    def commit(self) -> str:
        """The template's version as recorded."""
        return str(self.answers["_commit"])

    def head(self) -> str:
        """The commit that is checked out.

        Raises:
            MlkataError: There is none yet.
        """
        oid = self.git.oid("HEAD^{commit}")
        if oid is None:
            raise MlkataError(
                f"{self.folder} has no commit yet, so nothing protects what is in it",
                "Commit first: git add -A && git commit -m 'First commit'",
                ExitCode.UNSAFE,
            )
        return oid

    def tree(self) -> Tree:
        """What HEAD has in the managed folder."""
        return self.git.tree(self.head(), self.prefix)


def find(path: Path, answers_file: str | None = None, prefix: str = "") -> Project:
    """The project that a folder belongs to.

    Args:
        path: Its folder or any below it; or a bare repository.
        answers_file: Relative to the project's folder, where it is not Copier's default.
        prefix: The managed folder in a bare repository: empty, or ending in `/`.

    Raises:
        MlkataError: There is no such folder, no repository, or no answers file.
    """
    if not path.is_dir():
        raise MlkataError(f"there is no folder {path}", "Give the project's folder.")
    check_answers_file(answers_file)
    name = answers_file or ANSWERS
    git = Git(path)
    layout = _layout(git)
    if layout.top is None:
        return _bare(git, name, prefix)
    top, prefix = layout.top, layout.prefix
    while True:
        if (top / prefix / name).is_file():
            break
        if not prefix:
            raise MlkataError(
                f"{path.absolute()} has no {name}, so no template is known that it came from",
                "Give the project's folder, or its answers file by --answers-file. "
                "To bring a repository under a template: mlkata adopt",
            )
        prefix = prefix.rstrip("/").rpartition("/")[0]
        prefix = f"{prefix}/" if prefix else ""
    file = top / prefix / name
    return Project(Git(top, layout), top, prefix, name, parse(file.read_bytes(), str(file)))


def committed(found: Project, *, strict: bool = False) -> Project:
    """A project with the answers that HEAD has, where it has any: they go with HEAD's files.

    Args:
        found: The project.
        strict: Whether other answers on disk are an error.

    Raises:
        MlkataError: They are, and there are.
    """
    path = f"{found.prefix}{found.answers_file}"
    listed = found.git.run("ls-tree", "-z", "--full-tree", "HEAD", "--", path, ok=(0, 128))
    mode, _, oid = listed.partition(b"\t")[0].partition(b" blob ")
    answers = found.answers
    if mode.startswith(b"100"):  # a link is followed on disk alone
        answers = parse(found.git.blob(oid.decode()), f"HEAD:{path}")
    if strict and answers != found.answers:
        raise MlkataError(
            f"{found.answers_file} on disk is not what HEAD has, though git says that nothing changed",
            f"Commit it, or let git look at it again: git update-index --no-skip-worktree "
            f"--no-assume-unchanged {found.answers_file}",
            ExitCode.UNSAFE,
        )
    return replace(found, answers=answers)


def _layout(git: Git) -> Layout:
    try:
        return git.layout()
    except GitError as error:
        if "not a git repository" not in error.what:
            raise
        here = git.directory.resolve()
        for folder in (here, *here.parents):
            if os.path.lexists(folder / ".git"):
                raise MlkataError(
                    f"git does not take {folder / '.git'} for a repository; it may be damaged",
                    f"See what git says: git -C {folder} status",
                ) from error
        raise MlkataError(
            f"{here} is not in a git repository, so nothing protects what is in it",
            "Is it another folder (-C DIR)? If it is this one, mlkata merges with git: "
            "git init && git add -A && git commit -m 'First commit'",
            ExitCode.UNSAFE,
        ) from error


def check_answers_file(name: str | None) -> None:
    """Refuse an answers file that is not below the project's folder.

    Raises:
        MlkataError: It is not.
    """
    if name and (Path(name).is_absolute() or ".." in Path(name).parts):
        raise MlkataError(f"the answers file {name} is not inside the project", "Give it relative to it.")


def repository(path: Path) -> Project:
    """A repository as a whole, whether a template is known for it or not.

    Raises:
        MlkataError: There is none.
    """
    if not path.is_dir():
        raise MlkataError(f"there is no folder {path}", "Give the project's folder.")
    layout = _layout(Git(path))
    if layout.top is None:
        return Project(Git(path, layout), None, "", ANSWERS, {})
    return Project(Git(layout.top, layout), layout.top, "", ANSWERS, {})


def at(path: Path, answers_file: str | None = None) -> Project:
    """A folder of a repository, whether a template is known for it or not.

    Args:
        path: The folder, or a bare repository.
        answers_file: Relative to it, where it is not Copier's default.

    Raises:
        MlkataError: There is no such folder, no repository, or nothing of it is committed.
    """
    check_answers_file(answers_file)
    whole = repository(path)
    name = answers_file or ANSWERS
    prefix = _layout(Git(path)).prefix if whole.top else ""
    found = Project(whole.git, whole.top, prefix, name, {})
    if not found.tree():
        raise MlkataError(
            f"nothing in {path} is committed, so nothing protects it",
            "Commit first: git add -A && git commit -m 'First commit'",
            ExitCode.UNSAFE,
        )
    return found


def dump(answers: dict[str, Any]) -> str:
    """Answers as YAML, as Copier writes them."""
    import yaml

    return str(yaml.safe_dump(answers, default_flow_style=False, allow_unicode=True, width=10**6))


def _bare(git: Git, name: str, prefix: str) -> Project:
    oid = git.oid(f"HEAD:{prefix}{name}")
    if oid is None:
        raise MlkataError(f"the head of {git.directory} has no {prefix}{name}", "Give it by --answers-file.")
    return Project(git, None, prefix, name, parse(git.blob(oid), f"{git.directory}:{prefix}{name}"))


def parse(content: bytes, where: str) -> dict[str, Any]:
    """The answers in an answers file.

    Raises:
        MlkataError: It is no YAML, or names no template or no version.
    """
    import yaml

    try:
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        answers = yaml.load(content, loader)  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise MlkataError(
            f"{where}{line} is not YAML that can be read",
            f"git log --oneline -- {Path(where).name} shows when it was; "
            f"git checkout COMMIT -- {Path(where).name} brings it back.",
        ) from error
    if not isinstance(answers, dict) or not answers.get("_src_path"):
        raise MlkataError(f"{where} names no template (_src_path)", "Was it made by Copier?")
    wrong = [str(key) for key in answers if not isinstance(key, str)]
    for key in ("_src_path", "_commit"):
        value = answers.get(key) or ""
        if not isinstance(value, str) or not value.isprintable():
            wrong.append(key)
    if wrong:
        raise MlkataError(f"{where}: {', '.join(wrong)} is no plain text", "Write it in quotes, on one line.")
    if not answers.get("_commit"):
        raise MlkataError(
            f"{where} names no version of its template (_commit), so there is nothing to merge from",
            "Add `_commit: <tag or commit it came from>` to it.",
        )
    return answers
