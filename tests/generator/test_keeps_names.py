"""Files are kept whatever they are called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from evolving import Content, Repository, command, mlkata, project, run, snapshot, template
from keeping import BOTH, CLASH, LINES, MINE, THEIRS, update

NAMES = [
    "with space.txt",
    " leading and trailing ",
    'quo"te.txt',
    "apostro'phe.txt",
    "new\nline.txt",
    "ta\tb.txt",
    "back\\slash.txt",
    "\U0001f431 emoji.txt",
    "combining e\u0301.txt",
    "-dash.txt",
    "--output=x",
    ":(glob)*.txt",
    ":!not.txt",
    "star*.txt",
    "[a-z].txt",
    "question?.txt",
    "#hash",
    "!bang",
    "dollar$HOME`id`.txt",
    "percent%s.txt",
    "per%20cent",
    "tilde~1",
    "HEAD",
    "~",
    "a -> b",
    "bell\a.txt",
]
RAW = os.fsdecode(b"latin-\xe9-\xff.txt")


def bodies(content: str) -> dict[str, Content]:
    """Each name with content of its own, so that none is taken for a renamed one."""
    return {f"{folder}{name}": f"{name}\n{content}" for name in NAMES for folder in ("", "-sub dir\n/")}


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return template(tmp_path / "template", bodies(LINES))


@pytest.fixture
def made(tmp_path: Path, source: Repository) -> Repository:
    return project(tmp_path / "project", source)


def inside(files: dict[str, Content]) -> dict[str, Content]:
    return {f"template/{name}": content for name, content in files.items()}


def test_files_of_any_name_are_merged(source: Repository, made: Repository) -> None:
    made.commit({**bodies(MINE), RAW: "own\n"})
    source.commit(inside(bodies(THEIRS)), tag="v1.1.0")
    assert update(made) == {(name, "change") for name in bodies("")}
    expected = {name: str(content).encode() for name, content in bodies(BOTH).items()}
    found = {name: content for name, (_, content) in snapshot(made.path).items()}
    del found[".copier-answers.yml"]
    assert found == {**expected, RAW: b"own\n"}
    staged = made.git("diff", "--cached", "--name-only", "-z").rstrip("\0").split("\0")
    assert sorted(staged) == sorted([".copier-answers.yml", *bodies("")])
    assert made.git("diff", "--name-only") == ""


def test_files_of_any_name_can_be_in_conflict_and_taken_back(source: Repository, made: Repository) -> None:
    made.commit(bodies(MINE))
    before = snapshot(made.path)
    source.commit(inside(bodies(CLASH)), tag="v1.1.0")
    assert update(made, code=3) == {(name, "conflict") for name in bodies("")}
    assert all("mine\n=======\ntheirs\n" in made.read(name) for name in NAMES)
    mlkata("update", made.path, "--abort")
    assert snapshot(made.path) == before
    assert made.status() == []


def test_untracked_files_of_any_name_are_spared(source: Repository, made: Repository) -> None:
    own = {f"own {name}": f"mine {name}\n" for name in NAMES}
    made.write(own)
    source.commit(inside(dict.fromkeys(own, "theirs\n")), tag="v1.1.0")
    assert update(made) == {(name, "skipped") for name in own}
    assert {name: made.read(name) for name in own} == own
    assert made.git("diff", "--cached", "--name-only") == ".copier-answers.yml"


def test_new_files_of_any_name_that_git_ignores_go_to_the_disk_alone(
    source: Repository, made: Repository
) -> None:
    made.commit({".gitignore": "new*\n"})
    fresh: dict[str, Content] = {f"new {name}": f"{name}\n" for name in NAMES}
    source.commit(inside(fresh), tag="v1.1.0")
    assert update(made) == {(name, "add") for name in fresh}
    assert {name: made.read(name) for name in fresh} == fresh
    assert made.git("diff", "--cached", "--name-only") == ".copier-answers.yml"


def test_own_files_whose_names_are_no_utf_8_follow_a_renamed_folder(tmp_path: Path) -> None:
    source = template(tmp_path / "template", {f"old/{n}.txt": f"{n}\n{LINES}" for n in range(3)})
    made = project(tmp_path / "project", source)
    made.commit({f"old/{RAW}": "own\n"})
    made.write({f"{RAW}.orig": "untracked\n"})
    source.git("mv", "template/old", "template/new")
    source.commit(tag="v1.1.0")
    said = run(*command("update", made.path), cwd=made.path)
    assert "rename    old/latin-\\udce9-\\udcff.txt -> new/latin-\\udce9-\\udcff.txt" in said
    assert made.read(f"new/{RAW}") == "own\n"
    assert made.read(f"{RAW}.orig") == "untracked\n"
    mlkata("undo", "-C", made.path)
    assert made.read(f"old/{RAW}") == "own\n"


def test_a_report_prints_no_control_characters_of_a_name(source: Repository, made: Repository) -> None:
    source.commit(inside({"red \033[31m.txt": "x\n", "new\nline.txt": "y\n"}), tag="v1.1.0")
    lines = mlkata("update", made.path).out.splitlines()
    assert "  change    new\\nline.txt  (changed in the template)" in lines
    assert "  add       red \\x1b[31m.txt  (new in the template)" in lines


def test_a_patch_of_files_of_any_name_applies(made: Repository, tmp_path: Path) -> None:
    made.commit(bodies(MINE))
    patch = mlkata("diff", "-C", made.path).out
    (tmp_path / "own.patch").write_bytes(patch.encode())
    made.git("apply", "-R", "--index", tmp_path / "own.patch")
    assert {name: made.read(name) for name in bodies("")} == bodies(LINES)
