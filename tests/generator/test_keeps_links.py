"""Links, folders in place of files, files in place of folders, submodules: nothing is written through."""

from __future__ import annotations

from pathlib import Path

import pytest
from evolving import COPIER_YML, Content, Repository, mlkata, project, run, snapshot, template
from keeping import LINES, MINE, THEIRS, release, start, update, why

LINKS = COPIER_YML + "_preserve_symlinks: true\n"


def link(repository: Repository, name: str, target: str | Path) -> None:
    """Make a link, or point it elsewhere."""
    path = repository.path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.symlink_to(target)


def linked(folder: Path, files: dict[str, Content], **links: str) -> tuple[Repository, Repository]:
    """As `start`, with links in the template."""
    source = template(folder / "template", files, copier_yml=LINKS, tag="v0.9.0")
    for name, target in links.items():
        link(source, f"template/{name}", target)
    source.commit(tag="v1.0.0")
    return source, project(folder / "project", source)


def target(made: Repository, name: str) -> str:
    return str((made.path / name).readlink())


def test_links_of_the_users_own_stay_wherever_they_point(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES})
    links = {"near": "lines.txt", "dangling": "nowhere", "far": str(tmp_path / "elsewhere.txt")}
    (tmp_path / "elsewhere.txt").write_text("precious\n")
    for name, to in links.items():
        link(made, name, to)
    made.commit()
    release(source, {"lines.txt": THEIRS})
    assert update(made) == {("lines.txt", "change")}
    assert {name: target(made, name) for name in links} == links
    assert (tmp_path / "elsewhere.txt").read_text() == "precious\n"


def test_a_link_of_the_template_that_one_side_points_elsewhere_does(tmp_path: Path) -> None:
    source, made = linked(
        tmp_path, {"a.txt": LINES, "b.txt": MINE}, mine="a.txt", theirs="a.txt", gone="a.txt"
    )
    link(made, "mine", "b.txt")
    made.commit()
    link(source, "template/theirs", "nowhere")
    release(source, {"gone": None})
    assert update(made) == {("theirs", "change"), ("gone", "delete")}
    assert (target(made, "mine"), target(made, "theirs")) == ("b.txt", "nowhere")
    assert made.git("ls-files", "-s", "theirs").startswith("120000 ")


def test_a_link_that_both_point_elsewhere_is_in_conflict_and_the_users(tmp_path: Path) -> None:
    source, made = linked(tmp_path, {"a.txt": LINES, "b.txt": MINE}, both="a.txt")
    link(made, "both", "b.txt")
    made.commit()
    link(source, "template/both", "nowhere")
    release(source)
    assert update(made, code=3) == {("both", "conflict")}
    assert target(made, "both") == "b.txt"
    assert len(made.git("ls-files", "-u", "both").splitlines()) == 3
    mlkata("update", made.path, "--abort")
    assert (target(made, "both"), made.status()) == ("b.txt", [])


def test_a_link_in_place_of_a_file_that_the_template_changes_is_not_written_through(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES, "same.txt": LINES + "x\n"})
    (tmp_path / "precious.txt").write_text(LINES)
    link(made, "lines.txt", tmp_path / "precious.txt")
    made.commit()
    release(source, {"lines.txt": THEIRS})
    update(made, code=3)
    assert target(made, "lines.txt") == str(tmp_path / "precious.txt")
    assert (tmp_path / "precious.txt").read_text() == LINES


@pytest.mark.parametrize("kept", ["tracked", "untracked", "ignored"])
def test_nothing_is_written_through_a_link_in_place_of_a_folder(tmp_path: Path, kept: str) -> None:
    source, made = start(tmp_path, {"docs/a.md": LINES, "docs/b.md": "b\n", "lines.txt": LINES})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in "ab":
        (elsewhere / f"{name}.md").write_text("precious\n")
    made.git("rm", "-rq", "docs")
    if kept == "ignored":
        made.write({".gitignore": "docs\n"})
    made.git("add", "-A")
    made.git("commit", "-q", "-m", "no docs")
    link(made, "docs", elsewhere)
    if kept == "tracked":
        made.commit()
    release(source, {"docs/a.md": THEIRS, "docs/b.md": None, "docs/c.md": "c\n", "lines.txt": THEIRS})
    before = snapshot(elsewhere)
    assert update(made) == {("docs/a.md", "skipped"), ("docs/c.md", "skipped"), ("lines.txt", "change")}
    assert target(made, "docs") == str(elsewhere)
    assert snapshot(elsewhere) == before


def test_nothing_is_removed_through_a_link_in_place_of_a_folder(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"docs/a.md": LINES, "lines.txt": LINES})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.md").write_text(LINES)
    made.git("rm", "-rq", "docs")
    link(made, "docs", elsewhere)
    made.commit()
    source.git("rm", "-rq", "template/docs")
    release(source)
    assert update(made) == set()
    assert (elsewhere / "a.md").read_text() == LINES


def test_a_file_that_the_user_made_a_folder_stays_one(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"notes": LINES, "lines.txt": LINES})
    made.commit({"notes": None})
    made.commit({"notes/own.md": "mine\n"})
    release(source, {"notes": THEIRS, "lines.txt": THEIRS})
    outcome = mlkata("update", made.path, "--json")
    assert why(outcome, "notes") == "a folder of yours is in its place"
    assert made.read("notes/own.md") == "mine\n"
    assert made.status() == ["M  .copier-answers.yml", "M  lines.txt"]


