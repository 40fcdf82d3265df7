"""Where a template comes from: addresses, versions, and a cache that heals and may be deleted."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from evolving import Repository, inside, mlkata, project, template


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return template(tmp_path / "template", {"a.txt": "a\n"})


@pytest.fixture
def far(source: Repository, tmp_path: Path) -> Repository:
    """A project whose template is at an address that has to be fetched; a newer version waits there."""
    made = project(tmp_path / "made", source)
    text = made.read(".copier-answers.yml").replace(str(source.path), source.path.as_uri())
    made.commit({".copier-answers.yml": text})
    source.commit(inside({"a.txt": "b\n"}), tag="v1.1.0")
    return made


def mirror(home: Path) -> Path:
    (found,) = (home / ".cache/mlkata").glob("*.git")
    return found


def test_check_needs_no_cache_and_says_the_same_offline_with_one(far: Repository, home: Path) -> None:
    mlkata("check", far.path, "--offline", code=6)
    first = mlkata("check", far.path, code=2).out
    assert first.startswith("An update is available: v1.0.0 -> v1.1.0 of file://")
    assert mlkata("check", far.path, "--offline", code=2).out == first
    shutil.rmtree(home / ".cache")
    assert mlkata("check", far.path, code=2).out == first


def test_update_works_offline_from_the_cache(far: Repository, source: Repository) -> None:
    mlkata("update", far.path, "--dry-run")
    source.path.rename(source.path.with_name("away"))
    assert "does not appear to be a git repository" in mlkata("update", far.path, code=6).err
    mlkata("update", far.path, "--offline")
    assert far.read("a.txt") == "b\n"


@pytest.mark.parametrize("damage", ["pack", "objects", "HEAD", "config", "lock", "refs", "all"])
def test_a_damaged_mirror_heals(damage: str, far: Repository, home: Path) -> None:
    mlkata("update", far.path, "--dry-run")
    at = mirror(home)
    if damage == "pack":
        for pack in at.glob("objects/pack/*.pack"):
            pack.chmod(0o600)
            pack.write_bytes(pack.read_bytes()[:100])
        for loose in at.glob("objects/??/*"):
            loose.chmod(0o600)
            loose.write_bytes(b"")
    elif damage == "objects":
        shutil.rmtree(at / "objects")
    elif damage == "lock":
        (at / "refs/tags").mkdir(exist_ok=True)
        (at / "refs/tags/v1.1.0").unlink(missing_ok=True)
        (at / "packed-refs").unlink(missing_ok=True)
        (at / "refs/tags/v1.1.0.lock").write_text("")
    elif damage == "refs":
        (at / "refs/tags/v1.1.0").write_text("0" * 40 + "\n")
    elif damage == "all":
        shutil.rmtree(at)
    else:
        (at / damage).write_text("junk [\n")
    mlkata("update", far.path)
    assert far.read("a.txt") == "b\n"


def test_a_cache_that_cant_be_written_is_said(
    far: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MLKATA_CACHE_DIR", str(tmp_path / "file/cache"))
    said = mlkata("update", far.path, code=1).err
    assert "can't be made: Not a directory\nSet MLKATA_CACHE_DIR" in said


@pytest.mark.parametrize(
    "form", ["{path}", "../template", "~/template", "file://{path}", "git+file://{path}"]
)
def test_every_form_of_address_that_copier_records_is_understood(
    form: str, source: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = project(tmp_path / "made", source)
    monkeypatch.setenv("HOME", str(tmp_path))
    text = made.read(".copier-answers.yml").replace(str(source.path), form.format(path=source.path))
    made.commit({".copier-answers.yml": text})
    source.commit(inside({"a.txt": "b\n"}), tag="v1.1.0")
    mlkata("update", made.path)
    assert made.read("a.txt") == "b\n"
    assert f"_src_path: {form.format(path=source.path)}\n" in made.read(".copier-answers.yml")


@pytest.mark.parametrize("address", ["gh:nobody/nothing", "gl:nobody/nothing", "https://127.0.0.1:1/x.git"])
def test_what_is_not_in_the_cache_is_out_of_reach_offline(
    address: str, source: Repository, tmp_path: Path
) -> None:
    made = project(tmp_path / "made", source)
    made.commit({".copier-answers.yml": made.read(".copier-answers.yml").replace(str(source.path), address)})
    for verb in ("check", "update", "diff"):
        mlkata(verb, "-C", made.path, "--offline", code=6 if verb != "diff" else None)
    assert "is not in the cache" in mlkata("update", made.path, "--offline", code=6).err


@pytest.mark.parametrize(
    ("tags", "recorded"),
    [
        ([], "{describe}"),
        (["v2.0.0rc1"], "v1.0.0"),
        (["latest", "v1.1.0", "v1"], "v1.1.0"),
        (["stable", "foo/bar"], "v1.0.0"),
        (["v1.1.0", "1.10.0"], "1.10.0"),
    ],
)
def test_the_newest_release_counts_whatever_other_tags_there_are(
    tags: list[str], recorded: str, source: Repository, tmp_path: Path
) -> None:
    source.commit(inside({"a.txt": "b\n"}))
    for tag in tags:
        source.git("tag", tag)
    if not tags:
        source.git("tag", "-d", "v1.0.0")
    mlkata("new", tmp_path / "made", "--template", source.path, "--defaults")
    describe = source.git("describe", "--tags", "--always")
    answers = yaml.safe_load((tmp_path / "made/.copier-answers.yml").read_text())
    assert answers["_commit"] == recorded.format(describe=describe)
    mlkata("check", tmp_path / "made")
    assert "Up to date" in mlkata("update", tmp_path / "made").out


def test_pre_releases_count_where_they_are_asked_for(source: Repository, tmp_path: Path) -> None:
    made = project(tmp_path / "made", source)
    source.commit(inside({"a.txt": "b\n"}), tag="v2.0.0rc1")
    mlkata("check", made.path)
    mlkata("check", made.path, "--prereleases", code=2)
    mlkata("update", made.path, "--prereleases")
    assert made.read("a.txt") == "b\n"


def test_a_project_that_is_ahead_of_every_release_is_left_alone_and_can_go_back(
    source: Repository, tmp_path: Path
) -> None:
    source.commit(inside({"a.txt": "b\n"}), tag="v2.0.0")
    made = project(tmp_path / "made", source, ref="v2.0.0")
    source.git("tag", "-d", "v2.0.0")
    mlkata("check", made.path)
    assert "Up to date: v2.0.0" in mlkata("update", made.path).out
    mlkata("update", made.path, "-r", "v1.0.0")
    assert made.read("a.txt") == "a\n"
    assert "_commit: v1.0.0\n" in made.read(".copier-answers.yml")


@pytest.mark.parametrize("what", ["missing", "no git"])
def test_an_address_that_is_no_template_is_said(what: str, tmp_path: Path) -> None:
    place = tmp_path / "place"
    if what == "no git":
        place.mkdir()
    done = mlkata("new", tmp_path / "made", "--template", place, code=6 if what == "missing" else 1)
    assert ("does not appear to be a git repository" if what == "missing" else "without git") in done.err
    assert not (tmp_path / "made").exists()
