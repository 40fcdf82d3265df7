"""What ends a command early: an exit code, what happened, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum


class ExitCode(IntEnum):
    """Exit codes of every verb."""

    DONE = 0
    """Done, or clean."""
    USER = 1
    """The user's error."""
    AVAILABLE = 2
    """An update is available, or the project drifted."""
    CONFLICTS = 3
    """Finished, with conflicts to resolve."""
    UNTRUSTED = 4
    """The template wants to run code and is not trusted."""
    UNSAFE = 5
    """Dirty, or data without protection would be overwritten; nothing was written."""
    UNREACHABLE = 6
    """The template can't be reached."""
    LOCKED = 7
    """Another run holds the lock."""
    INTERRUPTED = 130
    """Ctrl-C; the journal is kept."""


class MlkataError(Exception):
    """Ends a command with one message and an exit code.

    Args:
        what: What happened, where.
        hint: What to type next; may be empty.
        code: The exit code.
    """

    def __init__(self, what: str, hint: str = "", code: ExitCode = ExitCode.USER) -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint
        self.code = code


def subject(error: OSError) -> str:
    """The file that an error is about; of a rename, where to; empty where none is known."""
    return str(error.filename2 or error.filename or "")


def nearest(word: str, known: Iterable[str], alike: float = 0.7) -> str:
    """A hint at what a word was probably to be; empty where nothing is like it.

    Args:
        word: What was typed.
        known: What there is.
        alike: How like it has to be, from 0 to 1.
    """
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=1, cutoff=alike)
    return f"Did you mean {near[0]}?" if near else ""
