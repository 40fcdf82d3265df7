"""The one entry point: `<command> <job> [key=value …]`."""

import ast
import os
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from .middleware.errors import EXIT_INTERRUPTED, EXIT_USER, UserError, did_you_mean
from .middleware.logger import COMMAND, log, redact, set_up

JOBS = {
    "retrieve": "read the data, check it, split it into train and test",
    "optimize": "search for better parameters",
    "train": "fit a model and register it as a new version in MLflow",
    "evaluate": "measure it, write the report, promote it if it passes the gate",
    "predict": "predict rows with the champion",
    "register": "push the predictions to the SQL table where they are read",
    "rollback": "make the former champion champion again",
    "reproduce": "train again what a run trained, and compare",
    "draft": "draft the YAML of a new data set from the data",
    "summary": "show where things stand, and what to try next",
}
POSITIONAL = {"reproduce": "run", "draft": "draft.source"}  # `reproduce RUN` is `reproduce run=RUN`


def main(arguments: list[str] | None = None) -> int:
    """Run a job and return its exit code: 0 done, 1 to be put right, 3 refused, 7 busy, 130 interrupted."""
    given = sys.argv[1:] if arguments is None else arguments
    if not given or given[0] in ("-h", "--help", "help"):
        print(_help())
        return 0
    job, rest = given[0], given[1:]
    try:
        if job not in JOBS:
            raise UserError(
                f"there is no job {job!r}; {did_you_mean(job, JOBS)} (`{COMMAND} --help` lists all)"
            )
        if {"-h", "--help"} & set(rest):
            print(_help_of(job))
            return 0
        os.chdir(_root())
        _load_environment()
        set_up(job)
        _run(job, [_override(job, argument) for argument in rest])
    except KeyboardInterrupt:
        return _fail("interrupted; what was complete before is unchanged", EXIT_INTERRUPTED)
    except Exception as error:
        message = _explain(error, rest)
        if message is None or "TRACEBACK" in os.environ:
            raise  # a bug, ours or of a new model: its traceback is what helps
        return _fail(message, error.exit_code if isinstance(error, UserError) else EXIT_USER)
    return 0


def _run(job: str, arguments: list[str]) -> None:
    """Let Hydra compose the configuration (once, or once a run with --multirun) and call the job with it."""
    os.environ["HYDRA_FULL_ERROR"] = "1"  # errors come to `main`, which explains them
    import hydra
    from hydra.core.hydra_config import HydraConfig

    failures: list[Exception] = []
    here = os.getpid()

    def task(config: Any) -> None:
        from .compose import parse

        try:
            done = HydraConfig.get()
            settings = parse(config, list(done.overrides.task))
            set_up(job, Path(done.runtime.output_dir))
            getattr(import_module(f".jobs.{job}", __package__), job)(settings)
        except Exception as error:
            if os.getpid() != here:  # a launcher's own process: only Hydra can carry the error over
                raise
            failures.append(error)  # the other runs of a --multirun go on

    flags = [argument for argument in arguments if "=" not in argument and argument[:1] not in "~+"]
    overrides = [argument for argument in arguments if argument not in flags]
    sys.argv = [COMMAND, *flags, *overrides, f"hydra.job.name={job}"]
    hydra.main(version_base="1.3", config_path=str(Path("hydra").resolve()), config_name="default")(task)()
    if failures:
        for other in failures[1:]:
            log.error("%s", other)
        raise failures[0]


def _override(job: str, argument: str) -> str:
    """Return the argument in Hydra's form, or as it is."""
    plain = "=" in argument or argument.startswith(("-", "~"))
    return argument if plain or job not in POSITIONAL else f"{POSITIONAL[job]}='{argument}'"


def _root() -> Path:
    """Return the project's folder: this one or the nearest above it that has hydra/default.yaml."""
    for folder in (Path.cwd(), *Path.cwd().parents):
        if (folder / "hydra" / "default.yaml").is_file():
            return folder
    raise UserError("there is no hydra/default.yaml here or above: run this inside the project")


