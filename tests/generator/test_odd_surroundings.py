"""Where the command is used: closed streams, full disks, git's own settings, links, odd versions."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from evolving import Repository, command, mlkata, project, template
from keeping import CLASH, LINES, THEIRS, release, start, update


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return template(tmp_path / "template", {"a.txt": LINES})


@pytest.fixture
def made(source: Repository, tmp_path: Path) -> Repository:
    return project(tmp_path / "made", source)


def shell(words: str, *args: str | Path) -> subprocess.CompletedProcess[str]:
    """A command line with redirections, run by a shell."""
    whole = ["sh", "-c", f'exec "$@" {words}', "sh", *command(*args)]
    return subprocess.run(whole, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("streams", ["<&-", ">&-", "<&- >&- 2>&-"])
def test_closed_streams_are_no_error(source: Repository, made: Repository, streams: str) -> None:
    release(source, {"a.txt": THEIRS})
    done = shell(streams, "update", made.path)
    assert (done.returncode, done.stderr) == (0, "")
    assert made.read("a.txt") == THEIRS


@pytest.mark.parametrize("json", [[], ["--json"]])
def test_no_room_for_the_report(source: Repository, made: Repository, json: list[str]) -> None:
    release(source, {"a.txt": THEIRS})
    done = shell(">/dev/full", "update", made.path, *json)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "what was done can't be told: No space left on device" in done.stderr
    assert made.read("a.txt") == THEIRS


def test_a_folder_behind_a_link(source: Repository, made: Repository, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(made.path)
    mlkata("new", link / "sub", "--template", source.path, "--defaults")
    assert "A  sub/a.txt" in made.status()
    made.commit({"a.txt": CLASH})
    mlkata("-C", made.path, "restore", link / "a.txt")
    assert made.read("a.txt") == LINES


def test_mirrors_where_bare_repositories_must_be_named(
    source: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLKATA_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "safe.bareRepository")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "explicit")
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    url = f"file://{source.path}"
    mlkata("new", tmp_path / "far", "--template", url, "--defaults")
    release(source, {"a.txt": THEIRS})
    assert update(Repository(tmp_path / "far")) == {("a.txt", "change")}


def test_a_commit_that_reads_like_a_version(tmp_path: Path) -> None:
    source = template(tmp_path / "template", {"a.txt": LINES})
    source.git("tag", "-d", "v1.0.0")
    made = project(tmp_path / "made", source, ref="HEAD")
    sha, number = source.git("rev-parse", "HEAD"), 0
    while not sha[:9].isdecimal():  # one in seventy
        number += 1
        stamp = {**os.environ, "GIT_COMMITTER_DATE": f"{10**9 + number} +0000"}
        subprocess.run(
            ["git", "commit", "-q", "--amend", "--no-edit"], cwd=source.path, env=stamp, check=True
        )
        sha = source.git("rev-parse", "HEAD")
    answers = made.read(".copier-answers.yml")
    (line,) = (line for line in answers.splitlines() if line.startswith("_commit"))
    made.commit({".copier-answers.yml": answers.replace(line, f"_commit: '{sha[:9]}'")})
    assert mlkata("check", "--outdated", made.path).out.startswith("Up to date")
    release(source, {"a.txt": THEIRS}, "v1.0.0")
    assert "-> v1.0.0 of" in mlkata("check", "--outdated", made.path, code=2).out
    assert update(made) == {("a.txt", "change")}


def test_what_a_person_ignores_is_not_the_teams(
    source: Repository, made: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release(source, {"data/new.txt": "new\n"})
    (tmp_path / "ignore").write_text("data/\n")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.excludesFile")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(tmp_path / "ignore"))
    assert update(made) == {("data/new.txt", "add")}
    assert "A  data/new.txt" in made.status()


def test_a_template_that_records_answers_elsewhere(source: Repository, made: Repository) -> None:
    (source.path / "template/{{ _copier_conf.answers_file }}.jinja").rename(
        source.path / "template/.other.yml.jinja"
    )
    release(source)
    refused = mlkata("update", made.path, code=1).err
    assert "v1.1.0 of the template does not record its answers in .copier-answers.yml" in refused
    assert made.status() == []


def test_a_new_project_leaves_others_folders_alone(source: Repository, tmp_path: Path) -> None:
    notes = tmp_path / "work" / ".mlkata-notes-99999" / "notes.txt"
    backup = tmp_path / ".work.mlkata-backup-99998" / "notes.txt"
    for file in (notes, backup):
        file.parent.mkdir(parents=True)
        file.write_text("mine\n")
    mlkata("new", tmp_path / "work", "--template", source.path, "--defaults", code=5)
    assert (notes.read_text(), backup.read_text()) == ("mine\n", "mine\n")


def test_relink_keeps_line_endings(source: Repository, made: Repository, tmp_path: Path) -> None:
    made.git("config", "core.autocrlf", "false")
    text = made.read(".copier-answers.yml").replace("\n", "\r\n")
    made.commit({".copier-answers.yml": text.encode()})
    moved = tmp_path / "moved"
    source.path.rename(moved)
    mlkata("-C", made.path, "relink", moved)
    now = (made.path / ".copier-answers.yml").read_bytes().decode()
    assert now == text.replace(str(source.path), str(moved))
    made.git("rm", "-q", "--cached", ".copier-answers.yml")
    made.git("commit", "-qm", "untracked")
    assert "git does not track" in mlkata("-C", made.path, "relink", moved, code=1).err


def test_an_author_from_the_environment(
    source: Repository, made: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "CI")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ci@example.com")
    release(source, {"a.txt": THEIRS})
    mlkata("update", made.path, "--branch", "next")
    assert made.git("log", "-1", "--format=%ae %ce", "next") == "ci@example.com ci@example.com"


@pytest.mark.parametrize("rule", ["", ", validator: \"{{ 'no' if '0' in name }}\""])
def test_what_components_share_stays(tmp_path: Path, rule: str) -> None:
    kind = f"_help: A part\nname: {{type: str{rule}}}\n"
    files = {
        "components/part/component.yml": kind,
        "components/part/files/parts/__init__.py": "",
        "components/part/files/parts/{{ name }}.py.jinja": "# {{ name }}\n",
    }
    source, made = start(tmp_path, {"a.txt": LINES})
    source.commit(files, tag="v1.1.0")
    mlkata("update", made.path)
    made.commit()
    for name in ("one", "two"):
        mlkata("-C", made.path, "add", "part", name)
    made.commit()
    mlkata("-C", made.path, "remove", "part", "one")
    shared = ["D  parts/__init__.py"] if rule else []  # where nobody else can be asked about
    assert made.status() == [*shared, "D  parts/one.py"]


def test_a_template_that_names_its_folder(source: Repository, tmp_path: Path) -> None:
    source.commit({"template/h.txt.jinja": "in {{ _folder_name }}\n"}, tag="v1.1.0")
    whole = Repository(tmp_path / "whole")
    whole.path.mkdir()
    whole.git("init", "-q")
    whole.commit({"README.md": "whole\n"})
    for name in ("a", "b"):
        mlkata("new", whole.path / name, "--template", source.path, "--defaults")
        whole.commit()
    for name in ("a", "b"):
        assert "edited" not in mlkata("check", "--drift", whole.path / name).out.replace("0 edited", "")
        whole.write({f"{name}/h.txt": "mine\n"})
        mlkata("-C", whole.path / name, "restore", "h.txt")
        assert whole.read(f"{name}/h.txt") == f"in {name}\n"
