"""Our own template's components in real projects: clean by the project's rules, and they run at once."""

from __future__ import annotations

import re
import sqlite3
import sys
from contextlib import closing
from itertools import product
from pathlib import Path

import pytest
from evolving import Repository, mlkata, snapshot
from rendering import ROOT, git, run
from running import Project

MODELS = list(
    product(
        ("gradient_boosting", "random_forest", "lightgbm", "linear"), ("both", "classification", "regression")
    )
)
ROWS = [f"{number},{number / 7},{'yes' if number % 7 > 3 else 'no'}" for number in range(300)]
HOUSES = "\n".join(["house_id,size,sold", *ROWS])
SAMPLES = re.compile(r"breast|cancer|diabetes|wisconsin|tumour", re.IGNORECASE)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a repository of the template as it is in the working copy."""
    folder = tmp_path_factory.mktemp("released")
    names = run(
        "git", "ls-files", "-co", "--exclude-standard", "copier.yml", "template", cwd=ROOT
    ).splitlines()
    for name in names:
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    git("init", "-q", cwd=folder)
    git("add", "-A", cwd=folder)
    git("commit", "-q", "-m", "as it is", cwd=folder)
    return folder


@pytest.fixture
def churn(released: Path, tmp_path: Path) -> Project:
    """Give a project of it that this repository's environment runs."""
    path = tmp_path / "churn"
    mlkata("new", path, "--template", released, "--defaults", "-q", "-d", "package_name=churn")
    (path / ".venv").symlink_to(Path(sys.executable).parents[1])
    return Project(path, "churn", {"OMP_NUM_THREADS": "1"})


def test_jobs_that_were_left_out_come_later(released: Path, tmp_path: Path) -> None:
    """One by one, as if they had been there from the start; and they go again without a trace."""
    new = ("--template", released, "--defaults", "-q", "-d", "project_name=Churn")
    mlkata("new", tmp_path / "whole" / "churn", *new)
    mlkata("new", tmp_path / "churn", *new, "-d", "more_jobs=[]")
    made, plain = Repository(tmp_path / "churn"), snapshot(tmp_path / "churn")
    refused = mlkata("-C", made.path, "add", "data", "x", "--from", "x.csv", code=1).err
    assert "which this project lacks: mlkata add more_jobs=draft" in refused
    refused = mlkata("-C", made.path, "add", "job", "rollback", code=1).err
    assert "rollback is the template's own job: mlkata add more_jobs=rollback" in refused
    for job in ("rollback", "draft", "optimize", "reproduce"):
        mlkata("-C", made.path, "add", f"more_jobs={job}", "-q")
        made.git("commit", "-qam", f"with {job}")
    assert snapshot(made.path) == snapshot(tmp_path / "whole" / "churn")
    (made.path / ".venv").symlink_to(Path(sys.executable).parents[1])
    (made.path / "x.csv").write_text(HOUSES)
    mlkata("-C", made.path, "add", "data", "houses", "--from", made.path / "x.csv", "-q")
    (made.path / "x.csv").unlink()
    made.git("commit", "-qam", "with data")
    mlkata("-C", made.path, "remove", "more_jobs=optimize,reproduce,draft,rollback", "-q")
    made.git("commit", "-qam", "without jobs")
    mlkata("-C", made.path, "remove", "data", "houses", "-q")
    (made.path / ".venv").unlink()
    made.git("commit", "-qam", "without")
    assert snapshot(made.path) == plain


