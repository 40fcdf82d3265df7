"""What several verbs share: the lock, answers from the command line, a rendered base."""

from __future__ import annotations

import os
import shlex
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from mlkata import cache
from mlkata.errors import ExitCode, MlkataError, nearest
from mlkata.journal import Journal
from mlkata.objects import Tree
from mlkata.operation import Operation
from mlkata.project import ANSWERS, Project
from mlkata.template import Template, Version

if TYPE_CHECKING:
    from mlkata.render import Request


Opened = Callable[[Project], Template]
"""How a verb comes to a project's template: `template`, or one that many projects share."""


def template(found: Project, *, offline: bool) -> Template:
    """The template of a project."""
    return Template(found.source, found.folder, offline=offline)


@contextmanager
def held(found: Project) -> Iterator[None]:
    """Hold a project's repository for the time of a command.

    Raises:
        MlkataError: Another run holds it (code 7).
    """
    with Journal(found.git, found.top or found.git.directory).lock():
        yield


def check_ended(found: Project) -> None:
    """Stop where an operation is under way.

    Raises:
        MlkataError: One was interrupted, or has conflicts to resolve (code 5).
    """
    if found.top is None:
        return
    operation = Journal(found.git, found.top).unfinished()
    if operation:
        state = "has conflicts to resolve" if operation.state == "conflicts" else "was interrupted"
        elsewhere = operation.prefix != found.prefix
        where = f" of {operation.prefix.rstrip('/') or found.top}" if elsewhere else ""
        folder = found.top / operation.prefix
        while not folder.is_dir():  # interrupted before it was made
            folder = folder.parent
        at = f"-C {shlex.quote(os.path.relpath(folder))} " if elsewhere else ""
        raise MlkataError(
            f"an earlier {operation.verb}{where} {state}",
            f"End it first: mlkata update {at}--continue, or mlkata update {at}--abort"
            " (all as it was before).",
            ExitCode.UNSAFE,
        )


def check_place(top: Path, operation: Operation, path: Path) -> None:
    """Stop where the last operation is another folder's than the one that was asked about.

    Args:
        top: The working tree.
        operation: The last operation in it.
        path: The folder.

    Raises:
        MlkataError: It is, and not one inside it.
    """
    own, asked = (top / operation.prefix).resolve(), path.resolve()
    if not (asked.is_relative_to(own) or own.is_relative_to(asked)):
        raise MlkataError(
            f"the last operation in {top} is the {operation.verb} of {operation.prefix.rstrip('/')};"
            " nothing was changed",
            f"Name that folder: -C {shlex.quote(os.path.relpath(own))}",
        )


def answers(args: Namespace) -> dict[str, Any]:
    """The answers given by `-d` and `--data-file`; the former win.

    Raises:
        MlkataError: One is not `question=answer`, or the file is no YAML mapping.
    """
    found: dict[str, Any] = {}
    if args.data_file:
        import yaml

        try:
            content = yaml.safe_load(Path(args.directory, args.data_file).read_bytes())
        except (OSError, ValueError, yaml.YAMLError) as error:
            words = error.strerror if isinstance(error, OSError) else "it is no YAML"
            raise MlkataError(f"{args.data_file} can't be read: {words}") from error
        if not isinstance(content, dict):
            raise MlkataError(f"{args.data_file} is no list of `question: answer`")
        if wrong := [name for name in content if not isinstance(name, str)]:
            raise MlkataError(f"{args.data_file}: {wrong[0]!r} is no question", "Write it in quotes.")
        found |= {name: value for name, value in content.items() if not str(name).startswith("_")}
    for pair in args.data or ():
        name, sign, value = pair.partition("=")
        if not sign or not name:
            raise MlkataError(f"-d {pair} is not question=answer", "For example: -d license=MIT")
        found[name] = value
    return found


def check_template(source: Template, version: Version) -> None:
    """Stop where what is given as a template is a project made from one.

    Raises:
        MlkataError: It is.
    """
    has = [source.git.oid(f"{version.sha}:{name}") for name in ("copier.yml", "copier.yaml", ANSWERS)]
    if has[2] and not any(has[:2]):
        raise MlkataError(
            f"{source.url} is a project made from a template, and no template",
            f"Its own template is in its {ANSWERS}, as _src_path.",
        )


def named(args: Namespace) -> tuple[str, ...]:
    """The questions that the command line answers one by one; a misspelt one is an error."""
    return tuple(pair.partition("=")[0] for pair in args.data or ())


