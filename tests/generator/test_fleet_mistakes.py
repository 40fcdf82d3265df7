"""Fleets: what goes wrong is one clear message, and the others go on."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from evolving import Repository
from fleets import branches, evolved, fleet, made


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return evolved(tmp_path / "template")


@pytest.fixture
def all_(tmp_path: Path) -> Path:
    """The folder that holds the fleet."""
    folder = tmp_path / "all"
    folder.mkdir()
    return folder


def test_a_template_that_wants_to_run_code_is_asked_about_once(all_: Path, tmp_path: Path) -> None:
    source = evolved(tmp_path / "template")
    ones = made(all_, source, "one", "two")
    tasks = source.read("copier.yml") + "_tasks: ['touch ran']\n"
    source.commit({"copier.yml": tasks}, tag="v1.2.0")
    found = fleet("update", all_, "--json", cwd=all_, code=4)
    assert {row["code"] for row in found.rows.values()} == {4}
    assert branches(ones["one"]) == ["main"]
    fleet("update", all_, "--trust", cwd=all_)
    assert "ran" in ones["two"].git("ls-tree", "-r", "--name-only", "mlkata/update-v1.2.0").splitlines()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("update one --limit 0", "'0' is no number above 0"),
        ("update one -j x", "'x' is no number above 0"),
        ("update one -n -i", "not allowed with"),
        ("update one --interactive", "this is no terminal"),
        ("status", "the following arguments are required"),
        ("", "the following arguments are required"),
        ("status empty.txt", "there is no repository in empty.txt"),
        ("status one --html nowhere/r.html", "there is no folder"),
    ],
)
def test_wrong_usage_is_one_clear_error(line: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("# nothing\n")
    found = fleet(*line.split(), cwd=tmp_path, code=1)
    assert said in found.err
    assert "Traceback" not in found.err


def test_a_cache_that_cannot_be_written_is_one_clear_error(source: Repository, all_: Path) -> None:
    made(all_, source, "one")
    (all_ / "file").write_text("")
    env = os.environ | {"MLKATA_CACHE_DIR": str(all_ / "file")}
    assert "can't be kept" in fleet("status", "one", cwd=all_, code=1, env=env).err
