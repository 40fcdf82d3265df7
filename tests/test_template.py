"""Every answer gives a whole repository: a matrix in which any two answers meet."""

from __future__ import annotations

import ast
import configparser
import json
import re
import shutil
import sys
import tomllib
from pathlib import Path

import yaml
from rendering import ROOT, Rendered, git, pairs, pairwise, questions, run, values

LICENSES = {
    "MIT": ("MIT License", "Copyright (c) {}", "THE SOFTWARE IS PROVIDED"),
    "Apache-2.0": ("Apache License", "Copyright {}", "END OF TERMS AND CONDITIONS"),
    "BSD-3-Clause": ("BSD 3-Clause License", "Copyright (c) {}", "THIS SOFTWARE IS PROVIDED BY"),
}
REMOTES = {
    "local": "../../{}-dvc-remote",
    "s3": "s3://{}-data/dvc",
    "gcs": "gs://{}-data/dvc",
    "azure": "azure://{}-data/dvc",
}


# The questions and the matrix


def test_the_short_way_asks_at_most_eight() -> None:
    """The rest has a default and is asked for on demand only."""
    asked = [name for name, details in questions().items() if "ask" not in details]
    assert len(asked) <= 8
    for name, details in questions().items():
        assert "help" in details, name
        assert "default" in details, name
        assert details.get("ask", "{{ all_questions }}") == "{{ all_questions }}", name
        assert "choices" in details or "validator" in details or details["type"] == "bool", name


def test_the_matrix_holds_every_pair() -> None:
    """Checked against a list made another way."""
    chosen = values()
    every = [(name, value) for name in chosen for value in chosen[name]]
    wanted = {frozenset({one, other}) for one in every for other in every if one[0] < other[0]}
    assert set().union(*(pairs(row) for row in pairwise(chosen))) == wanted


def test_needs_no_trust() -> None:
    """Nothing of the template runs code, so that nobody has to type --trust."""
    config = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))
    assert not {"_tasks", "_migrations", "_jinja_extensions"} & set(config)


def test_every_answer_is_recorded(matrix: list[Rendered]) -> None:
    """As it was typed, so that a changed default changes no repository."""
    for output in matrix:
        recorded = output.recorded()
        assert {name for name in recorded if not name.startswith("_")} == set(questions())
        assert {name: recorded[name] for name in output.answers} == output.answers


def test_nothing_of_jinja_is_left(matrix: list[Rendered]) -> None:
    """Neither in names nor in files, but for GitHub's expressions and the report's own template."""
    for output in matrix:
        for file in output.files():
            name = str(file.relative_to(output.path))
            assert not re.search(r"[{}]|\.jinja$", name)
            if file.suffix != ".j2":
                assert not re.search(r"(?<!\$)\{\{[- \w]|\{%|\{#-? ", file.read_text(encoding="utf-8")), name


def test_no_file_knows_this_machine(matrix: list[Rendered]) -> None:
    """No path of the machine that generates, but for where the template came from, and no package index."""
    for output in matrix:
        for file in output.files():
            text = file.read_text(encoding="utf-8")
            assert file.name == ".copier-answers.yml" or str(output.path.parent) not in text, file
            assert not re.search(r"--(extra-)?index-url|\[\[tool\.(uv\.index|poetry\.source)\]\]", text), file


# The files


def test_python(matrix: list[Rendered]) -> None:
    """It parses, and it is clean by the repository's own rules."""
    for output in matrix:
        for file in output.files("*.py"):
            ast.parse(file.read_text(encoding="utf-8"), str(file))
    base = matrix[0].path.parent
    run(sys.executable, "-m", "ruff", "check", "--no-cache", "--output-format=concise", ".", cwd=base)
    run(sys.executable, "-m", "ruff", "format", "--no-cache", "--check", ".", cwd=base)


def test_toml_yaml_json(matrix: list[Rendered]) -> None:
    """Each file is what its name says."""
    for output in matrix:
        for file in output.files("*.toml", "poetry.lock"):
            tomllib.loads(file.read_text(encoding="utf-8"))
        for file in output.files("*.yaml", "*.yml"):
            assert isinstance(yaml.safe_load(file.read_text(encoding="utf-8")), dict), file
        for file in output.files("*.json"):
            json.loads(file.read_text(encoding="utf-8"))


