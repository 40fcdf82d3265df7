"""Copier's and Jinja's errors in our words: what, where, what to do next (for `copying` alone)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from copier.errors import CopierAnswersInterrupt, CopierError, ForbiddenPathError, TaskError
from jinja2 import TemplateError
from yaml import YAMLError

from mlkata.components import values
from mlkata.errors import MlkataError, nearest

if TYPE_CHECKING:
    from mlkata.render import Request


@contextmanager
def own_errors(request: Request, file: Path | None = None) -> Iterator[None]:
    """Turn the errors of a block into ours.

    Args:
        request: What is being rendered.
        file: Which file of it.

    Raises:
        MlkataError: The template, an answer or the disk is at fault.
        KeyboardInterrupt: A question was broken off.
    """
    where = f"{request.template.url} at {request.version.name}"
    try:
        yield
    except CopierAnswersInterrupt as error:
        raise KeyboardInterrupt from error
    except (TemplateError, ArithmeticError, LookupError, AttributeError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        name = getattr(error, "name", None) or file
        place = f" ({name}{f', line {line}' if line else ''})" if name else ""
        raise MlkataError(f"the template {where} can't be rendered{place}: {words(error)}") from error
    except YAMLError as error:
        raise MlkataError(f"the template {where}, or an answer to it, is no YAML: {words(error)}") from error
    except (CopierError, OSError) as error:
        if isinstance(error, OSError) and not isinstance(error, CopierError):
            raise MlkataError(
                f"rendering {where} failed: {error.strerror or error}: {error.filename or ''}"
            ) from error
        if isinstance(error, TaskError):
            raise MlkataError(
                f"a task of the template {where} failed (code {error.returncode}); nothing was written"
            ) from error
        if isinstance(error, ForbiddenPathError):
            raise MlkataError(
                f"the template {where} reads or writes outside its place: {words(error)}",
                "Check the answers that make up this path, and whether you trust the template.",
            ) from error
        raise MlkataError(f"the template {where} can't be used: {words(error)}") from error
    except (ValueError, TypeError) as error:
        hint = "Give it by -d name=value." if "required" in str(error) else ""
        raise MlkataError(f"an answer to {where} is refused: {words(error)}", hint) from error


def words(error: Exception) -> str:
    """An error's first lines as one; its name, where it has none."""
    lines = [line.strip() for line in str(error).strip().splitlines() if line.strip()]
    if isinstance(error, LookupError):  # of them, a KeyError says the key alone
        lines[:0] = [f"{type(error).__name__}:"]
    return " ".join(lines[:3]) if lines else type(error).__name__


def check_named(request: Request, questions: Mapping[str, Any]) -> None:
    """Stop where a question is answered that the template doesn't have.

    Args:
        request: What is being rendered.
        questions: What the template asks, and what it works out by itself.

    Raises:
        MlkataError: One is.
    """
    unknown = [name for name in request.named if name not in questions]
    if not unknown:
        return
    asked = [name for name, question in questions.items() if question.get("when") is not False]
    near = nearest(unknown[0], asked)
    raise MlkataError(
        f"the template {request.template.url} at {request.version.name} asks for no {', '.join(unknown)}",
        f"{near} Its questions: {', '.join(asked)}.".lstrip(),
    )


def check_asked(request: Request, answers: Any) -> None:
    """Stop where a question is answered that is not asked under the other answers: it would not be recorded.

    Args:
        request: What is being rendered.
        answers: Copier's, after the questions.

    Raises:
        MlkataError: One is.
    """
    hidden = [name for name in request.named if name in answers.hidden]
    if hidden and request.operation == "update":
        raise MlkataError(
            f"{hidden[0]} is not asked by {request.template.url} at {request.version.name} as things are,"
            " so its answer would not be recorded",
            "Its `when` in copier.yml says which other answers it depends on.",
        )


def check_recorded(
    request: Request, answers: Any, questions: Mapping[str, Any], holds: Callable[[str], bool]
) -> None:
    """Stop where a recorded answer is refused: Copier forgets it, and takes the default without a word.

    Args:
        request: What is being rendered.
        answers: Copier's, after the questions.
        questions: What the template asks.
        holds: Whether a template's condition holds, here that a question is asked: a person sees its answer.

    Raises:
        MlkataError: One is.
    """
    if request.lenient:
        return
    for name, value in request.answers.items():
        kept = name in answers.last or name in answers.init or name in answers.hidden
        if kept or name not in questions or (request.ask and holds(str(questions[name].get("ask", True)))):
            continue
        known = values(questions[name])
        listed = f": {', '.join(map(str, known))}" if known else ""
        given = f"'{name}=[…]'" if questions[name].get("multiselect") else f"{name}=…"
        raise MlkataError(
            f"the recorded answer {name}: {value!r} is none that {request.template.url} takes at "
            f"{request.version.name}{listed}",
            f"Give another: mlkata update -d {given}",
        )
