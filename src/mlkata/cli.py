"""From a command line to an exit code: runs the verb, and says what went wrong; no logic."""

from __future__ import annotations

import argparse
import importlib
import io
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from mlkata.errors import ExitCode, MlkataError, subject
from mlkata.flags import parser
from mlkata.privacy import clean
from mlkata.process import GitError, check_version
from mlkata.report import Report, paint, show


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command line and return its exit code."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # the shell closed it
            setattr(sys, name, open(os.devnull, mode))  # noqa: SIM115 - for as long as we run
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that knows ASCII only is no reason to stop
            stream.reconfigure(errors="backslashreplace")
    args = argparse.Namespace(verb="", json="--json" in (sys.argv[1:] if argv is None else argv))
    try:
        args = _parse(argv)
        _check_place(args.directory)
        command = importlib.import_module(f"mlkata.commands.{args.verb}")
        report = command.run(args)
        if isinstance(report, int):  # it has told all by itself
            return report
        _tell(args, report)
        return int(report.code)
    except MlkataError as error:
        return _fail(args, *_cause(error))
    except KeyboardInterrupt:
        return _interrupted(args)
    except BrokenPipeError:
        _silence()
        return 0
    except OSError as error:
        where = f"{subject(error)}: " if subject(error) else ""
        return _fail(args, f"{where}{error.strerror or error}", "", ExitCode.USER)
    except Exception as error:
        if isinstance(error.__cause__, KeyboardInterrupt):  # until 3.12, making a class wraps what it meets
            return _interrupted(args)
        if os.environ.get("MLKATA_DEBUG"):
            raise
        what = f"this is a defect in mlkata: {type(error).__name__}: {error}"
        return _fail(args, what, "Please report it, with what MLKATA_DEBUG=1 shows.", ExitCode.USER)


def _tell(args: argparse.Namespace, report: Report) -> None:
    try:
        show(report, as_json=args.json, quiet=args.quiet, verbose=args.verbose)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        _silence()
        args.json = False  # the standard error is what is left to be read
        raise MlkataError(f"what was done can't be told: {error.strerror}", "See git status.") from error


def _silence() -> None:
    """Let what can't be written go, also what is buffered."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    known = parser()
    if not (sys.argv[1:] if argv is None else argv):
        known.print_help()
        known.exit()
    args, words = known.parse_known_args(argv)
    if args.verb == "add":  # which kinds and options there are is the template's to say
        args.words = words
        if args.help and not words:
            args.print_help()
            known.exit()
    elif words:
        verb = known.verbs[args.verb]
        verb.verbs.get(getattr(args, "verb_of_fleet", ""), verb).refuse(words)
    return args


def _check_place(directory: str) -> None:
    try:
        Path.cwd()
    except FileNotFoundError as error:
        raise MlkataError("the folder that you are in was deleted", "Go to one that is there.") from error
    if not Path(directory).is_dir():
        raise MlkataError(f"there is no folder {directory}", "-C takes one that is there.")


def _cause(error: MlkataError) -> tuple[str, str, ExitCode]:
    """What to say of an error: where git failed, first whether it is too old, which nothing asks before."""
    if isinstance(error, GitError):
        try:
            check_version()
        except MlkataError as old:
            error = old
    return error.what, error.hint, error.code


def _interrupted(args: argparse.Namespace) -> int:
    hint = "Nothing was written, or the journal has it: mlkata update --abort brings back what was."
    if args.verb == "new":
        hint = "Nothing was written; or, in a repository, mlkata undo takes back what was."
    return _fail(args, "interrupted", hint, ExitCode.INTERRUPTED)


def _fail(args: argparse.Namespace, what: str, hint: str, code: ExitCode) -> int:
    what, hint = clean(what), clean(hint)
    if args.json:
        print(
            json.dumps(
                {"command": args.verb, "status": "failed", "code": int(code), "error": what, "hint": hint}
            )
        )
    else:
        print(f"{paint('mlkata:', '1;31', sys.stderr)} {what}", file=sys.stderr)
        if hint:
            print(hint, file=sys.stderr)
    return int(code)