def test_text(matrix: list[Rendered]) -> None:
    """What the hooks would change is right from the first commit: one newline at the end, none before it."""
    for output in matrix:
        for file in output.files():
            text = file.read_text(encoding="utf-8")
            assert "\r" not in text, file
            assert not text or re.search(r"\S\n\Z", text), file
            assert not re.search(r"[ \t]$", text, re.MULTILINE), file


def test_pyproject(matrix: list[Rendered]) -> None:
    """The metadata is what was typed."""
    for output in matrix:
        answers = output.recorded()
        project = tomllib.loads(output.text("pyproject.toml"))["project"]
        command = answers["package_name"].replace("_", "-")
        person = {key: answers[of] for key, of in (("name", "author"), ("email", "email")) if answers[of]}
        assert project["name"] == command
        assert project["description"] == answers["description"]
        assert project.get("authors", []) == ([person] if person else [])
        assert project.get("license", "proprietary") == answers["license"]
        assert list(project["scripts"]) == [command]
        assert (output.path / "src" / answers["package_name"] / "main.py").is_file()


def test_license(matrix: list[Rendered]) -> None:
    """The text as published, with a holder; nothing for what is proprietary."""
    for output in matrix:
        answers = output.recorded()
        if answers["license"] == "proprietary":
            assert not (output.path / "LICENSE").exists()
            continue
        title, copyright_line, sentence = LICENSES[answers["license"]]
        holder = answers["author"] or f"The {answers['project_name']} authors"
        lines = [line.strip() for line in output.text("LICENSE").strip().splitlines()]
        assert lines[0] == title
        assert copyright_line.format(holder) in lines
        assert sentence in output.text("LICENSE")


def test_continuous_integration(matrix: list[Rendered]) -> None:
    """One of the two, or none, and both run what a person runs."""
    for output in matrix:
        ci = output.recorded()["ci"]
        github, gitlab = output.path / ".github" / "workflows" / "ci.yml", output.path / ".gitlab-ci.yml"
        assert (github.exists(), gitlab.exists()) == (ci == "github", ci == "gitlab")
        assert (output.path / ".github").exists() == (ci == "github")
        if ci == "github":
            steps = yaml.safe_load(github.read_text(encoding="utf-8"))["jobs"]["check"]["steps"]
            assert steps[-1] == {"run": "make setup check"}
        if ci == "gitlab":
            assert yaml.safe_load(gitlab.read_text(encoding="utf-8"))["check"]["script"] == "make setup check"


def test_data_remote(matrix: list[Rendered]) -> None:
    """DVC's configuration has the address, and tells nobody."""
    for output in matrix:
        answers = output.recorded()
        config = configparser.ConfigParser(interpolation=None)
        config.read_string(output.text(".dvc/config"))
        address = REMOTES[answers["data_remote"]].format(answers["package_name"].replace("_", "-"))
        assert config["core"] == {"analytics": "false", "check_update": "false", "remote": "storage"}
        assert config["'remote \"storage\"'"] == {"url": address}
        assert answers["data_remote_url"] == address


def test_environment(matrix: list[Rendered]) -> None:
    """One version of Python everywhere, and Poetry's files for who uses Poetry."""
    for output in matrix:
        answers = output.recorded()
        version = answers["python_version"]
        assert output.text("Dockerfile").startswith(f"ARG PYTHON_VERSION={version}\n")
        image = json.loads(output.text(".devcontainer/devcontainer.json"))["image"]
        assert image == f"mcr.microsoft.com/devcontainers/python:{version}"  # its user is not root
        with_poetry = answers["package_manager"] == "poetry"
        assert [(output.path / name).exists() for name in ("poetry.toml", "poetry.lock")] == [with_poetry] * 2
        if with_poetry:
            assert tomllib.loads(output.text("poetry.toml"))["virtualenvs"]["in-project"] is True


def test_image_is_built_from_what_is_there(matrix: list[Rendered]) -> None:
    """What the Dockerfile copies is generated, and .dockerignore lets it through, and nothing else."""
    for output in matrix:
        copies = re.findall(r"^COPY (?!--from)(.+) \S+$", output.text("Dockerfile"), re.MULTILINE)
        copied = {name for copy in copies for name in copy.split()}
        rules = output.text(".dockerignore").splitlines()
        assert [rule for rule in rules if not rule.startswith(("#", "!"))] == ["*", "**/__pycache__"]
        let_through = {rule[1:] for rule in rules if rule.startswith("!")}
        assert copied == {name for name in let_through if (output.path / name).exists()}


