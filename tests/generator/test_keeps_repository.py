"""Whatever state a repository is in, an update changes the managed folder alone, or nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from evolving import Repository, mlkata, run, snapshot, template
from keeping import BOTH, CLASH, LINES, MINE, THEIRS, release, start, update


@pytest.fixture
def monorepo(tmp_path: Path) -> tuple[Repository, Repository]:
    """A template, and a repository with two folders made from it and one of its own."""
    source = template(tmp_path / "template", {"lines.txt": LINES, "docs/a.md": "a\n" + LINES})
    made = Repository(tmp_path / "monorepo")
    made.path.mkdir()
    made.git("init", "-q")
    made.commit({"README.md": "own\n", "own/lines.txt": LINES, ".gitattributes": "*.png binary\n"})
    for name in ("one", "teams/two"):
        run("mkdir", "-p", made.path / Path(name).parent, cwd=tmp_path)
        mlkata("new", made.path / name, "--template", source.path, "-r", "v1.0.0", "--defaults", "-q")
        made.commit()
    return source, made


def test_an_update_of_one_folder_leaves_the_rest_of_a_monorepo(
    monorepo: tuple[Repository, Repository],
) -> None:
    source, made = monorepo
    made.commit({"one/lines.txt": MINE, "teams/two/lines.txt": MINE})
    made.write({"README.md": "not staged\n", "own/lines.txt": "staged\n", "own/new.txt": "staged\n"})
    made.git("add", "own")
    made.write(
        {"own/lines.txt": "staged, and edited again\n", "teams/two/lines.txt": "dirty\n", "u.txt": "u\n"}
    )
    source.git("mv", "template/docs", "template/texts")
    release(source, {"lines.txt": THEIRS})
    before = {name: found for name, found in snapshot(made.path).items() if not name.startswith("one/")}
    index = made.git("ls-files", "-s", "own", "teams", "README.md")
    assert update(made.path / "one") == {("lines.txt", "change"), ("texts/a.md", "rename")}
    assert made.read("one/lines.txt") == BOTH
    after = {name: found for name, found in snapshot(made.path).items() if not name.startswith("one/")}
    assert after == before
    assert made.git("ls-files", "-s", "own", "teams", "README.md") == index
    assert made.status() == [
        " M README.md", "M  one/.copier-answers.yml", "M  one/lines.txt",
        "R  one/docs/a.md -> one/texts/a.md", "MM own/lines.txt", "A  own/new.txt",
        " M teams/two/lines.txt", "?? u.txt",
    ]  # fmt: skip
    mlkata("undo", "-C", made.path)
    assert made.git("ls-files", "-s", "own", "teams", "README.md") == index
    assert made.read("own/lines.txt") == "staged, and edited again\n"
    assert made.read("one/lines.txt") == MINE


def test_a_conflict_in_one_folder_of_a_monorepo_is_taken_back_alone(
    monorepo: tuple[Repository, Repository],
) -> None:
    source, made = monorepo
    made.commit({"teams/two/lines.txt": MINE})
    made.write({"own/lines.txt": "staged\n"})
    made.git("add", "own")
    release(source, {"lines.txt": CLASH})
    before, status = snapshot(made.path), made.status()
    assert update(made.path / "teams/two/docs", code=3) == {("lines.txt", "conflict")}
    assert "UU teams/two/lines.txt" in made.status()
    mlkata("update", made.path / "teams/two", "--abort")
    assert (snapshot(made.path), made.status()) == (before, status)


def test_every_folder_of_a_monorepo_is_updated_for_itself(monorepo: tuple[Repository, Repository]) -> None:
    source, made = monorepo
    release(source, {"lines.txt": THEIRS})
    update(made.path / "one")
    assert (made.read("one/lines.txt"), made.read("teams/two/lines.txt")) == (THEIRS, LINES)
    update(made.path / "teams/two")
    assert made.read("teams/two/lines.txt") == THEIRS
    assert made.read("own/lines.txt") == LINES


def test_a_linked_worktree_is_updated_alone(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES})
    linked = Repository(tmp_path / "linked")
    made.git("worktree", "add", "-q", "-b", "side", linked.path)
    linked.commit({"lines.txt": MINE})
    made.write({"lines.txt": "dirty\n"})
    release(source, {"lines.txt": THEIRS})
    before = snapshot(made.path)
    assert update(linked) == {("lines.txt", "change")}
    assert linked.read("lines.txt") == BOTH
    assert linked.status() == ["M  .copier-answers.yml", "M  lines.txt"]
    assert snapshot(made.path) == before
    assert made.status() == [" M lines.txt"]
    mlkata("undo", "-C", made.path, code=1)
    mlkata("undo", "-C", linked.path)
    assert (linked.read("lines.txt"), linked.status()) == (MINE, [])


def unchanged(made: Repository, *words: str) -> None:
    """An update is refused with code 5 and these words, and nothing is written."""
    before = snapshot(made.path)
    index = made.path / ".git/index"
    staged = index.read_bytes() if index.exists() else b""
    outcome = mlkata("update", made.path, code=5)
    assert all(word in outcome.err for word in words), outcome.err
    assert snapshot(made.path) == before
    assert (index.read_bytes() if index.exists() else b"") == staged


def test_a_repository_without_a_commit_is_left_alone(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES})
    release(source, {"lines.txt": THEIRS})
    shutil.rmtree(made.path / ".git")
    made.git("init", "-q")
    unchanged(made, "has no commit yet", "git add -A && git commit")
    made.git("add", "-A")
    unchanged(made, "has no commit yet", "git add -A && git commit")


def test_a_folder_without_git_is_left_alone(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES})
    release(source, {"lines.txt": THEIRS})
    shutil.rmtree(made.path / ".git")
    unchanged(made, "is not in a git repository", "git init")
    assert not (made.path / ".git").exists()


@pytest.mark.parametrize("staged", [False, True], ids=["edited", "staged"])
def test_a_project_with_uncommitted_changes_is_left_alone(tmp_path: Path, *, staged: bool) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES})
    release(source, {"other.txt": "x\n"})
    made.write({"lines.txt": MINE})
    if staged:
        made.git("add", "-A")
    unchanged(made, "changed and not committed: lines.txt", "git stash")


@pytest.mark.parametrize("staged", [False, True], ids=["deleted", "staged"])
def test_a_project_with_an_uncommitted_deletion_is_left_alone(tmp_path: Path, *, staged: bool) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES})
    release(source, {"lines.txt": THEIRS})
    made.write({"lines.txt": None})
    if staged:
        made.git("add", "-A")
    unchanged(made, "changed and not committed: lines.txt")


def test_a_project_with_a_new_staged_file_is_left_alone(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES})
    release(source, {"new.txt": "theirs\n"})
    made.write({"new.txt": "mine\n"})
    made.git("add", "new.txt")
    unchanged(made, "changed and not committed: new.txt")


def test_a_project_in_the_middle_of_a_merge_is_left_alone(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES})
    release(source, {"other.txt": "x\n"})
    made.git("checkout", "-q", "-b", "side")
    made.commit({"lines.txt": CLASH})
    made.git("checkout", "-q", "main")
    made.commit({"lines.txt": MINE})
    run("sh", "-c", "! git merge -q side", cwd=made.path)
    unchanged(made, "in conflict: lines.txt")
    assert made.status() == ["UU lines.txt"]
    assert (made.path / ".git/MERGE_HEAD").exists()
