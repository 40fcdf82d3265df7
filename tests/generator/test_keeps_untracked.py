"""What git doesn't protect, or was told not to look at, is never overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest
from evolving import Content, mlkata, snapshot
from keeping import BOTH, CLASH, LINES, MINE, THEIRS, release, start, update, why

IGNORE = ".env\n.vscode/\nlocal/\n"
SHIPPED: dict[str, Content] = {
    ".gitignore.jinja": IGNORE,  # the template's own repository shall not obey it
    ".env": LINES,
    ".vscode/settings.json": LINES + "2\n",
    "local/a": "a\n",
}


@pytest.mark.parametrize("name", [".env", ".vscode/settings.json"])
def test_an_edited_ignored_file_is_kept(tmp_path: Path, name: str) -> None:
    source, made = start(tmp_path, SHIPPED)
    made.write({name: "mine\n"})
    release(source, {"lines.txt": LINES})
    assert update(made) == {("lines.txt", "add")}
    assert made.read(name) == "mine\n"
    assert made.status() == ["M  .copier-answers.yml", "A  lines.txt"]


def test_an_edited_ignored_file_that_the_template_changed_elsewhere_is_merged_on_disk(tmp_path: Path) -> None:
    source, made = start(tmp_path, SHIPPED)
    made.write({".env": MINE, ".vscode/settings.json": MINE + "2\n"})
    (made.path / ".env").chmod(0o600)
    release(source, {".env": THEIRS, ".vscode/settings.json": THEIRS + "2\n"})
    before = snapshot(made.path)
    assert update(made) == {(".env", "change"), (".vscode/settings.json", "change")}
    assert (made.read(".env"), made.read(".vscode/settings.json")) == (BOTH, BOTH + "2\n")
    assert (made.path / ".env").stat().st_mode & 0o777 == 0o600
    assert made.status() == ["M  .copier-answers.yml"]
    assert made.git("ls-files", ".env", ".vscode") == ""
    mlkata("undo", "-C", made.path)
    assert snapshot(made.path) == before


def test_an_edited_ignored_file_that_the_template_changed_in_the_same_place_is_kept(tmp_path: Path) -> None:
    source, made = start(tmp_path, SHIPPED)
    made.write({".env": MINE})
    release(source, {".env": CLASH})
    outcome = mlkata("update", made.path, "--json")
    assert made.read(".env") == MINE
    assert why(outcome, ".env").startswith("git doesn't track yours, and it differs")


def test_an_ignored_file_that_the_template_deletes_or_renames_stays_where_it_is(tmp_path: Path) -> None:
    source, made = start(tmp_path, SHIPPED)
    made.write({".env": MINE})
    release(source, {".env": None, ".vscode/settings.json": None, ".vscode/other.json": LINES + "2\n"})
    assert update(made) == {
        (".env", "kept"), (".vscode/settings.json", "kept"), (".vscode/other.json", "add"),
    }  # fmt: skip
    assert (made.read(".env"), made.read(".vscode/settings.json")) == (MINE, LINES + "2\n")
    assert made.status() == ["M  .copier-answers.yml"]


@pytest.mark.parametrize("shown", ["all", "no"])
@pytest.mark.parametrize("ignored", [False, True], ids=["untracked", "ignored"])
def test_a_new_file_of_the_template_spares_the_users(tmp_path: Path, *, ignored: bool, shown: str) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES})
    made.git("config", "status.showUntrackedFiles", shown)
    if ignored:
        made.commit({".gitignore": "own/\nown.txt\n"})
    made.write({"own.txt": "mine\n", "own/deep/file.txt": "mine\n", "same.txt": "same\n"})
    release(source, {"own.txt": "theirs\n", "own/deep/file.txt": "theirs\n", "same.txt": "same\n"})
    assert update(made) == {("own.txt", "skipped"), ("own/deep/file.txt", "skipped")}
    assert (made.read("own.txt"), made.read("own/deep/file.txt")) == ("mine\n", "mine\n")
    assert made.git("diff", "--cached", "--name-only") == ".copier-answers.yml"


def test_a_file_that_moves_onto_an_untracked_one_stops_the_update(tmp_path: Path) -> None:
    source, made = start(tmp_path, {f"old/{n}.txt": f"{n}\n{LINES}" for n in range(3)})
    made.commit({"old/own.txt": "tracked\n"})
    made.write({"new/own.txt": "untracked\n"})
    source.git("mv", "template/old", "template/new")
    release(source)
    before = snapshot(made.path)
    assert "not tracked by git, and in the way: new/own.txt" in mlkata("update", made.path, code=5).err
    assert snapshot(made.path) == before
    assert made.status() == ["?? new/"]


def test_an_untracked_folder_or_file_in_the_place_of_a_new_one_stays(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES})
    made.write({"notes/own.txt": "mine\n", "docs": "mine\n"})
    release(source, {"notes": "a file\n", "docs/index.md": "a folder\n"})
    assert update(made) == {("notes", "skipped"), ("docs/index.md", "skipped")}
    assert (made.read("notes/own.txt"), made.read("docs")) == ("mine\n", "mine\n")


def test_untracked_files_in_a_folder_that_becomes_a_file_stay(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"docs/index.md": LINES, "lines.txt": LINES})
    made.write({"docs/own.txt": "mine\n"})
    source.git("rm", "-rq", "template/docs")
    release(source, {"docs": "a file\n", "lines.txt": THEIRS})
    assert update(made) == {("docs", "skipped"), ("docs/index.md", "delete"), ("lines.txt", "change")}
    assert made.read("docs/own.txt") == "mine\n"
    assert made.git("ls-files", "docs") == ""


def test_untracked_files_in_a_folder_that_the_template_removes_stay(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"docs/index.md": LINES, "lines.txt": LINES})
    made.write({"docs/own.txt": "mine\n"})
    release(source, {"docs/index.md": None})
    assert update(made) == {("docs/index.md", "delete")}
    assert made.read("docs/own.txt") == "mine\n"


def test_a_tracked_file_in_an_ignored_folder_is_merged_as_any_other(tmp_path: Path) -> None:
    source, made = start(tmp_path, SHIPPED)
    made.write({".vscode/settings.json": MINE + "2\n", "local/own": "own\n"})
    made.git("add", "-f", ".vscode/settings.json", "local/own")
    made.git("commit", "-q", "-m", "tracked all the same")
    release(source, {".vscode/settings.json": THEIRS + "2\n", "local/own": "theirs\n"})
    assert update(made, code=3) == {(".vscode/settings.json", "change"), ("local/own", "conflict")}
    assert made.read(".vscode/settings.json") == BOTH + "2\n"
    assert "own\n=======\ntheirs" in made.read("local/own")
    assert made.status() == ["M  .copier-answers.yml", "M  .vscode/settings.json", "AA local/own"]


def test_a_file_that_the_user_stopped_tracking_stays_untracked(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES, "other.txt": "x\n"})
    made.git("rm", "-q", "--cached", "lines.txt")
    made.git("commit", "-q", "-m", "no longer tracked")
    made.write({"lines.txt": MINE})
    release(source, {"lines.txt": THEIRS})
    assert update(made) == {("lines.txt", "change")}
    assert made.read("lines.txt") == BOTH
    assert made.status() == ["M  .copier-answers.yml", "?? lines.txt"]


@pytest.mark.parametrize("flag", ["skip-worktree", "assume-unchanged"])
def test_a_hidden_edit_is_kept_and_its_flag_stays(tmp_path: Path, flag: str) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES, "plain.txt": "x\n" + LINES, "other.txt": "y\n"})
    made.git("update-index", f"--{flag}", "lines.txt", "plain.txt")
    made.write({"lines.txt": MINE})
    flags = made.git("ls-files", "-v", "lines.txt", "plain.txt")
    release(source, {"lines.txt": THEIRS, "plain.txt": "x\n" + THEIRS, "other.txt": "z\n"})
    outcome = mlkata("update", made.path, "--json")
    assert made.read("lines.txt") == MINE
    assert why(outcome, "lines.txt").startswith("git was told not to look at it")
    assert (made.read("plain.txt"), made.read("other.txt")) == ("x\n" + THEIRS, "z\n")
    assert made.git("ls-files", "-v", "lines.txt", "plain.txt") == flags
    assert made.git("diff", "--cached", "--name-only").split() == [
        ".copier-answers.yml", "other.txt", "plain.txt",
    ]  # fmt: skip


@pytest.mark.parametrize("flag", ["skip-worktree", "assume-unchanged"])
def test_a_hidden_edit_outlives_its_file_in_the_template(tmp_path: Path, flag: str) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES, "other.txt": "y\n"})
    made.git("update-index", f"--{flag}", "lines.txt")
    made.write({"lines.txt": MINE})
    release(source, {"lines.txt": None, "moved.txt": LINES})
    mlkata("update", made.path)
    assert made.read("lines.txt") == MINE
    assert made.git("ls-files", "lines.txt") == "lines.txt"


def test_a_sparse_checkout_stays_sparse(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"in/a.txt": LINES, "out/b.txt": LINES, "out/c.txt": "c\n" + LINES})
    made.commit({"out/c.txt": "c\n" + MINE})
    made.git("sparse-checkout", "set", "in")
    assert not (made.path / "out").exists()
    release(source, {"in/a.txt": THEIRS, "out/b.txt": THEIRS, "out/c.txt": "c\n" + THEIRS})
    assert update(made) == {(name, "change") for name in ("in/a.txt", "out/b.txt", "out/c.txt")}
    assert made.read("in/a.txt") == THEIRS
    assert not (made.path / "out").exists()
    assert made.git("show", ":out/b.txt") + "\n" == THEIRS
    assert made.git("show", ":out/c.txt") + "\n" == "c\n" + BOTH
    assert made.git("ls-files", "-t", "out").splitlines() == ["S out/b.txt", "S out/c.txt"]
    assert made.status() == ["M  .copier-answers.yml", "M  in/a.txt", "M  out/b.txt", "M  out/c.txt"]


def test_a_hidden_file_beyond_a_link_is_not_written_through(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"data/keep": "1\n", "data/gone": "1\n", "lines.txt": LINES})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "keep").write_text("precious\n")
    (elsewhere / "gone").write_text("precious\n")
    made.git("update-index", "--skip-worktree", "data/keep", "data/gone")
    made.write({"data/keep": None, "data/gone": None})
    (made.path / "data").rmdir()
    (made.path / "data").symlink_to(elsewhere)
    release(source, {"data/keep": "2\n", "data/gone": None, "data/new": "new\n"})
    mlkata("update", made.path)
    assert snapshot(elsewhere).keys() == {"keep", "gone"}
    assert (elsewhere / "keep").read_text() + (elsewhere / "gone").read_text() == "precious\nprecious\n"
    assert (made.path / "data").is_symlink()


def test_a_conflict_outside_a_sparse_checkout_is_on_disk_to_be_resolved(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"in/a.txt": LINES, "out/b.txt": LINES, "out/c.txt": LINES})
    made.commit({"out/b.txt": MINE})
    made.git("sparse-checkout", "set", "in")
    release(source, {"out/b.txt": CLASH})
    assert update(made, code=3) == {("out/b.txt", "conflict")}
    assert "mine\n=======\ntheirs\n" in made.read("out/b.txt")
    assert not (made.path / "out/c.txt").exists()


def test_a_file_that_the_template_moves_to_an_ignored_place_and_the_user_elsewhere_is_in_conflict(
    tmp_path: Path,
) -> None:
    source, made = start(tmp_path, {".gitignore.jinja": IGNORE, "lines.txt": LINES})
    made.git("mv", "lines.txt", "mine.txt")
    made.commit()
    source.git("mv", "template/lines.txt", "template/.env")
    release(source)
    assert update(made, code=3) == {(name, "conflict") for name in (".env", "lines.txt", "mine.txt")}
    assert made.status() == ["M  .copier-answers.yml", "UA .env", "DD lines.txt", "AU mine.txt"]
    assert (made.read(".env"), made.read("mine.txt")) == (LINES, LINES)
    mlkata("undo", "-C", made.path)
    assert sorted(snapshot(made.path)) == [".copier-answers.yml", ".gitignore", "mine.txt"]
