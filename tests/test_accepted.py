"""Whatever is taken at the questions goes into valid files, as it was typed."""

from __future__ import annotations

import configparser
import json
import os
import re
import tomllib
import unicodedata
from functools import partial
from pathlib import Path

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from packaging.metadata import Metadata
from poetry.core.factory import Factory
from poetry.core.masonry.builders.wheel import WheelBuilder
from rendering import Answers, Rendered, questions, render

EXAMPLES = int(os.environ.get("EXAMPLES", "60"))  # of typed answers; `make fuzz` takes more

# Odd, and fine.
TEXTS = [
    "x", "顧客　離反", "🦊 👩‍💻 🏳️‍🌈", "{{ 7 * 7 }}", "{% raw %}", "{# x #}", "${x:-y}", '"', "'", "\\",
    '"""', "\\n", "#", "null", "yes", "1.0", "0x1", "- a: b", "[a]", "* & !", "%s {0}", "$(x) `y`", "مرحبا",
    "a/b/../c", "é", "e\u0301", "|", "?", "~", "@x", "=", "a;b", "x" * 80,
]  # fmt: skip
ACCEPTED: list[Answers] = [
    *({"project_name": text, "description": text, "author": text} for text in TEXTS),
    {"project_name": "<b>&amp;</b>, [x](y) | z", "description": "x" * 300, "author": "x" * 100},
    {"email": "first.o'last+tag@mail.example.com", "package_name": "a", "data_remote_url": "/srv/dvc"},
    {"tracking_uri": "http://localhost:5000", "package_name": "a1_b2", "data_remote_url": "~/dvc remote"},
    {"tracking_uri": "https://mlflow.example.com/x/", "package_name": "x" * 50, "data_remote_url": "../顧客"},
    {"tracking_uri": "databricks", "data_remote_url": "../../x=1", "author": "A", "email": "a@example.com"},
    {"tracking_uri": "databricks://profile", "data_remote_url": "a@b:c+d"},
    {"tracking_uri": "sqlite:///outputs/other.db"},
    {"tracking_uri": "postgresql://ana@db.example.com:5432/mlflow?sslmode=require"},
    {"tracking_uri": "mysql+pymysql://db.example.com/mlflow"},
]


@pytest.mark.parametrize("answers", ACCEPTED)
def test_accepts(templated: Path, tmp_path: Path, answers: Answers) -> None:
    """Valid files, with the answers as they were typed."""
    check(render(templated, tmp_path / "churn", answers | {"license": "MIT"}))


# Nothing is shrunk: each example is rendered, and reads well as it is.
@settings(max_examples=EXAMPLES, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(data=st.data())
def test_typed_answers(
    templated: Path, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Either a message at a question, or valid files: for any text, for mixtures of good and odd answers."""
    good: dict[str, list[str]] = {}
    for case in ACCEPTED:
        for name, value in case.items():
            good.setdefault(name, []).append(value)
    answers = {name: data.draw(st.sampled_from(good[name]), name) for name in sorted(good)}
    for name in data.draw(st.sets(st.sampled_from(["project_name", "description", "author"])), "free text"):
        answers[name] = data.draw(st.text(st.characters(exclude_categories=["C"]), max_size=90), name)
    for name in data.draw(st.sets(st.sampled_from(sorted(good)), max_size=1), "wild"):
        answers[name] = data.draw(st.text(max_size=320), name)
    answers["license"] = data.draw(st.sampled_from(questions()["license"]["choices"]), "license")
    destination = tmp_path_factory.mktemp("typed") / "churn"
    problem = ""
    try:
        output = render(templated, destination, answers)
    except ValueError as error:
        problem = str(error)
    if problem:
        said = re.fullmatch(r"Validation error for question '(\w+)': (.+; type .+|.+: type .+)\.", problem)
        assert said, problem
        assert said[1] in good
        assert not destination.exists()
    else:
        check(output)


def check(output: Rendered) -> None:
    """Read every file that answers go into, and find them there as they were typed."""
    answers = output.recorded()
    assert {name: answers[name] for name in output.answers} == output.answers
    project = tomllib.loads(output.text("pyproject.toml"))["project"]
    assert project["description"] == answers["description"]
    assert project["name"] == answers["package_name"].replace("_", "-")
    person = {key: answers[of] for key, of in (("name", "author"), ("email", "email")) if answers[of]}
    assert project.get("authors", []) == ([person] if person else [])
    for file in output.files("*.yaml", "*.yml"):
        assert isinstance(yaml.safe_load(file.read_text(encoding="utf-8")), dict)
    assert json.loads(output.text(".devcontainer/devcontainer.json"))["name"] == answers["project_name"]
    dvc = configparser.ConfigParser(interpolation=None)
    dvc.read_string(output.text(".dvc/config"))
    assert dvc["'remote \"storage\"'"]["url"] == answers["data_remote_url"]
    if answers["license"] != "proprietary":
        assert (answers["author"] or f"The {answers['project_name']} authors") in output.text("LICENSE")
    check_metadata(output, answers)


def check_metadata(output: Rendered, answers: Answers) -> None:
    """Build the package's metadata as poetry-core does, and read it as an installer does."""
    poetry = Factory().create_poetry(output.path)
    content = WheelBuilder(poetry).get_metadata_content()
    metadata = Metadata.from_email(content.encode(), validate=True)
    # poetry-core normalizes authors; email, and so every reader, takes the text of a header as it stands
    normal = partial(unicodedata.normalize, "NFC")
    assert metadata.summary == answers["description"]
    if answers["author"]:
        assert metadata.author == normal(answers["author"])
        assert metadata.author_email == (answers["email"] or None)
