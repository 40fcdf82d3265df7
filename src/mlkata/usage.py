"""A command line that refuses what it doesn't take in our words, with what is most like it."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from mlkata.errors import MlkataError, nearest


class Parser(argparse.ArgumentParser):
    """A command line, or what follows a verb of it.

    Attributes:
        verbs: The verbs that it has, by name.
    """

    verbs: Mapping[str, Parser] = {}

    def error(self, message: str) -> NoReturn:
        """Wrong usage is the user's error; argparse's own exit code means something else here."""
        raise MlkataError(message, f"{self.prog} --help shows what it takes.")

    def refuse(self, words: Sequence[str]) -> NoReturn:
        """Refuse words that a verb doesn't take."""
        flags = re.findall(r"--[\w-]+", self.format_help().partition("examples:")[0])
        word = words[0].partition("=")[0]
        near = "" if word in flags else nearest(word, flags)  # it is one: -- before it has made it a name
        whose = self.prog.partition(" ")[2]
        raise MlkataError(
            f"{whose} does not take {' '.join(words)}", near or f"{self.prog} --help shows what it takes."
        )

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        if action.choices is self.verbs and value not in self.verbs:
            whole = " ".join([*self.prog.split()[1:], value])
            near = nearest(value, self.verbs)
            raise MlkataError(f"there is no verb {whole}", near or f"There is: {', '.join(self.verbs)}.")
        super()._check_value(action, value)
