"""Errors that a person can act on; everything else is a bug and keeps its traceback."""

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """Something the user can put right: says what is wrong, where, and what to do next."""

    exit_code = 1


class GateRefusedError(UserError):
    """The model is not good enough to become champion."""

    exit_code = 3


class BusyError(UserError):
    """Another run is doing the same thing in the same place."""

    exit_code = 7


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Return a hint that names the option nearest to `word`, or all of them when none is near."""
    names = sorted(set(options))
    close = get_close_matches(word, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"there is: {', '.join(names) or 'none'}"
