"""The command line itself: help, wrong usage, `--json`, quiet, colour, and every way to have no git."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
from pathlib import Path

import pytest
from evolving import Repository, command, inside, mlkata, project, run, template

from mlkata import cli
from mlkata.report import Report

VERBS = ["new", "update", "check", "diff", "restore", "undo", "add", "remove", "adopt", "relink", "fleet"]
DOCUMENT = Path(__file__).parents[2] / "docs/json.md"


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    made = template(tmp_path / "template", {"a.txt": "a\n", "b.txt": "b\n"})
    made.commit(inside({"a.txt": "new\n"}), tag="v1.1.0")
    return made


@pytest.fixture
def made(source: Repository, tmp_path: Path) -> Repository:
    return project(tmp_path / "made", source)


@pytest.mark.parametrize("verb", VERBS)
def test_each_example_of_the_help_is_a_command_line(verb: str) -> None:
    said = mlkata(verb, "--help").out
    examples = re.findall(r"^  mlkata (.*?)(?:   .*)?$", said, re.MULTILINE)
    assert examples
    for example in examples:
        for line in (
            example.split(" | git apply -R")[0].replace("--continue | --abort", "--abort").splitlines()
        ):
            assert cli._parse(line.split()).verb == verb


def test_alone_it_helps() -> None:
    assert mlkata().out == mlkata("--help").out


@pytest.mark.parametrize(
    "line", ["new", "new a b", "check --bogus", "restore", "update -n --diff", "relink", "-r"]
)
def test_wrong_usage_is_the_users_error(line: str) -> None:
    done = mlkata(*line.split(), code=1)
    assert done.out == ""
    assert done.err.startswith("mlkata: ")
    assert "--help shows what it takes." in done.err
    assert mlkata(*line.split(), "--json", code=1).data["status"] == "failed"
    assert mlkata("bogus", "--json", code=1).data["hint"].startswith("There is: new, update, check,")


@pytest.mark.parametrize(
    ("line", "what", "hint"),
    [
        ("chek", "there is no verb chek", "Did you mean check?"),
        ("fleet stat x", "there is no verb fleet stat", "Did you mean status?"),
        ("fleet zzz", "there is no verb fleet zzz", "There is: status, update, check."),
        ("fleet update x --restrat", "fleet update does not take --restrat", "Did you mean --restart?"),
        ("update --dryrun", "update does not take --dryrun", "Did you mean --dry-run?"),
        ("new -- a --offline", "new does not take --offline", "mlkata new --help shows what it takes."),
        ("new a b", "new does not take b", "mlkata new --help shows what it takes."),
        ("check --zzz=1 x y", "check does not take --zzz=1 y", "mlkata check --help shows what it takes."),
    ],
)
def test_what_is_misspelt_is_named_with_the_nearest(line: str, what: str, hint: str) -> None:
    assert mlkata(*line.split(), code=1).err == f"mlkata: {what}\n{hint}\n"


def test_flags_may_stand_before_the_verb(made: Repository) -> None:
    assert mlkata("-C", made.path, "check", code=2).out == mlkata("check", "-C", made.path, code=2).out
    assert (
        mlkata("--json", "check", made.path, code=2).data == mlkata("check", made.path, "--json", code=2).data
    )
    assert mlkata("-q", "check", made.path, code=2).out == ""


def test_help_and_version_are_no_errors() -> None:
    assert "exit codes:" in mlkata("--help").out
    assert re.fullmatch(r"mlkata \d+\.\d+\.\d+\S*\n", mlkata("--version").out)


def documented() -> tuple[set[str], set[str]]:
    """The keys of success and of failure, as every verb has them."""
    text, _, own = DOCUMENT.read_text().partition("`adopt` has three more keys")
    assert set(re.findall(r"^\| `(\w+)`", own, re.MULTILINE)) == {"base", "answers", "moves"}
    tables = text.split("When a command fails")
    one, two = (set(re.findall(r"^\| `(\w+)`", part, re.MULTILINE)) for part in tables)
    return one, two


def test_every_verbs_object_has_just_the_documented_keys(
    made: Repository, source: Repository, tmp_path: Path
) -> None:
    keys, failed = documented()
    assert keys == set(Report("").__dataclass_fields__)
    made.commit({"b.txt": "mine\n"})
    lines: list[tuple[int, list[str | Path]]] = [
        (0, ["new", tmp_path / "other", "--template", source.path, "--defaults"]),
        (2, ["check", made.path]),
        (2, ["check", made.path, "-v"]),
        (0, ["diff", "-C", made.path]),
        (0, ["update", made.path, "--dry-run"]),
        (0, ["update", made.path, "--diff"]),
        (0, ["update", made.path, "--branch"]),
        (0, ["restore", "-C", made.path, "b.txt"]),
        (0, ["undo", made.path]),
        (0, ["update", made.path]),
        (0, ["undo", made.path]),
        (0, ["add", "-C", made.path]),
        (0, ["add", "-C", made.path, "extra=no", "--dry-run"]),
        (0, ["remove", "-C", made.path, "extra", "--dry-run"]),
        (0, ["relink", "-C", made.path, source.path]),
    ]
    for code, line in lines:
        found = mlkata(*line, "--json", code=code).data
        assert found.keys() | {"patch", "offers", "news"} == keys, line
        assert found["command"] == line[0]
        assert found["code"] == code
        for file in found["files"]:
            assert file.keys() - {"source"} == {"path", "action", "why"}
    empty = tmp_path / "empty"
    empty.mkdir()
    for verb in VERBS[1:-1]:  # docs/fleet.md has what a fleet prints
        more = {"restore": ["x"], "remove": ["x"], "relink": ["x"]}.get(verb, [])
        done = mlkata(verb, "-C", empty, "--json", *more, code=None)
        found = done.data
        assert found.keys() == failed
        assert (found["command"], found["status"], found["code"]) == (verb, "failed", done.code)
        assert done.code in (1, 5)
        assert f"{empty} is not in a git repository" in found["error"]


def test_quiet_says_nothing_and_errors_are_still_said(made: Repository, tmp_path: Path) -> None:
    done = mlkata("update", made.path, "-q")
    assert (done.out, done.err) == ("", "")
    assert mlkata("check", tmp_path / "nowhere", "-q", code=1).err.startswith("mlkata: there is no folder")


@pytest.mark.parametrize(("variable", "coloured"), [("", True), ("NO_COLOR", False)])
def test_colour_is_for_terminals_that_want_it(
    variable: str, coloured: bool, made: Repository, tmp_path: Path
) -> None:
    env = {**os.environ, "TERM": "xterm"} | ({variable: "1"} if variable else {})
    pid, terminal = pty.fork()
    if pid == 0:
        line = command("update", made.path, "--dry-run")
        os.execvpe(line[0], line, env)
    shown = b""
    try:
        while part := os.read(terminal, 4096):
            shown += part
    except OSError:  # its end is closed
        pass
    os.waitpid(pid, 0)
    assert b"a.txt" in shown
    assert (b"\x1b[" in shown) is coloured
    piped = run(*command("update", made.path, "--dry-run"), cwd=tmp_path, env=env)
    assert "\x1b" not in piped


def with_git(tmp_path: Path, says: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git of another kind on PATH; None: none at all."""
    (tmp_path / "bin").mkdir()
    if says is not None:
        (tmp_path / "bin/git").write_text(f"#!/bin/sh\n{says}\n")
        (tmp_path / "bin/git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))


@pytest.mark.parametrize(
    ("says", "message"),
    [
        ("echo git version 2.37.9", "is too old: mlkata merges with"),
        ("echo git version 1.8.3.1", "is too old: mlkata merges with"),
        ("echo gut", "is too old: mlkata merges with"),
        ("echo broken >&2; exit 3", "git version failed in .: broken"),
        (None, "git is not installed"),
    ],
)
@pytest.mark.parametrize("verb", VERBS)
def test_a_git_that_is_too_old_or_missing_is_said(
    verb: str, says: str | None, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_git(tmp_path, says, monkeypatch)
    words = {"new": ["x"], "restore": ["x"], "remove": ["x"], "relink": ["x"], "fleet": ["status", "x"]}
    more = words.get(verb, [])
    assert message in mlkata(verb, *more, code=1).err
    assert mlkata(verb, *more, "--json", code=1).data["code"] == 1


@pytest.mark.parametrize("version", ["2.38.0", "2.39.5 (Apple Git-154)", "2.50.1.windows.1", "3.0.rc1"])
def test_a_git_that_is_new_enough_is_taken(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_git(tmp_path, f'[ "$1" = version ] && echo "git version {version}" || exit 128', monkeypatch)
    assert "too old" not in mlkata("check", tmp_path, code=1).err


def test_a_reader_that_stops_early_is_no_error(made: Repository) -> None:
    running = subprocess.Popen(
        command("check", made.path, "-v", "--json"), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert running.stdout
    assert running.stderr
    running.stdout.close()
    assert b"Traceback" not in running.stderr.read()
    running.stderr.close()
    running.wait()


def test_a_defect_is_one_message(made: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLKATA_DEBUG")
    monkeypatch.setattr("mlkata.project.find", lambda *_: 1 / 0)
    done = mlkata("check", made.path, code=1)
    assert (
        done.err.splitlines()[0] == "mlkata: this is a defect in mlkata: ZeroDivisionError: division by zero"
    )
    assert json.loads(mlkata("check", made.path, "--json", code=1).out)["status"] == "failed"
