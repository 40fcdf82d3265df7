"""A template whose tags move or vanish, and answers that are recorded nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from evolving import COPIER_YML, Repository, mlkata, run, snapshot
from keeping import BOTH, LINES, MINE, THEIRS, release, start, update

OTHER = LINES.replace("line 10\n", "line ten\n")


def move(source: Repository) -> None:
    """The tag stands for something else now."""
    release(source, {"lines.txt": OTHER, "stray.txt": "stray\n"}, tag="v1.0.1")
    source.git("tag", "-d", "v1.0.1")
    source.git("tag", "-f", "v1.0.0")


def vanish(source: Repository) -> None:
    """The tag is deleted, its commit goes with it."""
    squash(source)
    source.git("tag", "-d", "v1.0.0")


def squash(source: Repository) -> None:
    """The history is rewritten as one commit, and what it was is collected."""
    source.git("checkout", "-q", "--orphan", "squashed")
    source.git("commit", "-q", "-m", "all in one")
    source.git("branch", "-D", "main")
    source.git("branch", "-m", "main")
    source.git("tag", "-d", "v1.0.0")
    source.git("commit", "-q", "--allow-empty", "-m", "again")
    source.git("tag", "v1.0.0")
    source.git("reflog", "expire", "--expire=now", "--all")
    source.git("gc", "-q", "--prune=now")


@pytest.mark.parametrize("change", [move, vanish, squash])
@pytest.mark.parametrize("address", ["path", "url"])
def test_a_project_made_here_knows_what_its_version_was(tmp_path: Path, change: object, address: str) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES})
    if address == "url":
        url = f"file://{source.path}"
        made = Repository(tmp_path / "by-url")
        mlkata("new", made.path, "--template", url, "-r", "v1.0.0", "--defaults", "-q")
    made.commit({"lines.txt": MINE})
    assert callable(change)
    change(source)
    release(source, {"lines.txt": THEIRS})
    said = update(made)
    assert ("lines.txt", "change") in said
    assert made.read("lines.txt") == BOTH
    assert "_commit: v1.1.0\n" in made.read(".copier-answers.yml")


def test_a_fresh_clone_whose_version_vanished_is_left_alone_until_one_is_named(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES})
    made.commit({"lines.txt": MINE})
    vanish(source)
    release(source, {"lines.txt": LINES}, tag="v1.0.5")
    release(source, {"lines.txt": THEIRS})
    run("git", "clone", "-q", made.path, tmp_path / "clone", cwd=tmp_path)
    clone = Repository(tmp_path / "clone")
    before = snapshot(clone.path)
    outcome = mlkata("update", clone.path, code=1)
    assert "no longer has 'v1.0.0', which this project is from" in outcome.err
    assert "--from REF. Its versions: v1.0.5, v1.1.0." in outcome.err
    assert "no longer has 'v1.0.0'" in mlkata("diff", "-C", clone.path, code=1).err
    assert snapshot(clone.path) == before
    assert clone.git("for-each-ref", "refs/mlkata") == ""
    assert update(clone, "--from", "v1.0.5") == {("lines.txt", "change")}
    assert clone.read("lines.txt") == BOTH


def test_a_version_to_start_from_that_does_not_exist_is_named(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES})
    release(source, {"lines.txt": THEIRS})
    before = snapshot(made.path)
    assert "has no 'v0.5.0'" in mlkata("update", made.path, "--from", "v0.5.0", code=1).err
    assert snapshot(made.path) == before


SECRET = "s3cr3t-f0r-y0ur-3y3s"
ASKS = COPIER_YML + "token:\n    type: str\n    secret: true\n    default: change-me\n"
CONFIG = "head\n{}token = {{{{ token }}}}\n"
FILES = {
    ".gitignore.jinja": ".env\n",
    ".env.jinja": "TOKEN={{ token }}\n" + LINES,
    "config.ini.jinja": CONFIG.format(LINES),
}


def traces(made: Repository) -> list[str]:
    """Where mlkata's references and records hold the secret."""
    found = []
    for ref in made.git("for-each-ref", "--format=%(refname)", "refs/mlkata").splitlines():
        listed = made.git("ls-tree", "-r", "--format=%(objectname)", ref).splitlines()
        found += [ref for oid in listed if SECRET in made.git("cat-file", "blob", oid)]
    for file in (made.path / ".git").rglob("*"):
        if file.is_file() and not {"objects", "backup", "incoming"} & set(file.parts):
            found += [str(file)] if SECRET.encode() in file.read_bytes() else []
    return found


def test_a_secret_answer_stays_in_its_files_and_goes_nowhere_else(tmp_path: Path, home: Path) -> None:
    source, made = start(tmp_path, FILES, "-d", f"token={SECRET}", copier_yml=ASKS)
    assert made.read("config.ini").endswith(f"token = {SECRET}\n")
    assert traces(made) == []
    release(source, {"config.ini.jinja": CONFIG.format(THEIRS), ".env.jinja": "TOKEN={{ token }}\n" + THEIRS})
    outcome = mlkata("update", made.path, "-v")
    assert made.read("config.ini") == f"head\n{THEIRS}token = {SECRET}\n"
    assert made.read(".env") == f"TOKEN={SECRET}\n{THEIRS}"
    assert SECRET not in made.read(".copier-answers.yml") + outcome.out + outcome.err
    assert made.git("ls-files", ".env") == ""
    assert traces(made) == []
    assert not [f for f in home.rglob("*") if f.is_file() and SECRET.encode() in f.read_bytes()]


def test_a_secret_answer_stays_where_the_version_it_was_given_to_vanished(tmp_path: Path) -> None:
    source, made = start(tmp_path, FILES, "-d", f"token={SECRET}", copier_yml=ASKS)
    vanish(source)
    release(source, {"lines.txt": LINES}, tag="v1.0.5")
    release(source, {"lines.txt": THEIRS})
    mlkata("update", made.path, code=1)
    assert update(made, "--from", "v1.0.5") == {("lines.txt", "skipped")}
    assert made.read("config.ini").endswith(f"token = {SECRET}\n")
    assert made.read(".env").startswith(f"TOKEN={SECRET}\n")


def test_a_new_secret_answer_is_written_and_not_recorded(tmp_path: Path) -> None:
    source, made = start(tmp_path, FILES, copier_yml=ASKS)
    release(source, {"lines.txt": LINES})
    outcome = mlkata("update", made.path, "-d", f"token={SECRET}", "--json")
    assert made.read("config.ini").endswith(f"token = {SECRET}\n")
    assert SECRET not in made.read(".copier-answers.yml") + outcome.out + outcome.err
    assert traces(made) == []
