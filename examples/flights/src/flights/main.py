"""The one entry point: `<command> <job> [key=value …]`."""

import ast
import atexit
import gc
import os
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from .middleware.errors import UserError, did_you_mean
from .middleware.logger import COMMAND, log, redact, set_up

FOLDER = Path(__file__).parent / "jobs"  # a module there is a job: its name, its words, its one function
PIPELINE = ("retrieve", "optimize", "train", "evaluate", "predict", "register")
POSITIONAL = {"reproduce": "run", "draft": "draft.source"}  # `reproduce RUN` is `reproduce run=RUN`


def main(arguments: list[str] | None = None) -> int:
    """Run a job and return its exit code: 0 done, 1 to be put right, 3 refused, 7 busy, 130 interrupted."""
    job, *rest = (sys.argv[1:] if arguments is None else arguments) or ["--help"]
    try:
        if job in ("-h", "--help", "help"):
            print(_help())
        elif job not in jobs():
            raise UserError(f"there is no job {job!r}; {did_you_mean(job, jobs())} (see `{COMMAND} --help`)")
        elif {"-h", "--help"} & set(rest):
            text = _words(job).replace(f"\n    {job}", f"\n    {COMMAND} {job}")
            print(f"usage: {COMMAND} {job} [KEY=VALUE …]\n\n{text}")
        else:
            os.chdir(_root())
            _run(job, rest)
    except KeyboardInterrupt:
        return _fail("interrupted; what was complete before is unchanged", 130)
    except Exception as error:
        message = _explain(error)
        if message is None or "TRACEBACK" in os.environ:
            raise  # a bug, ours or of a new model: its traceback is what helps
        return _fail(message, getattr(error, "exit_code", UserError.exit_code))
    return 0


def jobs() -> list[str]:
    """Return the names of all jobs, those of the pipeline first."""
    names = sorted(file.stem for file in FOLDER.glob("*.py"))
    return sorted(names, key=lambda name: PIPELINE.index(name) if name in PIPELINE else len(PIPELINE))


def _root() -> Path:
    """Return the project's folder: this one or the nearest above it that has hydra/default.yaml."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / "hydra" / "default.yaml").is_file():
            return folder
    raise UserError("there is no hydra/default.yaml here or above: run this inside the project")


def _run(job: str, arguments: list[str]) -> None:
    """Let Hydra compose the configuration (once, or once a run with --multirun) and call the job with it."""
    gc.set_threshold(100_000, 50, 50)  # imports make millions of objects and little garbage,
    atexit.register(gc.freeze)  # and to look through all of them at exit takes a second
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors come to `main`, which explains them
    import hydra
    from dotenv import load_dotenv
    from hydra.core.hydra_config import HydraConfig

    from .configurations import override, parse, quoted

    if sys.version_info >= (3, 14):  # argparse checks each help text there, and one of Hydra 1.3's is none
        import argparse

        argparse.ArgumentParser._check_help = lambda *_: None  # type: ignore[attr-defined]

    load_dotenv(".env")  # secrets and addresses; what is already set wins
    failures: list[Exception] = []
    here = os.getpid()

    def task(config: Any) -> None:
        try:
            composed = HydraConfig.get()
            Path(composed.sweep.dir, "multirun.yaml").unlink(missing_ok=True)  # has passwords that were typed
            set_up(job, Path(composed.runtime.output_dir))
            settings = parse(config, list(composed.overrides.task))
            chosen = Path(composed.runtime.choices["data"]).name
            if chosen != settings.data.name:
                raise UserError(
                    f"hydra/data/{chosen}.yaml says `name: {settings.data.name}`: name it {chosen}"
                )
            getattr(import_module(f".jobs.{job}", __package__), job)(settings)
        except Exception as error:
            if os.getpid() != here:  # a launcher's own process: only Hydra can carry the error over
                raise
            failures.append(error)  # the other runs of a --multirun go on

    if job in POSITIONAL:
        is_set = re.compile("[-~]|.*=|(job|hydra|all)$").match  # the last: of Hydra's --cfg
        arguments = [a if is_set(a) else f"{POSITIONAL[job]}={quoted(a)}" for a in arguments]
    flags = [argument for argument in arguments if not re.match("[~+]|.*=", argument)]
    overrides = [override(argument) for argument in arguments if argument not in flags]
    sys.argv = [COMMAND, *flags, *overrides, f"hydra.job.name={job}"]  # Hydra wants its flags first
    hydra.main(version_base="1.3", config_path=str(Path("hydra").resolve()), config_name="default")(task)()
    if failures:
        for other in failures[1:]:
            log.error("%s", other)
        raise failures[0]


def _explain(error: Exception) -> str | None:
    """Return what is wrong in plain words, or None where only a traceback can tell."""
    origin = type(error).__module__.split(".")[0]
    text = " ".join(str(error).split())
    if isinstance(error, UserError):
        return str(error)
    if origin in ("hydra", "omegaconf"):
        return _explain_hydra(error, text)
    if isinstance(error, OSError):
        return f"{text}. Nothing was left half-written; put it right and run again."
    if origin in ("mlflow", "polars", "pyarrow", "sqlalchemy", "yaml"):
        return f"{origin}: {text.partition(' [SQL: ')[0] or type(error).__name__}"
    return None


def _explain_hydra(error: Any, text: str) -> str:
    """Return in plain words what Hydra could not compose."""
    missing, options = getattr(error, "missing_cfg_file", None), getattr(error, "options", None)
    if missing and options:
        return f"there is no hydra/{missing}.yaml; {did_you_mean(Path(missing).name, options)}"
    if "Ambiguous value" in text:
        return "several values: quote them, or add --multirun to run one after the other"
    if variable := re.search(r"Environment variable '(\w+)' not found", text):
        return f"the environment has no {variable[1]}: set it (see .env.example), then run again"
    typed = getattr(error, "override", None)
    return f"{typed!r} is not KEY=VALUE; quote what the shell or Hydra would take apart" if typed else text


def _fail(message: str, code: int) -> int:
    log.handlers.clear()
    colour = sys.stderr.isatty() and "NO_COLOR" not in os.environ
    print(f"\033[31m{COMMAND}:\033[0m" if colour else f"{COMMAND}:", redact(message), file=sys.stderr)
    return code


def _help() -> str:
    width = max(map(len, jobs())) + 2
    lines = "\n".join(f"  {name:<{width}}{_words(name).splitlines()[0].rstrip('.')}" for name in jobs())
    return f"""usage: {COMMAND} JOB [KEY=VALUE …] [--multirun]

{lines}

Every key of hydra/*.yaml can be given a value: `{COMMAND} train model=lightgbm seed=1`.
`{COMMAND} JOB --help` tells about one job; `{COMMAND} JOB --cfg job` prints its configuration.
An error says what to do in a line or two; with TRACEBACK=1 in the environment it shows where it came from."""


def _words(job: str) -> str:
    """Return a job's own words: read, not imported, so that help is quick."""
    return ast.get_docstring(ast.parse((FOLDER / f"{job}.py").read_text(encoding="utf-8"))) or job


if __name__ == "__main__":
    sys.exit(main())
