"""Errors that a person can act on; everything else is a bug and keeps its traceback."""

from collections.abc import Iterable
from difflib import get_close_matches

EXIT_USER = 1
EXIT_REFUSED = 3
EXIT_BUSY = 7
EXIT_INTERRUPTED = 130


class UserError(Exception):
    """Something the user can put right: says what is wrong, where, and what to do next."""

    exit_code = EXIT_USER


class GateRefusedError(UserError):
    """The model is not good enough to become champion."""

    exit_code = EXIT_REFUSED


class BusyError(UserError):
    """Another run is doing the same thing in the same place."""

    exit_code = EXIT_BUSY


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Return a hint that names the option nearest to `word`, or all of them when none is near."""
    names = sorted(set(options))
    close = get_close_matches(word, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"there is: {', '.join(names) or 'none'}"