def test_a_folder_that_the_user_made_a_file_stays_one(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"docs/a.md": LINES, "lines.txt": LINES})
    made.git("rm", "-rq", "docs")
    made.commit({"docs": "mine\n"})
    release(source, {"docs/a.md": THEIRS, "docs/b.md": "new\n", "lines.txt": THEIRS})
    assert update(made) == {("docs/a.md", "skipped"), ("docs/b.md", "skipped"), ("lines.txt", "change")}
    assert made.read("docs") == "mine\n"
    assert made.status() == ["M  .copier-answers.yml", "M  lines.txt"]


def test_a_file_that_the_template_makes_a_folder_becomes_one_unless_it_is_edited(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"plain": LINES, "edited": "x\n" + LINES})
    made.commit({"edited": "x\n" + MINE})
    source.git("rm", "-q", "template/plain", "template/edited")
    release(source, {"plain/a.md": "a\n", "edited/b.md": "b\n"})
    assert update(made) == {
        ("plain", "delete"), ("plain/a.md", "add"), ("edited", "kept"), ("edited/b.md", "skipped"),
    }  # fmt: skip
    assert (made.read("plain/a.md"), made.read("edited")) == ("a\n", "x\n" + MINE)
    assert made.status() == ["M  .copier-answers.yml", "D  plain", "A  plain/a.md"]
    mlkata("undo", "-C", made.path)
    assert (made.read("plain"), made.status()) == (LINES, [])


def test_an_edit_follows_a_file_that_the_template_moves_into_a_folder_of_its_name(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"notes": LINES})
    made.commit({"notes": MINE})
    source.git("rm", "-q", "template/notes")
    release(source, {"notes/index.md": THEIRS})
    assert update(made) == {("notes/index.md", "rename")}
    assert made.read("notes/index.md") == MINE.replace("line 18\n", "theirs\n")


def test_a_folder_that_the_template_makes_a_file_becomes_one_unless_something_in_it_is_the_users(
    tmp_path: Path,
) -> None:
    source, made = start(tmp_path, {"plain/a.md": LINES, "edited/b.md": "x\n" + LINES, "edited/c.md": "c\n"})
    made.commit({"edited/b.md": "x\n" + MINE, "edited/own.md": "mine\n"})
    source.git("rm", "-rq", "template/plain", "template/edited")
    release(source, {"plain": "file\n", "edited": "file\n"})
    assert update(made) == {
        ("plain", "add"), ("plain/a.md", "delete"),
        ("edited", "skipped"), ("edited/b.md", "kept"), ("edited/c.md", "delete"),
    }  # fmt: skip
    assert made.read("plain") == "file\n"
    assert (made.read("edited/b.md"), made.read("edited/own.md")) == ("x\n" + MINE, "mine\n")
    assert not (made.path / "edited/c.md").exists()


def test_a_submodule_of_the_users_stays_what_and_where_it_is(tmp_path: Path) -> None:
    files = {f"old/{n}.txt": f"{n}\n{LINES}" for n in range(3)}
    source, made = start(tmp_path, {**files, "lines.txt": LINES})
    library = Repository(tmp_path / "library")
    library.path.mkdir()
    library.git("init", "-q")
    first = library.commit({"code.py": "1\n"})
    for name in ("vendored", "old/vendored"):
        made.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library.path, name)
    made.commit()
    made.write({"vendored/own.txt": "not committed\n"})
    source.git("mv", "template/old", "template/new")
    release(source, {"lines.txt": THEIRS})
    modules = made.read(".gitmodules")
    said = {(f"new/{n}.txt", "rename") for n in range(3)}
    assert update(made) == said | {("lines.txt", "change")}
    assert made.git("ls-files", "-s", "vendored", "old").split() == [
        "160000", first, "0", "old/vendored", "160000", first, "0", "vendored",
    ]  # fmt: skip
    assert made.read(".gitmodules") == modules
    assert made.read("vendored/own.txt") == "not committed\n"
    assert run("git", "rev-parse", "HEAD", cwd=made.path / "old/vendored") == first


def test_a_template_that_writes_into_a_submodule_is_skipped_there(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES})
    library = Repository(tmp_path / "library")
    library.path.mkdir()
    library.git("init", "-q")
    library.commit({"code.py": "1\n"})
    made.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", library.path, "vendored")
    made.commit()
    release(source, {"vendored/code.py": "2\n", "vendored/new.py": "3\n", "lines.txt": THEIRS})
    said = {("vendored/code.py", "skipped"), ("vendored/new.py", "skipped")}
    assert update(made) == said | {("lines.txt", "change")}
    assert made.read("vendored/code.py") == "1\n"
    assert not (made.path / "vendored/new.py").exists()
    assert made.git("ls-files", "-s", "vendored").startswith("160000 ")


@pytest.mark.parametrize("kind", ["link", "file"])
def test_what_is_in_the_place_of_a_folder_stays_when_the_template_moves_what_is_around_it(
    tmp_path: Path, kind: str
) -> None:
    files = {"pkg/a.txt": "a\n" + LINES, "pkg/b.txt": "b\n" + LINES, "pkg/sub/c.txt": LINES}
    source, made = start(tmp_path, dict(files))
    made.git("mv", "pkg/sub", "store")
    if kind == "link":
        (made.path / "pkg/sub").symlink_to("../store")
    else:
        made.write({"pkg/sub": "mine\n"})
    made.commit()
    mine = snapshot(made.path)["pkg/sub"]
    source.git("mv", "template/pkg", "template/moved")
    release(source)
    mlkata("update", made.path, code=3)
    after = snapshot(made.path)
    assert after["pkg/sub"] == mine
    assert {"moved/a.txt", "moved/b.txt", "moved/sub/c.txt", "store/c.txt"} <= after.keys()