def _load_environment() -> None:
    """Take secrets and addresses from `.env`, where there is one; what is already set wins."""
    if Path(".env").is_file():
        from dotenv import load_dotenv

        load_dotenv(".env")


def _explain(error: BaseException, arguments: list[str]) -> str | None:
    """Return what is wrong in plain words, or None where only a traceback can tell."""
    if isinstance(error, UserError):
        return str(error)
    origin = type(error).__module__.split(".")[0]
    if isinstance(error, OSError) and origin != "hydra":
        where = f": {error.filename}" if error.filename else ""
        return f"{error.strerror or error}{where}. Nothing was left half-written; put it right and run again."
    text = str(error).strip()
    if origin == "yaml":
        return "this is not YAML: " + " ".join(text.split())
    if origin in ("hydra", "omegaconf"):
        unknown = re.search(r"Could not override '([^']+)'", text)
        if unknown:
            return _unknown_key(unknown[1], arguments)
        missing, options = getattr(error, "missing_cfg_file", None), getattr(error, "options", None)
        if missing and options:
            group, _, name = str(missing).rpartition("/")
            return f"there is no hydra/{group}/{name}.yaml; {did_you_mean(name, options)}"
        variable = re.search(r"Environment variable '(\w+)' not found", text)
        if variable:
            return f"the environment has no {variable[1]}: set it (see .env.example), then run again"
        typed = getattr(error, "override", None)
        if typed:
            return f"{typed!r} is not KEY=VALUE; quote what the shell or Hydra would take apart"
        return " ".join(text.split())
    if origin in ("mlflow", "polars", "pyarrow", "sqlalchemy"):
        return f"{origin}: {text.splitlines()[0] if text else type(error).__name__}"
    return None


def _unknown_key(key: str, arguments: list[str]) -> str:
    """Return the message for a key that the configuration does not have, with the nearest one that it has."""
    from hydra import compose, initialize_config_dir

    groups = [a for a in arguments if "." not in a.split("=")[0] and not a.startswith("-") and key not in a]
    with initialize_config_dir(str(Path("hydra").resolve()), version_base="1.3"):
        section: Any = compose("default", groups)
    for part in key.split("."):
        names = [str(name) for name in section] if hasattr(section, "keys") else []
        if part not in names:
            hint = did_you_mean(part, names)
            return (
                f"{key}: there is no such key; {hint} (a key that the files leave out is added as +{key}=…)"
            )
        section = section[part]
    return f"{key}: it can't be replaced by a single value"


def _fail(message: str, code: int) -> int:
    log.handlers.clear()
    red, plain = ("\033[31m", "\033[0m") if sys.stderr.isatty() and "NO_COLOR" not in os.environ else ("", "")
    print(f"{red}{COMMAND}:{plain} {redact(message)}", file=sys.stderr)
    return code


def _help() -> str:
    jobs = "\n".join(f"  {name:<11}{text}" for name, text in JOBS.items())
    return f"""usage: {COMMAND} JOB [KEY=VALUE …] [--multirun]

{jobs}

Every key of hydra/*.yaml can be given a value: `{COMMAND} train model=lightgbm seed=1`.
`{COMMAND} JOB --help` tells about one job; `{COMMAND} JOB --cfg job` prints its configuration.
An error says what to do in a line or two; with TRACEBACK=1 in the environment it shows where it came from."""


def _help_of(job: str) -> str:
    """Return a job's own words, and which files there are to choose from."""
    source = (Path(__file__).parent / "jobs" / f"{job}.py").read_text(encoding="utf-8")
    text = ast.get_docstring(ast.parse(source)) or ""  # read, not imported: help is quick
    text = re.sub(rf"^    {job}", f"    {COMMAND} {job}", text, flags=re.MULTILINE)
    folders = sorted(path for path in (_root() / "hydra").iterdir() if path.is_dir())
    groups = [
        f"  {folder.name}={'|'.join(sorted(f.stem for f in folder.glob('*.yaml')))}" for folder in folders
    ]
    return f"usage: {COMMAND} {job} [KEY=VALUE …]\n\n{text}\nChoices:\n" + "\n".join(groups)
