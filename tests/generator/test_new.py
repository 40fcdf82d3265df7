"""`mlkata new`: a project is there as a whole, or nothing of it."""

from __future__ import annotations

import os
import pty
import select
import signal
import sys
import time
from pathlib import Path

import pytest
import yaml
from evolving import COPIER_YML, Repository, command, mlkata, run, snapshot, template

STRICT = """\
_subdirectory: template
package:
    type: str
    default: pkg
    validator: "{% if package == 'bad' %}must not be bad{% endif %}"
number:
    type: int
    default: 3
"""
HOOK = "#!/bin/sh\nexit 1\n"


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    """A template with two releases and a branch that has moved on."""
    made = template(
        tmp_path / "template", {"name.txt.jinja": "{{ package }} {{ number }}\n"}, copier_yml=STRICT
    )
    made.commit({"template/second.txt": "2\n"}, tag="v1.1.0")
    made.commit({"template/third.txt": "3\n"})
    return made


def listing(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_the_newest_release_is_taken_and_committed_with_a_clean_tree(
    source: Repository, tmp_path: Path
) -> None:
    said = mlkata("new", tmp_path / "made", "--template", source.path, "--defaults").out
    assert said.splitlines()[0] == "made is there: 3 files from v1.1.0, committed."
    made = Repository(tmp_path / "made")
    assert sorted(snapshot(made.path)) == [".copier-answers.yml", "name.txt", "second.txt"]
    assert made.status() == []
    assert made.git("log", "--format=%an %ae %s") == "Test test@example.com Start from the template"
    assert made.git("symbolic-ref", "HEAD") == "refs/heads/main"
    assert listing(tmp_path) == ["made", "template"]


@pytest.mark.parametrize(
    ("configured", "branch"), [("", "main"), ("[init]\n\tdefaultBranch = trunk\n", "trunk")]
)
def test_its_branch_is_main_unless_git_is_told_another(
    source: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configured: str, branch: str
) -> None:
    (tmp_path / "gitconfig").write_text(configured)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    mlkata("new", tmp_path / "made", "--template", source.path, "--defaults")
    assert Repository(tmp_path / "made").git("symbolic-ref", "HEAD") == f"refs/heads/{branch}"


@pytest.mark.parametrize(
    ("ref", "files", "recorded"),
    [
        ("v1.0.0", 2, "v1.0.0"),
        ("v1.1.0", 3, "v1.1.0"),
        ("main", 4, "v1.1.0-1-g"),
        ("HEAD", 4, "v1.1.0-1-g"),
    ],
)
def test_a_version_can_be_named(
    ref: str, files: int, recorded: str, source: Repository, tmp_path: Path
) -> None:
    found = mlkata("new", tmp_path / "made", "--template", source.path, "--defaults", "-r", ref, "--json")
    assert found.data["new"].startswith(recorded)
    assert len(snapshot(tmp_path / "made")) == files


def test_a_commit_can_be_named_and_is_recorded_as_its_release(source: Repository, tmp_path: Path) -> None:
    sha = source.git("rev-parse", "v1.0.0")
    mlkata("new", tmp_path / "made", "--template", source.path, "--defaults", "-r", sha)
    assert "_commit: v1.0.0\n" in (tmp_path / "made/.copier-answers.yml").read_text()


def test_answers_come_from_a_file_and_from_the_command_line_which_wins(
    source: Repository, tmp_path: Path
) -> None:
    (tmp_path / "answers.yml").write_text("package: filed\nnumber: 7\n_commit: v0\nother: ignored\n")
    mlkata(
        "new", "made", "-C", tmp_path, "--template", source.path, "--data-file", "answers.yml",
        "-d", "number=8",
    )  # fmt: skip
    answers = yaml.safe_load((tmp_path / "made/.copier-answers.yml").read_text())
    assert answers == {"_commit": "v1.1.0", "_src_path": str(source.path), "package": "filed", "number": 8}
    assert (tmp_path / "made/name.txt").read_text() == "filed 8\n"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("-d", "package=bad"), "Validation error for question 'package': must not be bad"),
        (("-d", "number=three"), "number: invalid literal for int() with base 10: 'three'"),
        (("-d", "pakage=x"), "asks for no pakage"),
        (("-d", "package"), "-d package is not question=answer"),
        (("--data-file", "missing.yml"), "missing.yml can't be read: No such file or directory"),
        (("-r", "v9"), "has no 'v9'"),
        (("-r=--output=x",), "has no '--output=x'"),
        (("-r=-x",), "has no '-x'"),
        (("-a", "/etc/answers.yml"), "the answers file /etc/answers.yml is not inside the project"),
        (("-a", "../answers.yml"), "the answers file ../answers.yml is not inside the project"),
    ],
)
@pytest.mark.parametrize("place", ["made", "deep/er/made"])
def test_what_is_refused_leaves_nothing(
    args: tuple[str, ...], message: str, place: str, source: Repository, tmp_path: Path
) -> None:
    done = mlkata("new", tmp_path / place, "--template", source.path, "--defaults", *args, code=1)
    assert message in done.err
    assert len(done.err.splitlines()) <= 2
    assert done.out == ""
    assert listing(tmp_path) == ["template"]


