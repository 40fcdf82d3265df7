"""An update loses nothing of the user's: contents, names, permissions."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from evolving import COPIER_YML, command, mlkata, snapshot
from keeping import BOTH, CLASH, LINES, MINE, THEIRS, release, start, update, why

PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256))


def test_a_replaced_binary_stays_the_users(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"logo.png": PNG, "lines.txt": LINES})
    made.commit({"logo.png": PNG[::-1]})
    release(source, {"lines.txt": THEIRS})
    assert update(made) == {("lines.txt", "change")}
    assert (made.path / "logo.png").read_bytes() == PNG[::-1]


def test_a_binary_that_both_replaced_is_the_users_and_in_conflict(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"logo.png": PNG})
    made.commit({"logo.png": PNG[::-1]})
    release(source, {"logo.png": PNG + PNG})
    assert update(made, code=3) == {("logo.png", "conflict")}
    assert (made.path / "logo.png").read_bytes() == PNG[::-1]
    assert made.git("ls-files", "-u", "--format=%(stage)").split() == ["1", "2", "3"]


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_text_in_another_encoding_keeps_its_bytes(tmp_path: Path, encoding: str) -> None:
    theirs, mine = "Gr\u00fc\u00dfe\n" * 9, "Gr\u00fc\u00dfe\n" * 9 + "Stra\u00dfe\n"
    source, made = start(tmp_path, {"words.txt": theirs.encode(encoding), "lines.txt": LINES})
    made.commit({"words.txt": mine.encode(encoding)})
    release(source, {"lines.txt": THEIRS})
    assert update(made) == {("lines.txt", "change")}
    assert (made.path / "words.txt").read_bytes() == mine.encode(encoding)


def test_latin_1_text_that_both_edited_is_merged_as_bytes(tmp_path: Path) -> None:
    source, made = start(
        tmp_path, {"words.txt": LINES.replace("line 9", "Gr\u00fc\u00dfe").encode("latin-1")}
    )
    made.commit({"words.txt": MINE.replace("line 9", "Gr\u00fc\u00dfe").encode("latin-1")})
    release(source, {"words.txt": THEIRS.replace("line 9", "Gr\u00fc\u00dfe").encode("latin-1")})
    assert update(made) == {("words.txt", "change")}
    assert (made.path / "words.txt").read_bytes() == BOTH.replace("line 9", "Gr\u00fc\u00dfe").encode(
        "latin-1"
    )


@pytest.mark.parametrize(
    "variables",
    [{}, {"PYTHONIOENCODING": "ascii"}, {"PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}],
    ids=["plain", "ascii output", "ascii file names"],
)
def test_an_edit_survives_a_locale_that_knows_ascii_only(tmp_path: Path, variables: dict[str, str]) -> None:
    name = "na\u00efve \U0001f431.txt"
    source, made = start(tmp_path, {name: LINES + "Gr\u00fc\u00dfe\n", "Gr\u00fc\u00dfe.txt": LINES})
    made.commit({name: MINE + "Gr\u00fc\u00dfe\n"})
    release(source, {name: THEIRS + "Gr\u00fc\u00dfe\n", "Gr\u00fc\u00dfe.txt": THEIRS})
    env = {**os.environ, "LC_ALL": "C", **variables}
    done = subprocess.run(command("update", made.path), env=env, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert made.read(name) == BOTH + "Gr\u00fc\u00dfe\n"
    assert made.read("Gr\u00fc\u00dfe.txt") == THEIRS
    assert len(made.status()) == 3


def test_an_edit_follows_a_file_that_the_template_renames(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"old.txt": LINES})
    made.commit({"old.txt": MINE})
    release(source, {"old.txt": None, "docs/new.txt": THEIRS})
    assert update(made) == {("docs/new.txt", "rename")}
    assert made.read("docs/new.txt") == BOTH
    assert sorted(snapshot(made.path)) == [".copier-answers.yml", "docs/new.txt"]


def test_an_edited_file_that_the_template_deletes_is_kept(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"edited.txt": LINES, "plain.txt": LINES + LINES})
    made.commit({"edited.txt": MINE})
    release(source, {"edited.txt": None, "plain.txt": None})
    assert update(made) == {("edited.txt", "kept"), ("plain.txt", "delete")}
    assert made.read("edited.txt") == MINE
    assert made.status() == ["M  .copier-answers.yml", "D  plain.txt"]


def test_the_users_own_files_follow_a_folder_that_the_template_renames(tmp_path: Path) -> None:
    files = {f"old/{n}.txt": f"{n}\n{LINES}" for n in range(3)}
    source, made = start(tmp_path, {**files, "other.txt": "other\n"})
    made.commit({"old/own.txt": "own\n", "old/deep/own.txt": "deep\n", "old/0.txt": "0\n" + MINE})
    source.git("mv", "template/old", "template/new")
    release(source)
    said = {(f"new/{name}.txt", "rename") for name in ("own", "deep/own", "0", "1", "2")}
    assert update(made) == said
    assert made.read("new/own.txt") + made.read("new/deep/own.txt") == "own\ndeep\n"
    assert made.read("new/0.txt") == "0\n" + MINE
    assert not (made.path / "old").exists()


def test_the_users_own_files_go_along_when_an_answer_changes_their_folder(tmp_path: Path) -> None:
    folder = "src/{{ package }}"
    files = {f"{folder}/{n}.py.jinja": f"# {{{{ package }}}} {n}\n{LINES}" for n in range(3)}
    _, made = start(tmp_path, files)
    made.commit({"src/pkg/own.py": "own = 1\n", "src/pkg/1.py": f"# pkg 1\n{MINE}"})
    said = {(f"src/other/{name}.py", "rename") for name in ("own", "0", "1", "2")}
    assert update(made, "-d", "package=other") == said
    assert made.read("src/other/own.py") == "own = 1\n"
    assert made.read("src/other/1.py") == f"# other 1\n{MINE}"
    assert not (made.path / "src/pkg").exists()


def test_an_edited_file_stays_when_an_answer_switches_it_off(tmp_path: Path) -> None:
    _, made = start(
        tmp_path, {"{% if extra %}a.txt{% endif %}": LINES, "{% if extra %}b{% endif %}/c": "c\n"}
    )
    made.commit({"a.txt": MINE})
    assert update(made, "-d", "extra=false") == {("a.txt", "kept"), ("b/c", "delete")}
    assert made.read("a.txt") == MINE
    assert "extra: false\n" in made.read(".copier-answers.yml")


BLOCK = "- name: step\n  run: make\n  timeout: 10\n  retries: 2\n"


@pytest.mark.parametrize("change", ["insert", "edit"])
def test_an_edit_in_one_of_five_equal_blocks_stays_in_that_block(tmp_path: Path, change: str) -> None:
    source, made = start(tmp_path, {"ci.yml": BLOCK * 5})
    mine = BLOCK.replace("make", "make mine")
    made.commit({"ci.yml": BLOCK * 2 + mine + BLOCK * 2})
    first = BLOCK.replace("step", "first")
    theirs, expected = {
        "insert": (first + BLOCK * 5, first + BLOCK * 2 + mine + BLOCK * 2),
        "edit": (first + BLOCK * 4, first + BLOCK + mine + BLOCK * 2),
    }[change]
    release(source, {"ci.yml": theirs})
    assert update(made) == {("ci.yml", "change")}
    assert made.read("ci.yml") == expected


def crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "merged"),
    [
        (LINES.encode(), crlf(MINE), THEIRS.encode(), crlf(BOTH)),
        (crlf(LINES), MINE.encode(), crlf(THEIRS), BOTH.encode()),
        (LINES.encode(), MINE.encode(), crlf(THEIRS), crlf(BOTH)),
        (crlf(LINES), crlf(MINE), THEIRS.encode(), BOTH.encode()),
        (LINES.encode(), crlf(LINES), THEIRS.encode(), crlf(THEIRS)),
        (LINES.encode(), crlf(MINE), crlf(THEIRS), crlf(BOTH)),
    ],
    ids=["user to CRLF", "user to LF", "template to CRLF", "template to LF", "user, no edit", "both to CRLF"],
)
def test_converted_line_endings_are_no_conflict(
    tmp_path: Path, base: bytes, ours: bytes, theirs: bytes, merged: bytes
) -> None:
    source, made = start(tmp_path, {"lines.txt": base})
    made.commit({"lines.txt": ours})
    release(source, {"lines.txt": theirs})
    assert update(made) == {("lines.txt", "change")}
    assert (made.path / "lines.txt").read_bytes() == merged


def test_a_real_conflict_in_a_converted_file_has_the_users_line_endings(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES})
    made.commit({"lines.txt": crlf(MINE)})
    release(source, {"lines.txt": CLASH})
    assert update(made, code=3) == {("lines.txt", "conflict")}
    content = (made.path / "lines.txt").read_bytes()
    assert b"\r\nmine\r\n" in content
    assert b"\r\ntheirs\r\n" in content
    assert content.count(b"line") == 19


def test_permissions_that_either_side_changed_are_kept(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"mine.sh": LINES, "theirs.sh": LINES + "x\n"})
    (made.path / "mine.sh").chmod(0o755)
    made.commit({"theirs.sh": MINE + "x\n"})
    (source.path / "template/theirs.sh").chmod(0o755)
    release(source, {"mine.sh": THEIRS})
    assert update(made) == {("mine.sh", "change"), ("theirs.sh", "change")}
    assert (made.path / "mine.sh").stat().st_mode & 0o777 == 0o755
    assert (made.path / "theirs.sh").stat().st_mode & 0o111 == 0o111
    assert (made.read("mine.sh"), made.read("theirs.sh")) == (THEIRS, MINE + "x\n")


@pytest.mark.parametrize("mode", [0o444, 0o600, 0o640])
def test_a_file_that_is_read_only_or_private_is_updated_and_stays_so(tmp_path: Path, mode: int) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES})
    (made.path / "lines.txt").chmod(mode)
    release(source, {"lines.txt": THEIRS})
    before = snapshot(made.path)
    assert update(made) == {("lines.txt", "change")}
    assert made.read("lines.txt") == THEIRS
    assert (made.path / "lines.txt").stat().st_mode & 0o777 == mode
    mlkata("undo", "-C", made.path)
    assert snapshot(made.path) == before


def test_what_the_user_deleted_stays_deleted_and_is_reported(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"gone.txt": LINES, "gone2.txt": "two\n" + LINES, "lines.txt": "x\n"})
    made.commit({"gone.txt": None, "gone2.txt": None})
    release(source, {"gone.txt": THEIRS, "gone2.txt": None, "moved.txt": "2\n" + LINES})
    outcome = mlkata("update", made.path, "--json")
    assert why(outcome, "gone.txt") == "you deleted it; the template changed it, and it stays deleted"
    assert sorted(snapshot(made.path)) == [".copier-answers.yml", "lines.txt"]
    assert made.status() == ["M  .copier-answers.yml"]


HASHED = "one==1.0 \\\n    --hash=sha256:{}\n"


@pytest.mark.parametrize("name", ["poetry.lock", "uv.lock", "requirements.txt", "sub/requirements-dev.txt"])
def test_a_lock_that_both_changed_stays_the_users_and_is_to_be_renewed(tmp_path: Path, name: str) -> None:
    source, made = start(tmp_path, {name: HASHED.format("0" * 64) + LINES})
    made.commit({name: HASHED.format("1" * 64) + LINES})
    release(source, {name: HASHED.format("0" * 64) + THEIRS})
    outcome = mlkata("update", made.path, "--json")
    assert made.read(name) == HASHED.format("1" * 64) + LINES
    assert "renew it" in why(outcome, name)
    assert any(line.startswith("make lock") for line in outcome.data["next"])


def test_a_lock_that_the_user_left_alone_is_the_templates(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"uv.lock": LINES, "requirements.txt": "one>=1\n" + LINES})
    made.commit({"requirements.txt": "one>=1\n" + MINE})
    release(source, {"uv.lock": THEIRS, "requirements.txt": "one>=1\n" + THEIRS})
    assert update(made) == {("uv.lock", "change"), ("requirements.txt", "change")}
    assert made.read("uv.lock") == THEIRS
    assert made.read("requirements.txt") == "one>=1\n" + BOTH


def test_a_file_that_the_template_leaves_to_the_project_is_left(tmp_path: Path) -> None:
    keeps = COPIER_YML + "_skip_if_exists: ['notes.md', 'own/*']\n"
    source, made = start(tmp_path, {"notes.md": LINES, "own/a": "a\n", "lines.txt": LINES}, copier_yml=keeps)
    made.commit({"own/b": "mine\n"})
    release(
        source, {"notes.md": THEIRS, "own/a": "new\n", "own/b": "b\n", "own/c": "c\n", "lines.txt": THEIRS}
    )
    said = {("notes.md", "skipped"), ("own/a", "skipped"), ("own/b", "skipped"), ("own/c", "add")}
    assert update(made) == said | {("lines.txt", "change")}
    assert (made.read("notes.md"), made.read("own/a"), made.read("own/b")) == (LINES, "a\n", "mine\n")


def test_rej_and_orig_files_of_the_users_own_are_ordinary_files(tmp_path: Path) -> None:
    source, made = start(tmp_path, {"lines.txt": LINES})
    made.commit({"lines.txt": MINE, "lines.txt.rej": "tracked\n"})
    made.write({"lines.txt.orig": "untracked\n"})
    release(source, {"lines.txt": THEIRS})
    assert update(made) == {("lines.txt", "change")}
    assert (made.read("lines.txt.rej"), made.read("lines.txt.orig")) == ("tracked\n", "untracked\n")
    assert made.status() == ["M  .copier-answers.yml", "M  lines.txt", "?? lines.txt.orig"]
