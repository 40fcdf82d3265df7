"""The only place that calls cookiecutter, held so that it runs nothing of a template that is not trusted.

Its command writes to the home folder, reads the user's settings and runs what a template brings. Used here
are the functions below it, in a sandbox of Jinja's: cookiecutter itself renders without one, so that a
mere file name of a template could run anything. Every path is checked when it is rendered.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined, Template, TemplateError, Undefined
from jinja2.sandbox import SandboxedEnvironment

from mlkata.errors import MlkataError
from mlkata.paths import escapes
from mlkata.process import output_aside

if TYPE_CHECKING:
    from mlkata.adopt.origin import Origin

NOTHING = "--from REF names another version of it, --from-nothing does without."


def settings(source: Path, origin: Origin) -> dict[str, Any]:
    """The old template's questions, private settings among them.

    Args:
        source: Its files, at some version.
        origin: Which template it is.

    Raises:
        MlkataError: It has none that can be read.
    """
    file = settings_file(source, origin)
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise MlkataError(
            f"the old template {origin.url} has no {file.name} that can be read", NOTHING
        ) from error
    if not isinstance(found, dict):
        raise MlkataError(f"{file.name} of the old template {origin.url} is no list of questions", NOTHING)
    return found


def settings_file(source: Path, origin: Origin) -> Path:
    """Where it has them, at this version."""
    own = source / origin.directory / origin.settings
    return own if own.is_file() else own.with_name("cookiecutter.json")


def told(source: Path, origin: Origin) -> dict[str, str]:
    """What its questions are answered, in plain words: as is known, else as the default says."""
    found = {}
    for name, default in settings(source, origin).items():
        value = origin.context.get(name, default[0] if isinstance(default, list) and default else default)
        if isinstance(value, str):
            found[name] = value
    return found


def hooks(source: Path, origin: Origin) -> bool:
    """Whether it has hooks."""
    folder = source / origin.directory / "hooks"
    return folder.is_dir() and any(file.stem.endswith("_project") for file in folder.iterdir())


def render(source: Path, origin: Origin, target: Path, *, trusted: bool, version: str) -> Path:
    """Render a version.

    Args:
        source: Its files.
        origin: Which template it is, and the answers.
        target: An empty folder to render into.
        trusted: Whether its hooks and extensions may run.
        version: Its name, for messages.

    Returns:
        The rendered project's folder, below the target.

    Raises:
        MlkataError: It can't be rendered, or would leave its place; or cookiecutter is not installed.
    """
    try:
        from cookiecutter.exceptions import CookiecutterException
        from cookiecutter.generate import generate_context, generate_files
        from cookiecutter.prompt import prompt_for_config
    except ImportError as error:
        raise MlkataError(
            "this repository was made by cookiecutter, which is needed to render its old template",
            "Install it beside mlkata: pip install 'mlkata[cookiecutter]'; or say --from-nothing.",
        ) from error
    repo = source / origin.directory
    _check_links(source, origin)
    questions, file = settings(source, origin), settings_file(source, origin)
    given = {
        key: value for key, value in origin.context.items() if not key.startswith("_") and key in questions
    }
    where = f"the old template {origin.url} at {version}"
    folder = Path.cwd()
    try:
        undefined = Undefined if origin.lenient else StrictUndefined
        with (
            _sandbox(repo, target, undefined, trusted=trusted) as guard,
            warnings.catch_warnings(action="ignore"),
        ):
            made = generate_context(str(file), extra_context=_fitting(given, questions))
            context = {"cookiecutter": made[file.stem]}
            context["cookiecutter"].update(_nested(given, questions))
            context["_cookiecutter"] = {
                k: v for k, v in context["cookiecutter"].items() if not k.startswith("_")
            }
            context["cookiecutter"].update(prompt_for_config(context, no_input=True))
            places = {
                "_template": origin.url,
                "_output_dir": str(target),
                "_repo_dir": str(repo),
                "_checkout": None,
            }
            recorded = {key: origin.context.get(key, value) for key, value in places.items()}
            context["cookiecutter"].update(recorded)
            guard()
            with output_aside():
                out = Path(generate_files(str(repo), context, str(target), accept_hooks=trusted))
    except MlkataError:
        raise
    except (CookiecutterException, TemplateError, OSError, ValueError, TypeError, LookupError, AttributeError,
            RecursionError) as error:  # fmt: skip
        said = " ".join(str(error).split()) or type(error).__name__
        raise MlkataError(f"{where} can't be rendered: {said[:300]}", NOTHING) from error
    finally:
        os.chdir(folder)
    if not out.resolve().is_relative_to(target.resolve()) or out.resolve() == target.resolve():
        raise MlkataError(f"{where} makes no folder of its own", NOTHING)
    return out


def _fitting(given: Mapping[str, Any], questions: Mapping[str, Any]) -> dict[str, Any]:
    """The recorded answers in the form that cookiecutter takes; a choice that is gone stays an error."""
    nested = _nested(given, questions)
    return {
        key: value for key, value in given.items()
        if key not in nested and not (isinstance(questions[key], dict) and not isinstance(value, dict))
    }  # fmt: skip


def _nested(given: Mapping[str, Any], questions: Mapping[str, Any]) -> dict[str, list[Any]]:
    """Choices with settings of their own, as the only ones there are: cookiecutter compares them whole."""
    return {
        key: [value] for key, value in given.items()
        if isinstance(value, dict) and isinstance(questions[key], list)
        and any(isinstance(option, dict) and option.keys() == value.keys() for option in questions[key])
    }  # fmt: skip


def _check_links(source: Path, origin: Origin) -> None:
    """Refuse a template whose symlinks lead out of it: rendering would read what they point to."""
    root = source.resolve()
    for above, folders, files in os.walk(source):
        for name in (*folders, *files):
            path = Path(above, name)
            if path.is_symlink() and not path.resolve().is_relative_to(root):
                raise MlkataError(
                    f"the old template {origin.url} has a symlink out of it: {path.relative_to(source)}",
                    NOTHING,
                )


@contextmanager
def _sandbox(repo: Path, target: Path, missing: type[Undefined], *, trusted: bool) -> Iterator[Any]:
    """Make cookiecutter render in a sandbox; what is yielded turns on the checks of paths."""
    from cookiecutter import utils
    from cookiecutter.environment import ExtensionLoaderMixin

    names: list[Path] = []

    class Name(Template):
        def render(self, *args: Any, **kwargs: Any) -> str:
            name = super().render(*args, **kwargs)
            if names:
                _check_inside(os.path.join(names[0], name), names[0])
            return name

    class Sandbox(ExtensionLoaderMixin, SandboxedEnvironment):  # type: ignore[misc]
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(undefined=missing, **kwargs)

        def from_string(self, source: Any, globals: Any = None, template_class: Any = None) -> Any:  # noqa: A002
            return super().from_string(source, globals, template_class or Name)

    class Lenient(ExtensionLoaderMixin, Environment):  # type: ignore[misc]
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(undefined=missing, **kwargs)

    plain, path = utils.StrictEnvironment, list(sys.path)
    if trusted:
        sys.path.append(str(repo))  # where it keeps extensions of its own
        utils.StrictEnvironment = Lenient
    else:
        utils.StrictEnvironment = Sandbox
    try:
        yield lambda: names.append(target.absolute())
    finally:
        utils.StrictEnvironment, sys.path[:] = plain, path


def _check_inside(path: str, target: Path) -> None:
    inside = os.path.relpath(os.path.normpath(path), target)
    if escapes(inside):
        raise MlkataError(
            f"the old template writes {inside!r}, which is not a file of the project",
            "Check the recorded answers that make up this path. " + NOTHING,
        )