def test_what_is_added_works_at_once(churn: Project, tmp_path: Path) -> None:
    """Every model for every task, a job, a source, a data set: no other file changes, and all checks pass."""
    made = Repository(churn.path)
    for base, task in MODELS:
        name = f"{base}_{task}" if (base, task) != MODELS[0] else "x" * 40
        mlkata("-C", churn.path, "add", "model", name, "--from", base, "--task", task, "-q")
    mlkata("-C", churn.path, "add", "job", "count_rows", "y" * 40, "-q")
    mlkata("-C", churn.path, "add", "source", "lines", "-q")
    (tmp_path / "houses.csv").write_text(HOUSES)
    mlkata(
        "-C", churn.path, "add", "data", "houses", "--from", tmp_path / "houses.csv", "--target", "sold", "-q"
    )
    assert {line[:3] for line in made.status()} == {"A  ", "?? "}
    assert [line for line in made.status() if line.startswith("??")] == ["?? .venv"]
    churn.run("ruff", "check", "--no-cache")
    churn.run("ruff", "format", "--check", "--no-cache")
    churn.run("mypy", f"--cache-dir={ROOT / '.mypy_cache' / 'generated'}")
    shown = churn.run(sys.executable, "-m", "churn.main", "--help")
    assert re.search(r"^  count_rows +Say how many rows there are to learn from$", shown, re.MULTILINE)
    for model in ("x" * 40, "lightgbm_classification"):
        churn.job("train", f"model={model}", "data=houses")
    said = churn.job("train", "model=linear_regression", "data=houses", code=1)
    assert "model linear_regression is for regression only" in said
    churn.job("count_rows", "data=houses")
    suites = ("x" * 40, "linear_regression")
    own = ["models.py::test_every_model_is_tested", "main.py::test_help_names_every_job", "job_count_rows.py"]
    own += ["source_lines.py", *(f"model_{name}.py" for name in suites)]
    churn.run("pytest", "-p", "no:cacheprovider", *(f"tests/test_{name}" for name in own))
    mlkata("-C", churn.path, "remove", "data", "houses", "-q")
    mlkata("-C", churn.path, "remove", "model", "linear_both", "x" * 40, "-q")
    mlkata("-C", churn.path, "remove", "job", "count_rows", "y" * 40, "-q")
    mlkata("-C", churn.path, "remove", "source", "lines", "-q")
    rest = [f"{base}_{task}" for base, task in MODELS[1:] if (base, task) != ("linear", "both")]
    files = [f"hydra/model/{name}.yaml" for name in rest] + [f"src/churn/models/{name}.py" for name in rest]
    files += [f"tests/test_model_{name}.py" for name in rest]
    assert made.status() == [*sorted(f"A  {name}" for name in files), "?? .venv"]


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_nothing_is_left_of_the_sample(churn: Project, task: str) -> None:
    """Neither a file nor a word; what reads the configuration passes its tests, and a job says what to do."""
    made = Repository(churn.path)
    mlkata("-C", churn.path, "add", f"task={task}", "-q")
    made.git("commit", "-q", "--allow-empty", "-am", task)
    mlkata("-C", churn.path, "remove", "example", "-q")
    made.git("commit", "-qam", "no sample")
    assert [
        name for name in made.git("ls-files").splitlines() if SAMPLES.search(name + made.read(name))
    ] == []
    assert "no data set yet; see hydra/data/empty.yaml" in churn.job("retrieve", code=1)
    reading = ["tests/test_configurations.py", "tests/test_main.py", "tests/test_repository.py"]
    churn.run("pytest", "-p", "no:cacheprovider", *(reading if task == "classification" else reading[:1]))


def test_a_data_set_of_the_other_task(churn: Project, tmp_path: Path) -> None:
    """The project is for classes, the data is about prices; and its address has marks of Hydra's."""
    made = Repository(churn.path)
    (tmp_path / "it's ${homes}.csv").write_text(HOUSES)
    line = ("add", "data", "houses", "--from", tmp_path / "it's ${homes}.csv", "--target", "size", "-q")
    mlkata("-C", churn.path, *line)
    assert "task: regression\n" in made.read("hydra/data/houses.yaml")
    said = churn.job("train", "data=houses", "model=linear")
    assert "rmse" in said
    churn.job("evaluate", "data=houses", "model=linear", code=3)  # noise beats no baseline
    logs = "".join(path.read_text() for path in churn.path.rglob("job.log"))
    assert "the threshold for roc_auc does not count for a regression" in logs
    database = tmp_path / "homes.db"
    with closing(sqlite3.connect(database)) as open_, open_:
        open_.execute("create table homes (id integer, city text, price real)")
        open_.executemany(
            "insert into homes values (?, ?, ?)",
            [(n, ("Bonn", "L'Aquila", "Köln")[n % 3], n / 7) for n in range(150)],
        )
    query = "select * from homes where city in ('Bonn', 'L''Aquila', '${x}', '\\')"
    mlkata("-C", churn.path, "add", "data", "homes", "--from", f"sqlite:///{database}", "--query", query)
    assert "100 rows" in made.read("hydra/data/homes.yaml")


def test_the_first_data_set_of_ones_own(churn: Project) -> None:
    """After the sample: two lines name it, and updates leave all that alone."""
    made = Repository(churn.path)
    mlkata("-C", churn.path, "remove", "example", "-q")
    (churn.path / "data").mkdir()
    (churn.path / "data/houses.csv").write_text(HOUSES)
    mlkata(
        "-C", churn.path / "data", "add", "data", "houses", "--from", "houses.csv", "--target", "sold", "-q"
    )
    assert 'uri: "data/houses.csv"' in made.read("hydra/data/houses.yaml")
    for name in ("dvc.yaml", "hydra/default.yaml"):
        made.write({name: made.read(name).replace("data: empty", "data: houses", 1)})
    churn.job("train", "model=linear")
    made.commit({"hydra/data/empty.yaml": None})
    mlkata("-C", churn.path, "add", "ci=none", "-q")
    files = made.git("ls-files", "hydra/data").splitlines()
    assert files == ["hydra/data/houses.yaml"]
    assert "data: houses" in made.read("dvc.yaml")
