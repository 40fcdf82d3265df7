"""Folders that are wrong, gone, or closed to you: one message says which, and nothing is left."""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path

import pytest
from evolving import Repository, command, mlkata, project, template
from fleets import copies, fleet


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return template(tmp_path / "template", {"a.txt": "a\n"})


@pytest.fixture
def made(source: Repository, tmp_path: Path) -> Repository:
    return project(tmp_path / "made", source)


def without_privileges(*args: str | Path, cwd: Path) -> tuple[int, str, str]:
    """Run mlkata as somebody whom a file's permissions stop, whoever runs the tests."""

    def drop() -> None:
        if os.geteuid() == 0:
            for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
                assert ctypes.CDLL(None).prctl(24, capability, 0, 0, 0) == 0  # PR_CAPBSET_DROP

    done = subprocess.run(
        command(*args), cwd=cwd, capture_output=True, text=True, check=False, preexec_fn=drop
    )
    return done.returncode, done.stdout, done.stderr


def test_a_folder_that_may_not_be_written_is_named(source: Repository, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o555)
    new = ("new", tmp_path / "closed/deep/x", "--template", source.path, "--defaults")
    code, out, err = without_privileges(*new, cwd=tmp_path)
    assert (code, out, err.splitlines()[0]) == (
        1, "", f"mlkata: {tmp_path}/closed/deep/x can't be made: Permission denied"
    )  # fmt: skip


def test_nothing_is_left_of_a_name_that_no_disk_takes(source: Repository, tmp_path: Path) -> None:
    new = ("--template", source.path, "--defaults")
    said = mlkata("new", tmp_path / "a/b" / ("x" * 300), *new, code=1).err
    assert said.splitlines()[0].endswith("x can't be made: File name too long")
    assert not (tmp_path / "a").exists()
    said = mlkata("new", tmp_path / "a\nb", *new, code=1).err
    assert said.splitlines()[0].endswith("a\\nb' has a line break in it")
    assert sorted(path.name for path in tmp_path.iterdir() if "x" in path.name or "\n" in path.name) == []


def test_a_name_that_looks_like_a_flag_can_be_gone_to(
    source: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = mlkata("new", "--template", source.path, "--defaults", "--json", "--", "-x")
    assert done.data["next"] == ["cd ./-x"]


def test_an_unreadable_repository_stops_no_others(made: Repository, tmp_path: Path) -> None:
    (tmp_path / "all").mkdir()
    copies(made, tmp_path / "all/closed", tmp_path / "all/open")
    (tmp_path / "all/closed").chmod(0)
    try:
        runs = [
            without_privileges("fleet", "status", *which, cwd=tmp_path)
            for which in (["all"], ["all/open", "all/closed"])
        ]
    finally:
        (tmp_path / "all/closed").chmod(0o755)
    for code, out, err in runs:
        assert (code, err) == (1, "")
        assert f"failed     all/closed  {tmp_path}/all/closed: Permission denied\n" in out
        assert "clean      all/open" in out


def test_a_report_that_cannot_be_written_is_said_beside_the_rest(made: Repository, tmp_path: Path) -> None:
    name = f"{'x' * 300}.html"
    out = fleet("status", "made", "--html", name, cwd=tmp_path, code=1).out
    assert out.startswith("clean      made")
    assert f"The report can't be written: {tmp_path}/{name}: File name too long\n" in out
    assert fleet("status", "made", "--html", "made", cwd=tmp_path, code=1).err == (
        f"mlkata: {made.path} is a folder\n--html takes the name of a file.\n"
    )


@pytest.mark.parametrize("verb", ["new", "check", "fleet status"])
def test_where_it_is_run_has_to_be_there(verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [*verb.split(), *([] if verb == "check" else ["x"])]
    said = "mlkata: there is no folder nowhere\n-C takes one that is there.\n"
    monkeypatch.chdir(tmp_path)
    assert mlkata(*words, "-C", "nowhere", code=1).err == said
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert mlkata(*words, code=1).err.startswith("mlkata: the folder that you are in was deleted\n")
    monkeypatch.chdir(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_address_is_no_folder_to_make(tmp_path: Path) -> None:
    for address in ("https://u:s3cret@host/x.git", "gh:team/template", "git@host:team/x.git"):
        said = mlkata("new", address, "-C", tmp_path, "--defaults", code=1).err
        assert said.endswith(
            " is an address, not a folder to make\nThe folder comes first: mlkata new DEST --template URL\n"
        )
        assert "s3cret" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_project_is_no_template(made: Repository, tmp_path: Path) -> None:
    said = f"mlkata: {made.path} is a project made from a template, and no template\n"
    new = mlkata("new", tmp_path / "x", "--template", made.path, "--defaults", code=1).err
    assert new.startswith(said)
    assert not (tmp_path / "x").exists()
    other = Repository(tmp_path / "other")
    other.path.mkdir()
    other.git("init", "-q")
    other.commit({"x.txt": "x\n"})
    assert mlkata("adopt", other.path, "--template", made.path, code=1).err.startswith(said)


def test_a_folder_outside_of_git_may_be_the_wrong_one(tmp_path: Path) -> None:
    said = mlkata("check", "-C", tmp_path, code=5).err.splitlines()
    assert said[1].startswith("Is it another folder (-C DIR)? If it is this one, mlkata merges with git: ")