def request(
    args: Namespace, source: Template, version: Version, found: Project, data: dict[str, Any]
) -> Request:
    """What to render for a project, from the command line's flags."""
    from mlkata.render import Request
    from mlkata.trust import Trust

    ask = sys.stdin.isatty() and sys.stdout.isatty() and not (args.defaults or args.json or args.quiet)
    return Request(
        template=source,
        version=version,
        destination=found.folder,
        answers_file=found.answers_file,
        answers=found.answers,
        data=data,
        named=named(args),
        ask=ask,
        ask_again=args.ask_again and ask,
        trust=Trust(grant=args.trust),
    )


def rendered(found: Project, args: Namespace, opened: Opened | None = None) -> tuple[str, Tree]:
    """The version that the project is from, rendered: the tree's name, and the tree.

    Args:
        found: The project.
        args: The command line's flags.
        opened: Where its template comes from, if it has to be rendered.

    Raises:
        MlkataError: It can't be rendered.
    """
    known = cache.load(found.git, found.answers, found.prefix)
    if known:
        return known.oid, known.tree(found.git)
    from mlkata import render
    from mlkata.trust import Trust

    source, version = recorded(found, args, opened)
    progress(f"Rendering {found.commit} once", args)
    wanted = render.Request(
        source, version, found.folder, found.answers_file, found.answers, trust=Trust(grant=args.trust)
    )
    tree = render.render(wanted, found.git).tree
    return cache.store(found.git, found.answers, found.prefix, tree, version.sha), tree


def recorded(found: Project, args: Namespace, opened: Opened | None = None) -> tuple[Template, Version]:
    """The template and the version that a project records; fetched only where that is not here yet.

    Args:
        found: The project.
        args: The command line's flags.
        opened: Where its template comes from.

    Raises:
        MlkataError: The template no longer has it, or can't be reached (code 6).
    """
    from mlkata import sync

    source = opened(found) if opened else template(found, offline=args.offline)
    known = cache.load(found.git, found.answers, found.prefix)
    if known and source.find(known.sha):
        return source, Version(found.commit, known.sha)
    version = source.find(found.commit)
    if version is None:
        source.fetch()
        version = sync.base(found, source).version
    if version is None:
        raise MlkataError(
            f"the template {found.source} no longer has {found.commit!r}, which this project is from",
            "mlkata update brings the project to a version that it has.",
        )
    return source, version


PATCH = (
    "--no-ext-diff", "--no-textconv", "-M", "-U3", "--binary", "--submodule=short",
    "--src-prefix=a/", "--dst-prefix=b/",
)  # fmt: skip
"""A patch that `git apply` takes, whatever the user's configuration."""


def patch(found: Project, args: Namespace, *what: str) -> str:
    """A difference as a patch, coloured on a terminal.

    Args:
        found: The project.
        args: The command line's flags.
        what: Trees, and after `--` paths, as `git diff` takes them.
    """
    plain = args.json or not sys.stdout.isatty() or os.environ.get("NO_COLOR")
    out = found.git.run("diff", *PATCH, f"--color={'never' if plain else 'always'}", *what)
    return os.fsdecode(out)


def inside(found: Project, args: Namespace) -> list[str]:
    """The paths of a command line, relative to the project's folder.

    Raises:
        MlkataError: One is not in it.
    """
    names = []
    for path in args.paths:
        full = Path(os.path.abspath(Path(args.directory).resolve() / path))
        if not full.is_relative_to(found.folder):
            full = full.parent.resolve() / full.name
        if not full.is_relative_to(found.folder):
            raise MlkataError(f"{path} is not in the project {found.folder}")
        names.append(full.relative_to(found.folder).as_posix())
    return names


def under(path: str, names: list[str]) -> bool:
    """Whether a path is one of some files, or in one of some folders."""
    return any(name in (".", path) or path.startswith(f"{name}/") for name in names)


def near(name: str, paths: Iterable[str]) -> str:
    """A hint at the file or folder that was probably meant; empty where none is alike."""
    pure = {path for file in paths for path in (PurePosixPath(file), *PurePosixPath(file).parents)}
    known = [str(path) for path in sorted(pure - {PurePosixPath(".")})]
    last = PurePosixPath(name.lower()).name
    named = [path for path in known if PurePosixPath(path.lower()).name == last]
    return nearest(name, named, 0) or nearest(name, known)


def progress(text: str, args: Namespace) -> None:
    """Say what takes time, on a terminal."""
    if sys.stderr.isatty() and not (args.quiet or args.json):
        print(f"{text} …", file=sys.stderr)
