"""What is no answer to a question is refused by one message that says what to type instead."""

from __future__ import annotations

import importlib.metadata
import keyword
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jinja2 import FileSystemLoader
from jinja2.sandbox import SandboxedEnvironment
from rendering import ROOT, Rendered, questions, render
from running import Terminal

# Each opens with what is wrong; what to type instead follows.
HIDDEN = "contains .*, a control, invisible or unknown character; type it without."
EMPTY = "is empty; type at least 1 character."
SPACE = "begins or ends with a space; type it without."
LONG = "has {} characters; type at most {}"
NO_PACKAGE = "is no package name: type small letters, digits and single underscores, a letter first, such as "
TAKEN = "already means something to Python, to a dependency or to the project's folders; type another name"
NO_PERSON = "contains a comma or an angle bracket, which packaging metadata can't hold; type one name without"
NO_MAIL = "This is no e-mail address; type one such as team@example.com, or nothing."
NO_FOLDER = "A local remote is a folder; type its path with / between folders"
NO_REMOTE = "The address of this remote looks like"
REMOTE_SECRET = "The address goes into git, so keys and passwords can't be in it; type"
NO_TRACKING = "This is no address that MLflow keeps runs at; type one such as https://mlflow.example.com"
TRACKING_SECRET = "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD into .env."

# What breaks a line, hides, or turns the direction of writing; the last is half of a character.
BAD = "\n \r\n \t \0 \x07 \x1b \x7f \x85 \u2028 \u2029 \u202e \u2066 \u200b \ufeff \ue000 \uffff " + chr(
    0xDC80
)
HIDING = [f"a{character}b" for character in BAD.split(" ")]

TEXT: dict[str, list[str]] = {HIDDEN: HIDING, SPACE: [" x", "x ", "x\u3000", "\u00a0x"]}
REFUSED_BY: dict[str, dict[str, list[str]]] = {
    "project_name": {**TEXT, EMPTY: ["", " ", "\u3000", "\u200d"], LONG.format(81, 80): ["x" * 81]},
    "description": {**TEXT, EMPTY: ["", " ", "\u3000", "\u200d"], LONG.format(301, 300): ["x" * 301]},
    "author": {
        **TEXT,
        EMPTY: [" "],
        LONG.format(300, 100): ["x" * 300],
        NO_PERSON: ["Ana <ana@example.com>", "O'Neil, Ana", ">", "Acme, Inc."],
    },
    "email": {
        NO_MAIL: [
            "x", "a@b", "@example.com", "a b@example.com", "a@example.com\n", " ", "a@b@example.com",
            "{{ x }}", "Ana <a@example.com>", "a@exa_mple.com", "名@example.com", "a" * 255 + "@example.com",
        ],
    },
    "package_name": {
        NO_PACKAGE: [
            "", " ", "1a", "_a", "a_", "a__b", "a-b", "a b", "A", "ä", "顧客", "🦊", "'", '"', "\\", "a/b",
            "../a", "a.b", "a\n", "{{ x }}", "{% raw %}", *HIDING,
        ],
        LONG.format(51, 50): ["x" * 51],
        LONG.format(300, 50): ["x" * 300],
        TAKEN: [
            "json", "class", "match", "test", "tests", "src", "data", "docs", "outputs", "python", "pip",
            "con", "null", "hydra", "mlflow", "numpy", "pandas", "pandera", "polars", "sklearn", "lightgbm",
            "dvc", "optuna", "git",
        ],
    },
    "data_remote_url": {
        HIDDEN: HIDING,
        EMPTY: ["", " "],
        SPACE: ["../x "],
        LONG.format(301, 300): ["x" * 301],
        NO_FOLDER: [
            "C:\\data", '"x"', "'x'", "s3://b/x", "file:///x", "a,b", "#", "$X", "%(x)s", "{{ x }}",
            "{% raw %}", "[x]", "a;b", "🦊",
        ],
    },
    "tracking_uri": {
        HIDDEN: HIDING,
        LONG.format(301, 300): ["x" * 301],
        NO_TRACKING: [
            "mlflow.example.com", "ftp://x", "file:///x", "./mlruns", "http://", "sqlite://", "postgresql://x",
            "https://a b", "https://x/{{ y }}", "https://x/${y}", "https://日本", "https://x#y",
            "https://x?y=z", 'https://x/"', "https://x\\y",
        ],
        TRACKING_SECRET: [
            "https://ana:secret@mlflow.example.com", "https://token@mlflow.example.com",
            "postgresql://ana:secret@db.example.com/x", "postgresql://db.example.com/x?password=secret",
        ],
    },
}  # fmt: skip
REFUSED = [
    (question, value, message)
    for question, messages in REFUSED_BY.items()
    for message, values in messages.items()
    for value in values
]

REMOTES_REFUSED = [
    *((kind, "../folder", NO_REMOTE) for kind in ("s3", "gcs", "azure")),
    ("s3", "gs://bucket/x", NO_REMOTE),
    ("gcs", "s3://bucket/x", NO_REMOTE),
    ("s3", "s3://ab", NO_REMOTE),
    ("s3", "s3://Bucket", NO_REMOTE),
    ("s3", "s3://bucket/a b", NO_REMOTE),
    ("s3", 's3://bucket/"', NO_REMOTE),
    ("s3", "s3://key:secret@bucket/x", REMOTE_SECRET),
    ("azure", "azure://container/x?sig=secret", REMOTE_SECRET),
]