def test_ci_fits_its_published_schema(matrix: list[Rendered]) -> None:
    """A key that GitHub or GitLab does not know would be found only after the first push."""
    github = (".github/workflows/ci.yml", "--builtin-schema=vendor.github-workflows")
    gitlab = (".gitlab-ci.yml", "--builtin-schema=vendor.gitlab-ci", "--data-transform=gitlab-ci")
    for name, *schema in (github, gitlab):
        files = [str(output.path / name) for output in matrix if (output.path / name).exists()]
        said = run(sys.executable, "-m", "check_jsonschema", *schema, *files, cwd=ROOT)
        assert said == "ok -- validation done\n"


def test_hooks(matrix: list[Rendered]) -> None:
    """All local, each from the environment that the lock pins: pre-commit downloads nothing."""
    output = matrix[0]
    repositories = yaml.safe_load(output.text(".pre-commit-config.yaml"))["repos"]
    assert [repository["repo"] for repository in repositories] == ["local"]
    for hook in repositories[0]["hooks"]:
        assert hook["language"] in ("system", "fail"), hook
        assert hook["language"] == "fail" or hook["entry"].startswith(".venv/bin/"), hook
    locked = set(re.findall(r"^([a-z0-9-]+)==", output.text("requirements.txt"), re.MULTILINE))
    tools = {"ruff", "mypy", "pytest", "nbstripout", "pre-commit", "pre-commit-hooks", "detect-secrets", "uv"}
    assert tools <= locked


def test_no_data_in_git(matrix: list[Rendered]) -> None:
    """The hook against data knows the usual names, and leaves code and the tests' samples alone."""
    hooks = yaml.safe_load(matrix[0].text(".pre-commit-config.yaml"))["repos"][0]["hooks"]
    hook = next(hook for hook in hooks if hook["id"] == "no-data")
    for name in [
        "a.csv",
        "b/c.csv.gz",
        "d.parquet",
        "m.skops",
        "m.pkl",
        "m.joblib",
        "x.npz",
        "mlflow.db",
        "t.arrow",
    ]:
        assert re.search(hook["files"], name), name
    for name in ("a.csv.dvc", "a.py", "database.py", "hydra/data/csv.yaml", "uv.lock"):
        assert not re.search(hook["files"], name), name
    assert re.search(hook["exclude"], "tests/sample.csv")


def test_make(matrix: list[Rendered]) -> None:
    """`make` explains itself, and make understands every target."""
    for output in matrix:
        listed = [line.split()[0] for line in run("make", cwd=output.path).splitlines()]
        jobs = ["retrieve", "optimize", "train", "evaluate", "predict", "register", "rollback"]
        left_out = {"optimize", "rollback"} - set(output.recorded()["more_jobs"])
        jobs = [job for job in jobs if job not in left_out]
        others = ["test", "check", "format", "lock", "outdated", "update", "report", "ui", "docker", "clean"]
        assert listed == ["help", "setup", "run", *jobs, *others]
        plan = run("make", "--dry-run", *listed, cwd=output.path)
        command = output.recorded()["package_name"].replace("_", "-")
        assert [f".venv/bin/{command} {job} " in plan for job in jobs] == [True] * len(jobs)
        with_poetry = output.recorded()["package_manager"] == "poetry"
        assert ("poetry sync" in plan, "poetry export" in plan) == (with_poetry, with_poetry)
        extra = output.recorded()["data_remote"]
        assert (f"--extra={extra}" in plan or f"--extras={extra}" in plan) == (extra != "local")


def test_git_ignores(matrix: list[Rendered], tmp_path: Path) -> None:
    """Data, secrets and what runs leave behind stay out; pointers, locks and what was generated go in."""
    path = tmp_path / "churn"
    shutil.copytree(matrix[0].path, path)
    before = {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()}
    git("init", "--quiet", cwd=path)
    ignored = [
        ".env",
        ".venv/x",
        "outputs/m.skops",
        "data/raw.csv",
        "data/a/b.parquet",
        "src/__pycache__/x.pyc",
    ]
    kept = ["data/raw.csv.dvc", "data/a/.gitignore", "dvc.lock", "hydra/data/mine.yaml", "docs/outputs.md"]
    for name in ignored + kept:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).touch()
    listed = git("ls-files", "-z", "--others", "--exclude-standard", cwd=path).split("\0")
    assert {name for name in listed if name} == before | set(kept)
