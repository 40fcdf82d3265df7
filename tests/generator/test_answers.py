"""`mlkata update -d` and `-r`: other answers, other versions."""

from __future__ import annotations

from pathlib import Path

import pytest
from evolving import COPIER_YML, Repository, inside, mlkata, project, snapshot, template


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return template(tmp_path / "template", {"a.txt.jinja": "{{ package }}\n"})


@pytest.fixture
def made(source: Repository, tmp_path: Path) -> Repository:
    return project(tmp_path / "made", source)


def test_other_answers_at_the_same_version(made: Repository) -> None:
    mlkata("update", made.path, "-d", "package=other")
    assert made.read("a.txt") == "other\n"
    assert "_commit: v1.0.0\n" in made.read(".copier-answers.yml")
    assert "package: other\n" in made.read(".copier-answers.yml")


def test_a_question_that_only_the_new_version_asks_can_be_answered(
    source: Repository, made: Repository
) -> None:
    source.commit(
        {"copier.yml": COPIER_YML + "fresh: old\n", **inside({"b.txt.jinja": "{{ fresh }}\n"})}, tag="v1.1.0"
    )
    mlkata("update", made.path, "-d", "fresh=new")
    assert made.read("b.txt") == "new\n"


def test_a_misspelt_question_is_refused(source: Repository, made: Repository) -> None:
    computed = "derived: {default: '{{ package }}x', when: false}\nlicense: MIT\n"
    source.commit({"copier.yml": COPIER_YML + computed}, tag="v1.1.0")
    said = mlkata("update", made.path, "-d", "pakage=x", code=1).err.splitlines()
    assert said == [
        f"mlkata: the template {source.path} at v1.1.0 asks for no pakage",
        "Did you mean package? Its questions: package, extra, license.",
    ]
    said = mlkata("new", made.path / "x", "--template", source.path, "-d", "q=x", code=1).err.splitlines()
    assert said[1:] == ["Its questions: package, extra, license."]


def test_a_branch_a_commit_and_an_older_version_can_be_named(source: Repository, made: Repository) -> None:
    sha = source.commit(inside({"b.txt": "b\n"}))
    source.git("branch", "next")
    mlkata("update", made.path, "-r", "next")
    assert made.read("b.txt") == "b\n"
    described = source.git("describe", "--tags")
    assert f"_commit: {described}\n" in made.read(".copier-answers.yml")
    made.commit()
    assert "Up to date" in mlkata("update", made.path, "-r", sha).out
    mlkata("update", made.path, "-r", "v1.0.0")
    assert not (made.path / "b.txt").exists()


@pytest.mark.parametrize("word", ["maybe", "yess", "[yes]", "{a: b}"])
def test_a_question_of_yes_and_no_takes_nothing_else(source: Repository, tmp_path: Path, word: str) -> None:
    made = tmp_path / "made"
    new = ("new", made, "--template", source.path, "--defaults")
    said = mlkata(*new, "-d", f"extra={word}", code=1).err
    assert said == f"mlkata: extra can't be {word!r}\nIt takes yes or no.\n"
    (tmp_path / "answers.yml").write_text(f"extra: {word}\n")
    assert "extra can't be" in mlkata(*new, "--data-file", tmp_path / "answers.yml", code=1).err
    assert not made.exists()
    mlkata(*new)
    before = snapshot(made)
    assert "It takes yes or no." in mlkata("update", made, "-d", f"extra={word}", code=1).err
    assert snapshot(made) == before


@pytest.mark.parametrize(
    ("word", "recorded"),
    [
        ("Yes", "true"),
        ("t", "true"),
        ("1", "true"),
        ("off", "false"),
        ("0.0", "false"),
        ("~", "false"),
        ("", "false"),
    ],
)
def test_copiers_own_words_for_yes_and_no_are_taken(
    source: Repository, tmp_path: Path, word: str, recorded: str
) -> None:
    made = Repository(tmp_path / "made")
    mlkata("new", made.path, "--template", source.path, "--defaults", "-d", f"extra={word}")
    assert f"extra: {recorded}\n" in made.read(".copier-answers.yml")