@pytest.mark.parametrize("kind", ["file", "folder", "dangling", "linked", "below a file"])
def test_what_is_there_is_not_touched(kind: str, source: Repository, tmp_path: Path) -> None:
    target = tmp_path / "made"
    if kind == "folder":
        target.mkdir()
        (target / "mine.txt").write_text("mine")
    elif kind == "dangling":
        target.symlink_to(tmp_path / "nowhere")
    elif kind == "linked":
        (tmp_path / "empty").mkdir()
        target.symlink_to(tmp_path / "empty")
    else:
        target.write_text("mine")
    before = snapshot(tmp_path)
    goal = target / "deeper" if kind == "below a file" else target
    mlkata("new", goal, "--template", source.path, "--defaults", code=5)
    assert snapshot(tmp_path) == before


def test_an_empty_folder_and_here_are_filled(
    source: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    mlkata("new", tmp_path / "empty", "--template", source.path, "--defaults")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    mlkata("new", ".", "--template", source.path, "--defaults")
    for name in ("empty", "here"):
        assert Repository(tmp_path / name).status() == []
        assert len(snapshot(tmp_path / name)) == 3


def test_the_first_commit_needs_no_identity_no_key_and_no_hook_of_the_user(
    source: Repository, tmp_path: Path, home: Path
) -> None:
    (home / "hooks").mkdir()
    for name in ("pre-commit", "commit-msg", "post-checkout", "reference-transaction"):
        (home / "hooks" / name).write_text(HOOK)
        (home / "hooks" / name).chmod(0o755)
    (home / ".gitconfig").write_text(
        f"[core]\n\thooksPath = {home}/hooks\n[commit]\n\tgpgSign = true\n[user]\n\tuseConfigOnly = true\n"
        "\tsigningKey = 0000\n[gpg]\n\tprogram = false\n"
    )
    mlkata("new", tmp_path / "made", "--template", source.path, "--defaults")
    author = run("git", "log", "--format=%an <%ae>", cwd=tmp_path / "made")
    assert author == "mlkata <mlkata@localhost>"


def test_a_folder_of_a_repository_is_staged_and_can_be_taken_back(source: Repository, tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    run("git", "init", "-q", cwd=tmp_path / "whole")
    whole = Repository(tmp_path / "whole")
    whole.commit({"mine.txt": "mine\n"})
    whole.write({"mine.txt": "edited\n"})
    before = snapshot(whole.path)
    mlkata("new", whole.path / "apps/one", "--template", source.path, "--defaults")
    assert whole.status() == [
        "A  apps/one/.copier-answers.yml", "A  apps/one/name.txt", "A  apps/one/second.txt", " M mine.txt",
    ]  # fmt: skip
    mlkata("undo", whole.path)
    assert snapshot(whole.path) == before
    assert not (whole.path / "apps").exists()
    assert whole.status() == [" M mine.txt"]


def test_without_a_template_mlkatas_own_is_meant(
    source: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLKATA_TEMPLATE", str(source.path))
    assert mlkata("new", tmp_path / "made", "--defaults", "--json").data["template"] == str(source.path)


def test_plain_copier_updates_what_mlkata_made(source: Repository, tmp_path: Path) -> None:
    mlkata("new", tmp_path / "made", "--template", source.path, "--defaults", "-r", "v1.0.0")
    made = Repository(tmp_path / "made")
    run(sys.executable, "-m", "copier", "update", "--defaults", "--quiet", cwd=made.path)
    assert made.read("second.txt") == "2\n"
    made.commit()
    assert "Up to date: v1.1.0" in mlkata("update", made.path).out
    mlkata("check", made.path)


def drive(source: Repository, folder: Path, keys: list[tuple[bytes, bytes]]) -> tuple[int, bytes]:
    """Type the second of each pair once the first is shown; the exit code and all that was shown."""
    pid, terminal = pty.fork()
    if pid == 0:
        line = command("-C", folder, "new", "made", "--template", source.path)
        os.execvpe(line[0], line, {**os.environ, "TERM": "xterm"})
    shown, left = b"", list(keys)
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if select.select([terminal], [], [], 0.1)[0]:
            try:
                shown += os.read(terminal, 4096)
            except OSError:  # its end is closed
                break
            if b"\x1b[6n" in shown[-20:]:
                os.write(terminal, b"\x1b[1;1R")  # where the cursor is
        if left and left[0][0] in shown:
            os.write(terminal, left.pop(0)[1])
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


def test_questions_are_asked_on_a_terminal(source: Repository, tmp_path: Path) -> None:
    code, shown = drive(source, tmp_path, [(b"package", b"mine\r"), (b"number", b"\x7f42\r")])
    assert code == 0, shown.decode(errors="replace")
    assert "number: 42\n" in (tmp_path / "made/.copier-answers.yml").read_text()


def test_an_interruption_at_a_question_leaves_nothing(source: Repository, tmp_path: Path) -> None:
    code, shown = drive(source, tmp_path, [(b"package", b"\x03")])
    assert code == 130, shown.decode(errors="replace")
    assert b"interrupted" in shown
    assert listing(tmp_path) == ["template"]


def test_a_template_without_recorded_answers_is_said_to_be_a_one_off(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    run("git", "init", "-q", cwd=tmp_path / "plain")
    plain = Repository(tmp_path / "plain")
    plain.commit({"copier.yml": COPIER_YML, "template/file.txt": "x\n"}, tag="1.0")
    said = mlkata("new", tmp_path / "made", "--template", plain.path, "--defaults").out
    assert "records no answers, so this project can't be updated later" in said
