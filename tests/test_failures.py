"""Bad input, full disks, dead servers, two at once: one clear message, and nothing is left half-written."""

from __future__ import annotations

import hashlib
import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from running import Project, clear, trained
from skops.io import dump

DATA = "data/breast_cancer"
SMALL = ("optimizer.n_trials=4", "optimizer.folds=2", "model=linear", "evaluate.bootstrap=20")
OTHER = "data=other"
CSV = "id,size,target\n" + "".join(f"{row},{row % 7}.5,{'yes' if row % 3 else 'no'}\n" for row in range(60))
YAML = """
name: other
task: classification
source: {kind: csv, uri: other.csv, query: null, null_values: []}
split: {by: hash, test_size: 0.2, cutoff: null, stratify: true}
columns:
  id: {dtype: int, role: id}
  size: {dtype: float}
  target: {dtype: str, role: target}
"""


@pytest.fixture
def churn(template: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Give a trained project of its own, with a second data set."""
    project = trained(template, tmp_path_factory).copy(tmp_path / "churn")
    (project.path / "other.csv").write_text(CSV)
    (project.path / "hydra/data/other.yaml").write_text(YAML)
    return project


def content(project: Project) -> dict[str, str]:
    """Give what each file holds, but for logs, locks, and MLflow's store, which records failures too."""
    left_out = ("outputs/logs", "outputs/ml", "outputs/.", "outputs/optimize/journal")
    names = [
        name
        for name in sorted(project.files())
        if not name.startswith(left_out) and "__pycache__" not in name
    ]
    files = [project.path / name for name in names]
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files if file.is_file()}


def fails(
    project: Project, *arguments: str, code: int = 1, seconds: float = 120, file_size: int | None = None
) -> str:
    """Expect a job to fail clearly, and to leave everything as it was; give its message."""
    before = content(project)
    said = clear(project, project.start(*arguments, file_size=file_size).wait(code, seconds))
    assert content(project) == before
    return said


# Bad input: what is spoilt, how, the job that meets it, and what its message has to name


def model_file(project: Project) -> Path:
    """Find the trained model."""
    (file,) = project.path.glob("outputs/mlartifacts/**/model.skops")
    return file


BEST = "outputs/optimize/breast_cancer-random_forest.yaml"
SPOILT: list[tuple[str, str | bytes | None, tuple[str, ...], str]] = [
    (f"{DATA}/train.parquet", None, ("train",), f"{DATA}/train.parquet"),
    (f"{DATA}/test.parquet", b"", ("evaluate",), f"{DATA}/test.parquet"),
    (f"{DATA}/test.parquet", None, ("predict",), f"{DATA}/test.parquet"),
    ("outputs/predict/breast_cancer.parquet", None, ("register",), "outputs/predict/breast_cancer.parquet"),
    ("outputs/predict/breast_cancer.parquet", b"", ("register",), "outputs/predict/breast_cancer.parquet"),
    (BEST, "parameters: {max_depth: [1", ("train",), BEST),
    (BEST, "", ("train",), BEST),
    (BEST, "parameters: [1, 2]", ("train",), BEST),
    (
        BEST,
        "{parameters: {max_dept: 3}, model: {}, metric: roc_auc}",
        ("train",),
        "model.max_dept: there is no",
    ),
    ("outputs/train/lineage.json", "{", ("evaluate",), "outputs/train/lineage.json"),
    ("outputs/train/lineage.json", "{}", ("evaluate",), "outputs/train/lineage.json"),
    ("outputs/evaluate/metrics.json", '{"model": {', ("summary",), "outputs/evaluate/metrics.json"),
    ("outputs/evaluate/metrics.json", "{}", ("summary",), "outputs/evaluate/metrics.json"),
    ("outputs/register/receipt.json", "{}", ("summary",), "outputs/register/receipt.json"),
    ("outputs/optimize/journal.log", "{\n{\n", ("optimize",), "outputs/optimize/journal.log"),
    ("outputs/mlflow.db", "no database at all", ("predict",), "outputs/mlflow.db"),
    ("hydra/data/breast_cancer.yaml", "name: [", ("retrieve",), "breast_cancer.yaml"),
    ("hydra/data/breast_cancer.yaml", "", ("retrieve",), "data"),
    ("hydra/default.yaml", "defaults: {", ("train",), "default.yaml"),
    ("hydra/data/other.yaml", YAML.replace("float", "double"), ("retrieve", OTHER), "data.columns.size"),
    ("other.csv", CSV.encode("utf-16"), ("retrieve", OTHER), "other.csv"),
    ("other.csv", CSV.replace("no", "nö").encode("latin-1"), ("retrieve", OTHER), "other.csv"),
    ("other.csv", b"", ("retrieve", OTHER), "other.csv"),
    ("other.csv", "id,size,target\n", ("retrieve", OTHER), "other.csv"),
    ("other.csv", CSV.replace("id,size", "size,size"), ("retrieve", OTHER), "'size'"),
    ("other.csv", CSV.replace(",target", ",target,size").replace("\n", ",1\n"), ("retrieve", OTHER), "size"),
    ("other.csv", CSV + "1,2\n3,4,5,6\n", ("retrieve", OTHER), "other.csv"),
]


