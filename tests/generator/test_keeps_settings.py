"""A person's git configuration changes neither what an update keeps nor what a patch says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from evolving import Repository, mlkata, run, snapshot
from keeping import BOTH, CLASH, LINES, MINE, THEIRS, release, start, update

SETTINGS = {
    "apply.whitespace": "fix",
    "diff.noprefix": "true",
    "diff.mnemonicPrefix": "true",
    "diff.external": "false",
    "diff.context": "0",
    "diff.submodule": "log",
    "core.autocrlf=true": "true",
    "core.autocrlf=input": "input",
    "core.quotePath": "true",
    "core.fileMode": "false",
    "core.safecrlf": "true",
    "core.hooksPath": "hooks",
    "core.fsmonitor": "true",
    "core.attributesFile": "attributes",
    "commit.gpgsign": "true",
    "color.ui": "always",
    "color.diff": "always",
    "color.status": "always",
    "merge.conflictStyle=diff3": "diff3",
    "merge.conflictStyle=zdiff3": "zdiff3",
    "merge.directoryRenames": "false",
    "merge.renames": "false",
    "status.renames": "copies",
    "index.version": "4",
    "feature.manyFiles": "true",
}
HOOKS = ("pre-commit", "post-checkout", "post-index-change", "reference-transaction", "post-rewrite")
TRAILING = "trailing blanks   \n\ttab and blanks \t\n"


@pytest.fixture(params=SETTINGS)
def configured(request: pytest.FixtureRequest, home: Path) -> Callable[[], None]:
    """What puts one setting into the person's configuration, with what it refers to."""

    def configure() -> None:
        name, value = request.param.partition("=")[0], SETTINGS[request.param]
        paths = {"core.hooksPath": home / "hooks", "core.attributesFile": home / "attributes"}
        (home / "hooks").mkdir()
        for hook in HOOKS:
            (home / "hooks" / hook).write_text("#!/bin/sh\necho no >&2\nexit 1\n")
            (home / "hooks" / hook).chmod(0o755)
        (home / "attributes").write_text("*.txt diff=own\n*.dat binary\n")
        run("git", "config", "--global", "diff.own.textconv", "false", cwd=home)
        run("git", "config", "--global", "gpg.program", "false", cwd=home)
        run("git", "config", "--global", name, str(paths.get(name, value)), cwd=home)

    return configure


def fresh(made: Repository) -> None:
    """Check out again, as a clone under this configuration would have it."""
    for name in made.git("ls-files").splitlines():
        (made.path / name).unlink()
    made.git("-c", "core.hooksPath=/dev/null", "checkout", "-q", "--", ".")


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Repository, Repository]:
    files = {"lines.txt": LINES + TRAILING, "old/a.txt": "a\n" + LINES, "old/b.dat": "b\n" + LINES}
    return start(tmp_path, files)


def text(made: Repository, name: str) -> str:
    """A file's text, whatever line endings git was told to write."""
    return (made.path / name).read_bytes().decode().replace("\r\n", "\n")


def test_a_clean_update_is_the_same_under_any_setting(
    pair: tuple[Repository, Repository], configured: Callable[[], None]
) -> None:
    source, made = pair
    made.commit({"lines.txt": MINE + TRAILING, "old/own.txt": "own\n"})
    source.git("mv", "template/old", "template/new")
    release(source, {"lines.txt": THEIRS + TRAILING, "new/c.txt": "c\n"})
    configured()
    fresh(made)
    before = snapshot(made.path)
    said = {("new/a.txt", "rename"), ("new/b.dat", "rename"), ("new/own.txt", "rename")}
    assert update(made) == said | {("lines.txt", "change"), ("new/c.txt", "add")}
    assert text(made, "lines.txt") == BOTH + TRAILING
    assert text(made, "new/own.txt") == "own\n"
    assert made.git("show", ":lines.txt") + "\n" == BOTH + TRAILING
    assert made.git("-c", "color.status=false", "diff", "--no-ext-diff", "--stat") == ""
    mlkata("undo", "-C", made.path)
    assert snapshot(made.path) == before


def test_a_conflict_is_the_same_under_any_setting(
    pair: tuple[Repository, Repository], configured: Callable[[], None]
) -> None:
    source, made = pair
    made.commit({"lines.txt": MINE + TRAILING})
    release(source, {"lines.txt": CLASH + TRAILING})
    configured()
    fresh(made)
    before = snapshot(made.path)
    assert update(made, code=3) == {("lines.txt", "conflict")}
    merged = text(made, "lines.txt")
    assert merged.startswith("line 1\n<<<<<<< yours\nmine\n")
    assert "=======\ntheirs\n>>>>>>> template v1.1.0\nline 3\n" in merged
    assert merged.endswith("line 20\n" + TRAILING)
    stages = [made.git("cat-file", "blob", f":{stage}:lines.txt") + "\n" for stage in (1, 2, 3)]
    assert stages == [LINES + TRAILING, MINE + TRAILING, CLASH + TRAILING]
    mlkata("update", made.path, "--abort")
    assert snapshot(made.path) == before


def test_a_patch_is_one_that_git_apply_takes_under_any_setting(
    pair: tuple[Repository, Repository], configured: Callable[[], None], tmp_path: Path
) -> None:
    _, made = pair
    made.git("mv", "old/a.txt", "old/moved.txt")
    made.commit({"lines.txt": MINE + TRAILING, "old/b.dat": None})
    configured()
    fresh(made)
    patch = mlkata("diff", "-C", made.path).out
    assert "\033" not in patch
    (tmp_path / "own.patch").write_bytes(patch.encode())
    made.git("-c", "apply.whitespace=nowarn", "apply", "-R", "--index", tmp_path / "own.patch")
    assert text(made, "lines.txt") == LINES + TRAILING
    assert text(made, "old/a.txt") == "a\n" + LINES
    assert text(made, "old/b.dat") == "b\n" + LINES
    assert mlkata("diff", "-C", made.path).out == "Nothing differs from the template.\n"