@pytest.fixture(scope="session")
def environment(template: Path) -> SandboxedEnvironment:
    """Give the environment that Copier makes for questions."""
    filters = "jinja2_ansible_filters.AnsibleCoreFiltersExtension"
    return SandboxedEnvironment(loader=FileSystemLoader(template), extensions=[filters])


@pytest.fixture(scope="session")
def macros(environment: SandboxedEnvironment) -> Any:
    """Give the validators as functions."""
    return environment.get_template("template/includes/validators.jinja").module


@pytest.mark.parametrize(("question", "value", "message"), REFUSED)
def test_refuses(environment: SandboxedEnvironment, question: str, value: str, message: str) -> None:
    """One sentence that can be read, whatever the answer was."""
    validator = environment.from_string(questions()[question]["validator"])
    said = validator.render({"data_remote": "local", question: value}).strip()
    assert re.search(message if message == HIDDEN else re.escape(message), said)
    assert said.isprintable()


@pytest.mark.parametrize(("kind", "url", "message"), REMOTES_REFUSED)
def test_refuses_remote(macros: Any, kind: str, url: str, message: str) -> None:
    """An address has to fit the kind of remote, and holds no secret."""
    assert macros.remote(url, kind).startswith(message)


@pytest.mark.parametrize(
    ("question", "value", "message"), {case[0]: case for case in reversed(REFUSED)}.values()
)
def test_copier_refuses(templated: Path, tmp_path: Path, question: str, value: str, message: str) -> None:
    """Copier shows that sentence and writes nothing."""
    with pytest.raises(ValueError, match=f"^Validation error for question '{question}': .*{message}"):
        render(templated, tmp_path / "churn", {question: value})
    assert not (tmp_path / "churn").exists()


# Package names


@given(st.one_of(st.text(), st.from_regex(r"[a-z0-9 _-]+", fullmatch=True), st.sampled_from(["json", "src"])))
@example("")
@example("顧客")
@example("123 go")
@example("json")
@example("x" * 300)
@example("a_" * 25 + "b")
@example("\udc80")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_slug_is_a_package_name(macros: Any, text: str) -> None:
    """Any text gives one, and one that already is a package's name is kept."""
    slug = macros.slug(text)
    assert macros.package(slug) == ""
    assert slug.isidentifier()
    assert macros.slug(slug) == slug


@pytest.mark.parametrize(
    ("text", "slug"),
    [
        ("Customer churn", "customer_churn"),
        ("Kündigung & Größe", "kuendigung_groesse"),
        ("L'été à Łódź", "lete_a_lodz"),
        ("123 go", "ml_123_go"),
        ("顧客", "ml_project"),
        ("", "ml_project"),
        ("🦊", "ml_project"),
        ("json", "json_project"),
        ("scikit-learn", "scikit_learn_project"),
        ("../a/b", "a_b"),
        ("{{ x }}", "x"),
        ("x" * 300, "x" * 50),
    ],
)
def test_slug(macros: Any, text: str, slug: str) -> None:
    """It reads like the text."""
    assert macros.slug(text) == slug


def test_reserved_names_are_complete(macros: Any) -> None:
    """Keywords, the standard library, and what is installed here of that which a project locks."""
    locked = (ROOT / "template" / "locks" / "requirements-local.txt").read_text(encoding="utf-8")
    distributions = set(re.findall(r"^([a-z0-9-]+)==", locked, re.MULTILINE))
    names = {*keyword.kwlist, *keyword.softkwlist, *sys.stdlib_module_names}
    names |= {name.replace("-", "_") for name in distributions}
    for module, owners in importlib.metadata.packages_distributions().items():
        if {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners} & distributions:
            names.add(module)
    names = {name.lower() for name in names if re.fullmatch(r"[A-Za-z](_?[A-Za-z0-9])*", name)}
    assert {name for name in names if not macros.package(name)} == set()


@pytest.mark.parametrize("folder", ["顧客 🦊", "My \"churn\" '2'", "{{ 7 * 7 }}"])
def test_folder_names_the_project(templated: Path, tmp_path: Path, folder: str) -> None:
    """As it is called."""
    assert render(templated, tmp_path / folder).recorded()["project_name"] == folder


@pytest.mark.parametrize("folder", ["a\nb", " a", "x" * 90])
def test_folder_that_cannot_name_the_project(templated: Path, tmp_path: Path, folder: str) -> None:
    """A default is never one that the question refuses."""
    assert render(templated, tmp_path / folder).recorded()["project_name"] == "ML project"


# At a terminal


def test_at_a_terminal(templated: Path, tmp_path: Path) -> None:
    """The short way asks eight questions; a refused answer is asked for again, with the reason."""
    destination = tmp_path / "Churn"
    person = Terminal(sys.executable, "-m", "copier", "copy", str(templated), str(destination))
    asked = [details["help"] for details in questions().values() if "ask" not in details]
    for text in asked:
        person.expect(text)
        if text == questions()["package_name"]["help"]:
            person.type("\x15json\r")
            person.expect('"json" already means something to Python')
            person.type("\x15leavers")
        person.type("\r")
    assert person.finish() == 0
    not_asked = [details["help"] for details in questions().values() if "ask" in details]
    assert [text for text in not_asked if text in person.seen] == []
    recorded = Rendered(destination, {}).recorded()
    assert (recorded["project_name"], recorded["package_name"]) == ("Churn", "leavers")
    assert set(questions()) <= set(recorded)