@pytest.mark.parametrize(("file", "spoilt", "arguments", "named"), SPOILT)
def test_a_spoilt_file_is_named(
    churn: Project, file: str, spoilt: str | bytes | None, arguments: tuple[str, ...], named: str
) -> None:
    """Cut in half (None), or with this in it."""
    path = churn.path / file
    half = path.read_bytes()[: path.stat().st_size // 2]
    path.write_bytes(half if spoilt is None else spoilt.encode() if isinstance(spoilt, str) else spoilt)
    assert named in fails(churn, *arguments)


def test_a_truncated_model_is_named(churn: Project) -> None:
    """By predict, and by evaluate."""
    model_file(churn).write_bytes(model_file(churn).read_bytes()[:5000])
    for job in ("predict", "evaluate"):
        assert "model.skops" in fails(churn, job)


def test_a_crafted_model_is_refused_and_runs_nothing(churn: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even the import of the module that it names."""
    evil = churn.path / "src" / "evil.py"
    evil.write_text("class Evil:\n    def predict_proba(self, rows):\n        return [[0, 1]] * len(rows)\n")
    monkeypatch.syspath_prepend(str(evil.parent))
    thing = __import__("evil").Evil()
    dump(thing, model_file(churn))
    with evil.open("a") as file:
        file.write("open('executed', 'w').close()\n")
    for job in ("predict", "evaluate"):
        message = fails(churn, job)
        assert "does not trust" in message
        assert "evil.Evil" in message
    assert not (churn.path / "executed").exists()


def test_a_model_of_other_columns_is_refused(churn: Project) -> None:
    """It says which columns."""
    file = churn.path / "hydra/data/breast_cancer.yaml"
    text = file.read_text()
    file.write_text(text.replace("mean_radius: {dtype: float,", "mean_radius: {dtype: float, role: ignore,"))
    message = fails(churn, "predict")
    assert "trained on other columns" in message
    assert "mean_radius" in message
    file.write_text(text + "  new: {dtype: float}\n")
    assert "than 'breast_cancer' has: new." in fails(churn, "predict")


# Full disks


FULL = [
    (("retrieve",), 20_000),
    (("optimize", *SMALL, "seed=1"), 8_000),
    (("train",), 200_000),
    (("evaluate",), 20_000),
    (("predict",), 2_000),
    (("register", "register.table=other"), 8_000),
    (("draft", "wide.csv", "draft.name=new"), 4_000),
]


@pytest.mark.parametrize(("arguments", "size"), FULL)
def test_a_full_disk_leaves_what_was_there(churn: Project, arguments: tuple[str, ...], size: int) -> None:
    """No file can grow beyond `size`; with room again, the job succeeds."""
    pl.DataFrame({f"column_{n}": [1.0, 2.0] for n in range(200)}).write_csv(churn.path / "wide.csv")
    fails(churn, *arguments, file_size=size)
    assert churn.leftovers() == []
    churn.job(*arguments)


# Servers that are not there


@pytest.fixture(params=["refuses", "is silent"])
def dead(request: pytest.FixtureRequest) -> Iterator[int]:
    """Give a port at which nobody listens, or one that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        if request.param == "refuses":
            server.close()
        yield port


def test_a_dead_tracking_server_is_named_soon(churn: Project, dead: int) -> None:
    """Within half a minute."""
    address = f"http://127.0.0.1:{dead}"
    assert address in fails(churn, "train", f"tracking.uri={address}", seconds=30)


def test_a_dead_database_is_named_soon(churn: Project, dead: int) -> None:
    """Within half a minute, and without its password."""
    url = f"postgresql://ana:secret@127.0.0.1:{dead}/scores"
    message = fails(churn, "register", f"register.url={url}", seconds=30)
    assert f"127.0.0.1:{dead}" in message
    assert "secret" not in message


# Two at once


def test_a_second_search_is_refused(churn: Project) -> None:
    """The first goes on."""
    search = ("optimize", *SMALL, "optimizer.n_trials=500")
    first = churn.start(*search)
    while "trials of linear to run" not in first.stderr():
        assert first.process.is_alive(), first.stderr()
        time.sleep(0.05)
    assert "another 'optimize' is running here" in fails(churn, *search, code=7)
    assert first.process.is_alive()
    first.process.kill()
    first.wait(-signal.SIGKILL)
    churn.job("optimize", *SMALL)


def test_four_trainings_on_a_fresh_store(churn: Project) -> None:
    """Each gets a version of its own."""
    for file in churn.path.glob("outputs/mlflow.db*"):
        file.unlink()
    jobs = [churn.start("train", "model=linear", f"seed={seed}") for seed in range(4)]
    said = [job.wait() for job in jobs]
    versions = [int(text.rsplit("version ", 1)[1].split()[0]) for text in said]
    assert sorted(versions) == [1, 2, 3, 4]
    assert json.loads((churn.path / "outputs/train/lineage.json").read_text())["model_version"] in versions
