"""Messages and progress: a bar on a terminal, plain lines everywhere else."""

import logging
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

SECONDS_BETWEEN_LINES = 5.0
PACKAGE = __name__.split(".")[0]
COMMAND = PACKAGE.replace("_", "-")
PASSWORD_IN_URL = re.compile(r"(://[^/:@\s]*:)\S+(?=@)|([?&]password=)[^&\s'\"]+")

log = logging.getLogger(PACKAGE)


def redact(text: str) -> str:
    """Return the text with the passwords in its addresses blotted out."""
    return PASSWORD_IN_URL.sub(lambda found: f"{found[1] or found[2]}***", text)


def pairs(values: Mapping[str, object]) -> str:
    """Return `name=value, …`, numbers with six digits."""
    shown = {name: f"{value:.6g}" if isinstance(value, float) else value for name, value in values.items()}
    return ", ".join(f"{name}={value}" for name, value in shown.items())


class _Formatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


def set_up(job: str, folder: Path) -> None:
    """Send the project's messages to stderr and to `<folder>/job.log`."""
    folder.mkdir(parents=True, exist_ok=True)
    log.handlers[:] = [logging.StreamHandler(), logging.FileHandler(folder / "job.log", encoding="utf-8")]
    for handler in log.handlers:
        handler.setFormatter(_Formatter(f"%(asctime)s {job:<9} %(message)s", "%H:%M:%S"))
    log.setLevel(logging.INFO)
    log.propagate = False


def progress(items: Iterable[T], description: str, total: int | None = None) -> Iterator[T]:
    """Yield the items and show how far it has come: a bar on a terminal, a line now and then elsewhere."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import track

        yield from track(items, description, total=total, console=Console(stderr=True), transient=True)
        return
    shown = time.monotonic()
    for done, item in enumerate(items, 1):
        yield item
        if time.monotonic() - shown >= SECONDS_BETWEEN_LINES:
            shown = time.monotonic()
            log.info("%s: %d%s", description, done, f" of {total}" if total else "")
