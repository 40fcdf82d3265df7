"""Where the command begins, also as `python -m mlkata`: Ctrl-C is minded before anything slow is imported.

`signal` itself takes milliseconds, for its enums; `_signal` is what it is made of, and is there already.
"""

import atexit
import gc
import os
import sys
from _signal import SIGINT, default_int_handler, getsignal, signal  # type: ignore[import-not-found]


def main() -> int:
    """Run what the command line says and return the exit code."""
    gc.set_threshold(100_000, 50, 50)  # imports make many objects and little garbage,
    atexit.register(gc.freeze)  # and nothing is to be gained from looking through it all at exit
    minded = getsignal(SIGINT) is default_int_handler  # not where a shell's `&` has it ignored
    if minded:
        signal(SIGINT, _stop)
    from mlkata.cli import main as run

    try:
        if minded:
            signal(SIGINT, default_int_handler)
        return run()
    except KeyboardInterrupt:  # once more, while the first was told of
        return 130


def _stop(*_: object) -> None:
    """End at once: nothing is begun, and an exception in an import can be swallowed, or wrapped in others."""
    if "--json" in sys.argv:
        words = '"command": "", "status": "failed", "code": 130, "error": "interrupted", "hint": ""'
        os.write(1, f"{{{words}}}\n".encode())
    else:
        os.write(2, b"mlkata: interrupted\n")
    os._exit(130)


if __name__ == "__main__":
    sys.exit(main())
