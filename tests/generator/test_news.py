"""What the template's changelog says is new."""

from __future__ import annotations

from pathlib import Path

import pytest
from evolving import Repository, inside, mlkata, project, template

CHANGELOG = """\
# Changelog

## Unreleased

- A seventh thing.

## [1.2.0](https://example.com/1.2.0) - 2026-03-01

- A sixth thing, at length: {long}

## 1.2.0rc1

- A fifth thing.

### v1.1.0 (2026-02-01)

#### 3 additions

- A fourth thing.
  It goes on.

### Words without a number

- A third thing.

## 1.0.0

- A second thing.

## 0.9

- A first thing.
"""


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    made = template(tmp_path / "template", {"a.txt": "one\n"})
    text = CHANGELOG.format(long="word " * 40)
    made.commit({"CHANGELOG.md": text, **inside({"a.txt": "two\n"})}, tag="v1.2.0")
    return made


@pytest.fixture
def old(source: Repository, tmp_path: Path) -> Repository:
    return project(tmp_path / "project", source)


def headings(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip().startswith("#")]


NEW = [
    "## [1.2.0](https://example.com/1.2.0) - 2026-03-01",
    "## 1.2.0rc1",
    "### v1.1.0 (2026-02-01)",
    "#### 3 additions",
]


def test_an_update_tells_what_is_new(old: Repository) -> None:
    said = mlkata("update", "-C", old.path, "--dry-run")
    assert headings(said.out) == NEW
    assert "  - A fourth thing.\n    It goes on.\n" in said.out
    assert "third" not in said.out  # under a heading that is no version's, after one that is
    assert mlkata("update", "-C", old.path, "--json").data["news"].splitlines()[0] == NEW[0]


def test_nothing_new_says_nothing(source: Repository, old: Repository) -> None:
    mlkata("update", "-C", old.path, "-q")
    old.commit()
    source.commit(inside({"a.txt": "three\n"}), tag="v1.2.1")
    said = mlkata("update", "-C", old.path, "--json").data
    assert (said["old"], said["new"], "news" in said) == ("v1.2.0", "v1.2.1", False)


def test_other_answers_are_no_news(old: Repository) -> None:
    mlkata("update", "-C", old.path, "-q")
    old.commit()
    assert "news" not in mlkata("update", "-C", old.path, "-d", "package=other", "--json").data


def test_back_to_an_older_version_is_no_news(source: Repository, tmp_path: Path) -> None:
    newest = project(tmp_path / "newest", source, ref="v1.2.0")
    assert "news" not in mlkata("update", "-C", newest.path, "-r", "v1.0.0", "--json").data


def test_much_is_cut_and_control_characters_are_not_printed(source: Repository, old: Repository) -> None:
    lines = "\n".join(f"- thing {number}" for number in range(100))
    source.commit({"CHANGELOG.md": f"## 1.3.0\n{lines}\x1b[31m\n".encode() + b"\xff\n"}, tag="v1.3.0")
    short, whole = (mlkata("update", "-C", old.path, "--dry-run", *flag).out for flag in ((), ("-v",)))
    assert "- thing 38\n" in short
    assert "- thing 39\n" not in short
    assert "… and 62 more lines (-v shows all)" in short
    assert "- thing 99\\x1b[31m\n  \N{REPLACEMENT CHARACTER}\n" in whole
