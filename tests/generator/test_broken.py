"""What is broken, half there or of another kind is told in a message, never in a traceback."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from evolving import COPIER_YML, Repository, inside, mlkata, project, run, snapshot, template


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return template(tmp_path / "template", {"a.txt": "a\n"})


@pytest.fixture
def made(source: Repository, tmp_path: Path) -> Repository:
    made = project(tmp_path / "made", source)
    source.commit(inside({"a.txt": "b\n"}), tag="v1.1.0")
    return made


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "names no template (_src_path)"),
        ("- a\n", "names no template (_src_path)"),
        ("x: [\n", "line 2 is not YAML that can be read"),
        (b"\x00\xff", "is not YAML that can be read"),
        ("_src_path: !!python/object/apply:os.system [id]\n", "line 1 is not YAML that can be read"),
        ("_src_path: 5\n_commit: v1\n", "_src_path is no plain text"),
        ("_src_path: [a]\n_commit: {b: c}\n", "_src_path, _commit is no plain text"),
        ("_src_path: /t\n_commit: 1.10\n", "_commit is no plain text"),
        ('_src_path: "/t\\0x"\n_commit: v1\n', "_src_path is no plain text"),
        ("_src_path: /t\n_commit: v1\n1: 2\n", "1 is no plain text"),
        ("_src_path: /t\n", "names no version of its template (_commit)"),
    ],
)
def test_an_answers_file_that_says_nothing_is_told(
    content: str | bytes, message: str, made: Repository
) -> None:
    made.commit({".copier-answers.yml": content})
    for verb in ("check", "update", "diff"):
        assert message in mlkata(verb, "-C", made.path, code=1).err


@pytest.mark.parametrize("answer", ["package: [1, 2]", "package: {a: b}", "package: 2020-01-01"])
def test_answers_of_a_wrong_type_are_named(answer: str, made: Repository) -> None:
    made.commit({".copier-answers.yml": made.read(".copier-answers.yml") + answer + "\n"})
    for line in (["check"], ["update", "-d", "extra=false"]):
        said = mlkata(*line, "-C", made.path, code=1).err
        assert "the recorded answer package: " in said


@pytest.mark.parametrize(
    ("copier_yml", "files", "message"),
    [
        ("a: [\n", {}, "copier.yml is no YAML: while parsing a flow node"),
        ("- a\n", {}, "copier.yml is no list of questions"),
        (COPIER_YML, {"x.jinja": "{% if"}, "can't be rendered (template/x.jinja, line 1)"),
        (COPIER_YML, {"x.jinja": "{{ a.b.c }}"}, "can't be rendered (template/x.jinja): 'a' is undefined"),
        (COPIER_YML + "_min_copier_version: '99'\n", {}, "requires Copier version >= 99"),
        (COPIER_YML + "_subdirectory: nowhere\n", {}, ""),
    ],
)
def test_a_template_that_cant_be_rendered_is_told(
    copier_yml: str, files: dict[str, str], message: str, source: Repository, made: Repository, tmp_path: Path
) -> None:
    source.commit({"copier.yml": copier_yml, **inside(files)}, tag="v1.2.0")
    lines: list[list[str | Path]] = [
        ["update", made.path], ["new", tmp_path / "other", "--template", source.path, "--defaults"],
    ]  # fmt: skip
    for line in lines:
        done = mlkata(*line, code=1 if message else None)
        assert message in done.err
        assert len(done.err.splitlines()) <= 2
    assert made.status() == [] or not message


def test_submodules_of_a_template_are_refused(source: Repository, tmp_path: Path) -> None:
    run(
        "git",
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "-q",
        "add",
        source.path,
        "sub",
        cwd=source.path,
    )
    source.commit(tag="v2.0.0")
    said = mlkata("new", tmp_path / "made", "--template", source.path, "--defaults", code=1).err
    assert "has submodules, which mlkata does not follow" in said
    assert not (tmp_path / "made").exists()


def test_a_template_without_a_copier_yml_is_copied_as_it_is(source: Repository, tmp_path: Path) -> None:
    source.commit({"copier.yml": None}, tag="v2.0.0")
    mlkata("new", tmp_path / "made", "--template", source.path, "--defaults")
    run(
        sys.executable,
        "-m",
        "copier",
        "copy",
        "-q",
        "--defaults",
        source.path,
        tmp_path / "by-copier",
        cwd=tmp_path,
    )
    assert sorted(snapshot(tmp_path / "made")) == sorted(snapshot(tmp_path / "by-copier"))


@pytest.mark.parametrize("part", ["HEAD", "index", "config", "objects"])
def test_a_damaged_repository_is_told(part: str, made: Repository) -> None:
    damaged = made.path / ".git" / part
    if damaged.is_dir():
        damaged.rename(damaged.with_name("away"))
    else:
        damaged.write_bytes(b"junk [\n")
    for line in (["check"], ["update"], ["diff"], ["undo"]):
        assert mlkata("-C", made.path, *line, code=None).code in (1, 5)


def test_no_repository_no_folder_and_a_file_are_told(made: Repository, tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    for verb in ("check", "update", "undo"):
        assert "is not in a git repository" in mlkata(verb, tmp_path / "plain", code=None).err
        assert "there is no folder" in mlkata(verb, tmp_path / "nowhere", code=1).err
        assert "there is no folder" in mlkata(verb, made.path / "a.txt", code=1).err


def test_a_repository_without_a_commit_is_checked_and_not_updated(made: Repository) -> None:
    (made.path / ".git").rename(made.path.parent / "away")
    made.git("init", "-q")
    assert mlkata("check", made.path, code=2).out.startswith("An update is available: v1.0.0 -> v1.1.0")
    assert "has no commit yet" in mlkata("update", made.path, code=5).err


def test_a_detached_head_and_a_shallow_clone_are_updated(made: Repository, tmp_path: Path) -> None:
    made.commit()
    run("git", "clone", "-q", "--depth=1", made.path.as_uri(), tmp_path / "shallow", cwd=tmp_path)
    made.git("checkout", "-q", "--detach")
    for at in (made, Repository(tmp_path / "shallow")):
        mlkata("update", at.path)
        assert at.read("a.txt") == "b\n"


@pytest.mark.parametrize("ignored", [True, False])
def test_an_answers_file_that_git_does_not_track_is_updated_on_disk(ignored: bool, made: Repository) -> None:
    made.git("rm", "-q", "--cached", ".copier-answers.yml")
    made.write({".gitignore": ".copier-answers.yml\n"} if ignored else {})
    made.git("add", *([".gitignore"] if ignored else []))
    made.git("commit", "-q", "-m", "not tracked")
    mlkata("update", made.path)
    assert "_commit: v1.1.0\n" in made.read(".copier-answers.yml")
    assert made.read("a.txt") == "b\n"
    mlkata("undo", made.path)
    assert "_commit: v1.0.0\n" in made.read(".copier-answers.yml")
