"""The command: help, and mistakes that people make."""

import os
from pathlib import Path

import pytest
from conftest import Run, job

from flights.main import jobs, main
from flights.middleware.errors import BusyError
from flights.middleware.files import atomic, exclusive
from flights.middleware.logger import COMMAND, redact


def test_help_names_every_job(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(job in out for job in jobs())


@pytest.mark.parametrize("job", jobs())
def test_every_job_explains_itself(job: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([job, "--help"]) == 0
    assert f"{COMMAND} {job}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trian"], "there is no job 'trian'; did you mean 'train'?"),
        (["train", "model=linaer"], "there is no hydra/model/linaer.yaml; did you mean 'linear'?"),
        (["train", "modle=linear"], "modle: there is no such key; did you mean 'model'?"),
        (
            ["train", "model=linear", "model.alpa=1"],
            "model.alpa: there is no such key; did you mean 'alpha'?",
        ),
        (["train", "data.splt.by=time"], "data.splt: there is no such key; did you mean 'split'?"),
        (["train", "model.alpha"], "'model.alpha' is not KEY=VALUE"),
        (["train", "data.name=other"], "hydra/data/tiny.yaml says `name: other`: name it tiny"),
        (["predict", "predict.input=day=1/x (2).csv"], "day=1/x (2).csv is not there"),
        (["predict", "predict.input='${outputs}/x y.csv'"], "outputs/x y.csv is not there"),
        (["register", "register=postgresql"], "the environment has no DATABASE_URL: set it"),
        (["train", "tracking.uri=http://127.0.0.1:9"], "no MLflow server answers at http://127.0.0.1:9"),
        (["register", "register.url=nonsense"], "register.url: Could not parse SQLAlchemy URL"),
        (["register", "register.url=postgresql://localhost:port/db"], "register.url: invalid literal"),
        (["train"], "data/tiny/train.parquet is not there: run `retrieve data=tiny` first"),
        (["draft", "nothing.csv"], "csv 'nothing.csv' can't be read"),
        (["reproduce", "12"], "has no version 12 yet"),
    ],
)
@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_mistakes_get_one_clear_message(
    project: Path,
    run: Run,
    task: str,
    arguments: list[str],
    message: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    if "register" in arguments[0] or "tracking" in str(arguments):
        job("retrieve", task)
        Path("outputs/predict").mkdir(parents=True)
        Path("outputs/predict/tiny.parquet").write_bytes(Path("data/tiny/test.parquet").read_bytes())
    capsys.readouterr()
    assert run(*arguments) == 1
    err = capsys.readouterr().err
    assert message in err
    assert "Traceback" not in err


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_passwords_are_not_shown(project: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    uri = "data.source.uri=postgresql://me:hun/ter2@127.0.0.1:9/db"
    assert run("retrieve", "data.source.kind=sql", uri, "data.source.query='SELECT 1'") == 1
    assert run("retrieve", "--multirun", "data.source.kind=sql", uri, "data.source.query='SELECT 1'") == 1
    log = "".join(path.read_text() for path in Path("outputs/logs").rglob("*.*"))
    shown = capsys.readouterr()
    assert "://me:***@127.0.0.1" in shown.err
    assert "er2" not in shown.err + shown.out + log
    assert redact("it's postgresql://me:hun'\"ter2@host/db") == "it's postgresql://me:***@host/db"


def test_outside_a_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train"]) == 1
    assert "run this inside the project" in capsys.readouterr().err


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_two_runs_at_once(project: Path, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    with exclusive("retrieve-tiny", Path("outputs")):
        assert run("retrieve") == 7
    assert "another 'retrieve-tiny' is running here" in capsys.readouterr().err
    assert run("retrieve") == 0


def test_a_failed_write_leaves_the_old_content(tmp_path: Path) -> None:
    for target in (tmp_path / "file", tmp_path / "folder"):
        with atomic(target) as path:
            if target.name == "folder":
                path.mkdir()
                path = path / "inside"
            path.write_text("old")
        with pytest.raises(ZeroDivisionError), atomic(target) as path:
            path.write_text(str(1 / 0))
        kept = target / "inside" if target.is_dir() else target
        assert kept.read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_what_a_killed_run_left_is_swept(tmp_path: Path) -> None:
    for pid in (999999999, os.getpid(), 1):  # no process, another that had this one's number, one that runs
        (tmp_path / f".file.{pid}.tmp").mkdir()
    with atomic(tmp_path / "file") as path:
        path.write_text("whole")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".file.1.tmp", "file"]


def test_a_lock_is_held_once(tmp_path: Path) -> None:
    with pytest.raises(BusyError), exclusive("one", tmp_path), exclusive("one", tmp_path):
        pass
