"""`mlkata update --branch`, `--dry-run` and `--diff`: nothing of the working tree is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from evolving import Repository, inside, mlkata, project, run, snapshot, template

LINES = "".join(f"line {number}\n" for number in range(1, 21))


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return template(tmp_path / "template", {"README.md": LINES.upper(), "lines.txt": LINES})


@pytest.fixture
def made(source: Repository, tmp_path: Path) -> Repository:
    """A project with a new version ahead: a file renamed, one changed, one new."""
    made = project(tmp_path / "made", source)
    source.git("mv", "template/README.md", "template/READ.md")
    source.commit(inside({"lines.txt": LINES + "more\n", "new.txt": "new\n"}), tag="v1.1.0")
    return made


def state(made: Repository) -> tuple[object, ...]:
    refs = made.git("for-each-ref", "refs/heads", "refs/tags")
    return snapshot(made.path), refs, made.git("rev-parse", "HEAD"), (made.path / ".git/index").read_bytes()


def test_a_dry_run_lists_every_file_and_why_and_writes_nothing(made: Repository) -> None:
    before = state(made)
    found = mlkata("update", made.path, "--dry-run", "--json").data
    assert found["status"] == "planned"
    assert [(file["path"], file["action"], file["why"], file.get("source")) for file in found["files"]] == [
        (".copier-answers.yml", "change", "changed in the template", None),
        ("READ.md", "rename", "renamed in the template", "README.md"),
        ("lines.txt", "change", "changed in the template", None),
        ("new.txt", "add", "new in the template", None),
    ]
    assert state(made) == before


def test_a_patch_applies_and_gives_what_the_update_gives(made: Repository, tmp_path: Path) -> None:
    before = state(made)
    patch = tmp_path / "the.patch"
    patch.write_text(mlkata("update", made.path, "--diff").out)
    assert state(made) == before
    made.git("apply", "--index", patch)
    applied = snapshot(made.path)
    made.git("reset", "-q", "--hard")
    mlkata("update", made.path)
    assert snapshot(made.path) == applied


@pytest.mark.parametrize("dirty", [True, False])
def test_a_branch_has_the_result_and_the_working_tree_stays(dirty: bool, made: Repository) -> None:
    if dirty:
        made.write({"lines.txt": "mine\n", "loose.txt": "mine\n"})
        made.git("add", "lines.txt")
    before = state(made)[0], made.status(), made.git("rev-parse", "HEAD")
    found = mlkata("update", made.path, "--branch", "--json").data
    assert found["branch"] == "mlkata/update-v1.1.0"
    assert (snapshot(made.path), made.status(), made.git("rev-parse", "HEAD")) == before
    assert made.git("rev-parse", "mlkata/update-v1.1.0^") == before[2]
    assert made.git("ls-tree", "-r", "--name-only", "mlkata/update-v1.1.0").splitlines() == [
        ".copier-answers.yml", "READ.md", "lines.txt", "new.txt",
    ]  # fmt: skip
    tip = made.git("rev-parse", "mlkata/update-v1.1.0")
    mlkata("update", made.path, "--branch")
    assert made.git("rev-parse", "mlkata/update-v1.1.0") == tip


def test_another_branch_of_that_name_is_not_moved(made: Repository) -> None:
    made.git("branch", "theirs")
    tip = made.git("rev-parse", "theirs")
    assert "there is a branch theirs already" in mlkata("update", made.path, "--branch", "theirs", code=1).err
    assert made.git("rev-parse", "theirs") == tip
    for name in ("a b", "a..b", "--force", "x.lock"):
        assert "is no name for a branch" in mlkata("update", made.path, f"--branch={name}", code=1).err


def test_conflicts_are_on_the_branch_with_markers(made: Repository) -> None:
    made.commit({"lines.txt": LINES + "mine\n"})
    mlkata("update", made.path, "--branch", "update", code=3)
    assert "<<<<<<< yours\nmine\n=======\nmore\n" in made.git("show", "update:lines.txt")
    assert "In conflict, with markers:\n- lines.txt" in made.git("log", "-1", "--format=%B", "update")
    assert made.status() == []


def test_a_bare_clone_is_updated_on_a_branch(made: Repository, tmp_path: Path) -> None:
    run("git", "clone", "-q", "--bare", made.path, tmp_path / "bare.git", cwd=tmp_path)
    bare = Repository(tmp_path / "bare.git")
    mlkata("check", bare.path, code=2)
    mlkata("update", bare.path, code=1)
    mlkata("update", bare.path, "--branch")
    mlkata("update", made.path, "--branch")
    trees = [at.git("rev-parse", "mlkata/update-v1.1.0^{tree}") for at in (bare, made)]
    assert trees[0] == trees[1]
    for verb in (["undo"], ["restore", "x"], ["relink", "x"], ["update", "--continue"]):
        assert "bare repository" in mlkata("-C", bare.path, *verb, code=1).err


def test_a_folder_of_a_repository_keeps_the_others_on_the_branch(source: Repository, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    run("git", "init", "-q", cwd=tmp_path / "whole")
    whole = Repository(tmp_path / "whole")
    whole.commit({"mine.txt": "mine\n", "apps/other.txt": "x\n"})
    mlkata("new", whole.path / "apps/one", "--template", source.path, "--defaults")
    whole.commit()
    source.commit(inside({"lines.txt": LINES + "more\n", "README.md": None}), tag="v1.1.0")
    mlkata("update", whole.path / "apps/one", "--branch", "update")
    assert whole.git("diff", "--name-status", "HEAD", "update").splitlines() == [
        "M\tapps/one/.copier-answers.yml", "D\tapps/one/README.md", "M\tapps/one/lines.txt",
    ]  # fmt: skip


@pytest.mark.parametrize("side", ["--ours", "--theirs"])
def test_a_conflict_can_be_ended_by_gits_own_means(side: str, made: Repository) -> None:
    made.commit({"lines.txt": LINES + "mine\n"})
    mlkata("update", made.path, code=3)
    assert "both modified:   lines.txt" in made.git("status")
    made.git("checkout", side, "lines.txt")
    made.git("add", "lines.txt")
    mlkata("update", made.path, "--continue")
    assert made.read("lines.txt") == LINES + ("mine\n" if side == "--ours" else "more\n")
    made.git("commit", "-q", "-m", "updated")
    assert made.status() == []


def test_a_conflict_can_be_ended_by_a_merge_tool(made: Repository) -> None:
    made.commit({"lines.txt": LINES + "mine\n"})
    mlkata("update", made.path, code=3)
    made.git("config", "mergetool.both.cmd", 'cat "$LOCAL" > "$MERGED"; tail -1 "$REMOTE" >> "$MERGED"')
    made.git("config", "mergetool.both.trustExitCode", "true")
    made.git("mergetool", "--no-prompt", "--tool=both")
    mlkata("update", made.path, "--continue")
    assert made.read("lines.txt") == LINES + "mine\nmore\n"


def test_a_new_file_that_git_ignores_is_on_no_branch_and_is_named(
    source: Repository, made: Repository
) -> None:
    source.commit(inside({".env": "KEY=\n"}))
    source.commit(inside({".gitignore": ".env\n"}), tag="v1.2.0")
    (made.path / ".env").write_text("KEY=mine\n")
    outcome = mlkata("update", made.path, "--branch", "next", "--json")
    found = {change["path"]: change["action"] for change in outcome.data["files"]}
    assert found[".env"] == "skipped"
    assert found[".gitignore"] == "add"
    assert ".env" not in made.git("ls-tree", "-r", "--name-only", "next").splitlines()
    assert made.read(".env") == "KEY=mine\n"
