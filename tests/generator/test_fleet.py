"""`mlkata fleet` over repositories of every kind: each has its row, and none stops the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from evolving import Repository, inside, mlkata, project, snapshot
from fleets import BRANCH, LINES, bare, branches, copies, evolved, fleet, made, sound


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return evolved(tmp_path / "template")


@pytest.fixture
def all_(tmp_path: Path) -> Path:
    """The folder that holds the fleet."""
    folder = tmp_path / "all"
    folder.mkdir()
    return folder


def test_every_kind_of_repository_has_its_row_and_the_worst_is_the_exit_code(
    source: Repository, all_: Path
) -> None:
    ones = made(all_, source, "plain", "dirty", "conflicting", "current", "orphan")
    ones["dirty"].write({"a.txt": "mine\n"})
    ones["conflicting"].commit({"a.txt": LINES.replace("line 18\n", "mine\n")})
    mlkata("update", ones["current"].path)
    ones["current"].commit()
    ones["orphan"].commit({".copier-answers.yml": None})
    lost = copies(ones["plain"], all_ / "lost")[0]
    answers = lost.read(".copier-answers.yml").replace(str(source.path), "https://127.0.0.1:1/gone.git")
    lost.commit({".copier-answers.yml": answers})
    before = {name: (snapshot(one.path), one.git("rev-parse", "HEAD")) for name, one in ones.items()}

    found = fleet("update", all_, "--json", cwd=all_, code=1)

    outcomes = {name: (row["status"], row["code"]) for name, row in found.rows.items()}
    assert outcomes == {
        "plain": ("done", 0),
        "dirty": ("done", 0),
        "conflicting": ("conflicts", 3),
        "current": ("up-to-date", 0),
        "orphan": ("failed", 1),
        "lost": ("failed", 6),
    }
    assert "can't be reached" in found.rows["lost"]["headline"]
    assert "has no .copier-answers.yml" in found.rows["orphan"]["headline"]
    assert found.rows["conflicting"]["conflicts"] == ["a.txt"]
    assert {name: (snapshot(one.path), one.git("rev-parse", "HEAD")) for name, one in ones.items()} == before
    assert sound(ones["plain"])
    assert sound(ones["dirty"])
    assert "<<<<<<<" in ones["conflicting"].git("show", f"{BRANCH}:a.txt")
    assert branches(ones["current"]) == branches(ones["orphan"]) == ["main"]


def test_the_objects_are_just_these(source: Repository, all_: Path) -> None:
    one = made(all_, source, "one")["one"]
    row, summary = fleet("update", "one", "--json", cwd=all_).objects
    assert row.pop("seconds") > 0
    tip = one.git("rev-parse", "--short=10", BRANCH)
    assert row == {
        "repository": str(one.path),
        "project": "",
        "command": "update",
        "status": "done",
        "code": 0,
        "headline": f"v1.0.0 -> v1.1.0, on the branch {BRANCH} ({tip}); your working tree is untouched.",
        "hint": "",
        "template": str(source.path),
        "old": "v1.0.0",
        "new": "v1.1.0",
        "files": {"change": 2, "add": 1},
        "conflicts": [],
        "obstacles": [],
        "branch": BRANCH,
        "pushed": "",
        "request": "",
        "link": "",
        "earlier": False,
    }
    assert summary.pop("seconds") > 0
    assert summary == {
        "command": "fleet update",
        "status": "done",
        "code": 0,
        "repositories": 1,
        "left": 0,
        "projects": 1,
        "earlier": 0,
        "statuses": {"done": 1},
        "codes": {"0": 1},
        "versions": {str(source.path): {"v1.0.0": 1}},
        "ahead": 1,
        "edited": 0,
        "notes": [],
    }


def test_the_objects_are_documented(source: Repository, all_: Path) -> None:
    made(all_, source, "one")
    text = (Path(__file__).parents[2] / "docs/fleet.md").read_text()
    for found in fleet("check", "one", "--json", cwd=all_, code=2).objects:
        assert [key for key in found if f"| `{key}` |" not in text] == []


def test_status_and_check_tell_what_is_ahead_and_what_is_edited(source: Repository, all_: Path) -> None:
    ones = made(all_, source, "plain", "edited", "dirty", "waiting")
    ones["edited"].commit({"b.txt": "mine\n"})
    ones["dirty"].write({"a.txt": "mine\n"})
    mlkata("update", ones["waiting"].path, "--branch")
    before = {name: snapshot(one.path) for name, one in ones.items()}
    status = fleet("status", all_, "--json", cwd=all_, code=2)
    assert {row["status"] for row in status.rows.values()} == {"outdated"}
    assert {name: len(row["obstacles"]) for name, row in status.rows.items()} == {
        "plain": 0, "edited": 0, "dirty": 1, "waiting": 1,
    }  # fmt: skip
    assert status.rows["dirty"]["obstacles"] == ["changed and not committed: a.txt"]
    check = fleet("check", all_, "--json", cwd=all_, code=2)
    assert {name: (row["status"], row["files"]) for name, row in check.rows.items()} == {
        "plain": ("outdated", {}),
        "waiting": ("outdated", {}),
        "edited": ("outdated, drifted", {"edited": 1}),
        "dirty": ("outdated, drifted", {"edited": 1}),
    }
    assert (check.summary["ahead"], check.summary["edited"]) == (4, 2)
    assert {name: snapshot(one.path) for name, one in ones.items()} == before


def test_all_that_is_current_and_clean_is_exit_code_0(source: Repository, all_: Path) -> None:
    project(all_ / "one", source, ref="v1.1.0")
    for verb, said in (("status", "clean"), ("check", "clean"), ("update", "up-to-date")):
        found = fleet(verb, all_, "--json", cwd=all_)
        assert found.rows["one"]["status"] == said


def test_a_dry_run_changes_nothing(source: Repository, all_: Path) -> None:
    one = made(all_, source, "one")["one"]
    refs, before = one.git("for-each-ref", "refs/heads"), snapshot(one.path)
    found = fleet("update", all_, "--dry-run", "--json", cwd=all_)
    assert (found.rows["one"]["status"], found.rows["one"]["files"]) == ("planned", {"add": 1, "change": 2})
    assert (one.git("for-each-ref", "refs/heads"), snapshot(one.path)) == (refs, before)
    assert one.status() == []


def test_in_place_writes_what_is_clean_and_refuses_what_is_not(source: Repository, all_: Path) -> None:
    ones = made(all_, source, "clean", "dirty")
    ones["dirty"].write({"a.txt": "mine\n"})
    found = fleet("update", all_, "--in-place", "--json", cwd=all_, code=5)
    assert found.rows["clean"]["status"] == "done"
    assert found.summary["versions"] == {str(source.path): {"v1.0.0": 1, "v1.1.0": 1}}
    assert ones["clean"].read("new.txt") == "new\n"
    assert (found.rows["dirty"]["code"], found.rows["dirty"]["status"]) == (5, "failed")
    assert ones["dirty"].status() == [" M a.txt"]
    assert branches(ones["clean"]) == ["main"]
    assert "makes no branch" in fleet("update", all_, "--in-place", "--push", cwd=all_, code=1).err


def test_each_managed_folder_of_a_repository_is_a_project(source: Repository, all_: Path) -> None:
    whole = made(all_, source, "whole")["whole"]
    for name in ("apps/one", "apps/two é"):
        mlkata("new", whole.path / name, "--template", source.path, "-r", "v1.0.0", "--defaults", "-q")
    whole.commit()
    found = fleet("update", "whole", "--json", cwd=all_)
    assert {row["project"]: row["status"] for row in found.objects[:-1]} == {
        "": "done", "apps/one/": "done", "apps/two é/": "done",
    }  # fmt: skip
    assert len(set(branches(whole))) == 4
    changed = whole.git("diff", "--name-only", "main", "mlkata/apps/one/update-v1.1.0").splitlines()
    assert changed == ["apps/one/.copier-answers.yml", "apps/one/a.txt", "apps/one/new.txt"]
    part = fleet("status", "whole/apps/one", "--json", cwd=all_, code=2)
    assert list(part.rows) == ["whole/apps/one"]
    clone = bare(whole, all_ / "bare.git")
    assert len(fleet("update", "bare.git", "--restart", "--json", cwd=all_).rows) == 3
    tips = [at.git("rev-parse", "mlkata/apps/one/update-v1.1.0^{tree}") for at in (whole, clone)]
    assert tips[0] == tips[1]


def test_a_branch_follows_a_newer_head_while_nobody_else_wrote_to_it(source: Repository, all_: Path) -> None:
    ones = made(all_, source, "ours", "theirs", "used")
    fleet("update", all_, cwd=all_)
    for one in ones.values():
        one.commit({"b.txt": "mine\n"})
    ones["theirs"].git("checkout", "-q", BRANCH)
    ones["theirs"].commit({"a.txt": "by hand\n"})
    ones["theirs"].git("checkout", "-q", "main")
    ones["used"].git("checkout", "-q", BRANCH)
    found = fleet("update", all_, "--json", cwd=all_, code=1)
    assert {name: row["status"] for name, row in found.rows.items()} == {
        "ours": "done", "theirs": "failed", "used": "up-to-date",
    }  # fmt: skip
    assert "with something else on it" in found.rows["theirs"]["headline"]
    assert ones["ours"].git("show", f"{BRANCH}:b.txt") == "mine"
    assert ones["theirs"].git("show", f"{BRANCH}:a.txt") == "by hand"


def test_answers_are_changed_everywhere(source: Repository, all_: Path) -> None:
    ones = made(all_, source, "one", "two")
    fleet("update", all_, "-d", "package=other", "--branch", "next", cwd=all_)
    assert [one.git("show", "next:name.txt") for one in ones.values()] == ["other", "other"]
    assert "asks for no wrong" in fleet("update", all_, "-d", "wrong=1", cwd=all_, code=1).out


def test_a_limit_takes_the_next_ones_each_time(source: Repository, all_: Path) -> None:
    ones = made(all_, source, "a", "b", "c")
    first = fleet("update", all_, "--limit", "2", "--json", cwd=all_)
    assert (first.summary["status"], first.summary["left"]) == ("partial", 1)
    assert [name for name, one in ones.items() if BRANCH in branches(one)] == ["a", "b"]
    second = fleet("update", all_, "--limit", "2", "--json", cwd=all_)
    assert {name: row["earlier"] for name, row in second.rows.items()} == {"a": True, "b": True, "c": False}
    assert (second.summary["status"], second.summary["earlier"]) == ("done", 2)
    third = fleet("update", all_, "--limit", "2", "--json", cwd=all_)  # that one is complete: anew
    assert third.summary["earlier"] == 0


def test_what_changed_since_is_done_again(source: Repository, all_: Path) -> None:
    ones = made(all_, source, "a", "b", "c")
    fleet("update", all_, "--limit", "2", cwd=all_)
    ones["a"].commit({"b.txt": "mine\n"})
    found = fleet("update", all_, "--json", cwd=all_)
    assert {name: row["earlier"] for name, row in found.rows.items()} == {"a": False, "b": True, "c": False}
    fleet("update", all_, "--limit", "2", "--restart", cwd=all_)
    source.commit(inside({"newer.txt": "newer\n"}), tag="v1.2.0")
    found = fleet("update", all_, "--json", cwd=all_)
    assert {row["new"] for row in found.rows.values()} == {"v1.2.0"}
    assert found.summary["earlier"] == 0


def test_failed_ones_are_tried_again(source: Repository, all_: Path) -> None:
    ones = made(all_, source, "a", "b", "c")
    answers = ones["a"].read(".copier-answers.yml")
    ones["a"].commit({".copier-answers.yml": "- no answers\n"})
    fleet("update", all_, "--limit", "2", cwd=all_, code=1)
    ones["a"].commit({".copier-answers.yml": answers})
    found = fleet("update", all_, "--json", cwd=all_)
    assert {name: row["earlier"] for name, row in found.rows.items()} == {"a": False, "b": True, "c": False}
    assert found.rows["a"]["status"] == "done"


def test_lines_name_each_project_and_quiet_only_failures(source: Repository, all_: Path) -> None:
    one = made(all_, source, "one")["one"]
    found = fleet("update", "one", "nowhere", cwd=all_, code=1)
    assert f"done       one  v1.0.0 -> v1.1.0 · 1 add, 2 change · branch {BRANCH}\n" in found.out
    assert "failed     nowhere  there is no folder" in found.out
    assert found.out.endswith(f"{source.path}: 1 on v1.0.0\n")
    one.git("branch", "-D", BRANCH)
    found = fleet("update", "one", "nowhere", "-q", cwd=all_, code=1)
    assert (found.out, found.err) == ("", f"nowhere: there is no folder {all_}/nowhere\n")


def test_many_versions_in_one_worker_give_what_each_update_alone_gives(tmp_path: Path, all_: Path) -> None:
    source = evolved(tmp_path / "template")
    source.git("tag", "-d", "v1.1.0")
    for number in range(1, 9):
        files = {"b.txt": f"{number}\n", "name.txt.jinja": f"{number} {{{{ package }}}}\n"}
        source.commit(inside(files), tag=f"v1.0.{number}")
    ones = {
        f"p{number}": project(all_ / f"p{number}", source, "-d", f"package=x{number}", ref=f"v1.0.{number}")
        for number in range(8)
    }
    fleet("update", all_, "-j", "1", cwd=all_)
    for one in ones.values():
        mlkata("update", one.path, "--branch", "alone")
        trees = [one.git("rev-parse", f"{name}^{{tree}}") for name in ("mlkata/update-v1.0.8", "alone")]
        assert trees[0] == trees[1]
    assert list((tmp_path / "all").glob("*/.git/mlkata/work")) == []
