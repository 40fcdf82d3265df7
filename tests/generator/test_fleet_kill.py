"""A fleet that is killed, interrupted or started twice: what is done stays done, and the rest goes on."""

from __future__ import annotations

import os
import pty
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from evolving import Repository, command
from fleets import BRANCH, branches, evolved, fleet, made, sound

NAMES = tuple(f"p{number:02}" for number in range(16))
SLOW = "{% for _ in range(600) %}{% for _ in range(600) %}{% endfor %}{% endfor %}"


@pytest.fixture
def ones(tmp_path: Path) -> dict[str, Repository]:
    """A fleet whose template takes a moment to render."""
    source = evolved(tmp_path / "template")
    found = made(tmp_path / "all", source, *NAMES)
    source.commit({"template/slow.txt.jinja": SLOW}, tag="v1.1.1")
    source.git("tag", "-d", "v1.1.0")
    return found


NEWER = "mlkata/update-v1.1.1"


def start(cwd: Path, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command("fleet", "update", "all", *args), cwd=cwd, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def done(ones: dict[str, Repository]) -> list[str]:
    return [name for name, one in ones.items() if (one.path / ".git/refs/heads" / NEWER).is_file()]


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.005)


def children(pid: int) -> list[int]:
    return [int(found) for found in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def all_sound(ones: dict[str, Repository]) -> bool:
    return all(sound(one, NEWER) and one.status() == [] for one in ones.values())


def test_a_run_that_is_killed_goes_on_from_there(ones: dict[str, Repository], tmp_path: Path) -> None:
    chance = random.Random(4)
    before: set[str] = set()
    for _ in range(2):
        run = start(tmp_path)
        until(lambda: len(done(ones)) >= len(before) + 3)  # noqa: B023
        time.sleep(chance.uniform(0, 0.2))
        workers = children(run.pid)
        os.kill(run.pid, signal.SIGKILL)
        run.communicate()
        until(lambda: not any(alive(worker) for worker in workers))  # noqa: B023
        assert run.returncode == -signal.SIGKILL
        before = set(done(ones))
    assert len(before) < len(NAMES)
    tips = {name: ones[name].git("rev-parse", NEWER) for name in before}
    found = fleet("update", "all", "--json", cwd=tmp_path)
    assert found.summary["projects"] == len(NAMES)
    assert {row["status"] for row in found.rows.values()} == {"done"}
    assert len(before) - 4 <= found.summary["earlier"] <= len(before)  # a worker's last is not put down yet
    assert {name: ones[name].git("rev-parse", NEWER) for name in before} == tips
    assert all_sound(ones)


def test_one_killed_in_the_middle_of_writing_is_completed(
    ones: dict[str, Repository], tmp_path: Path
) -> None:
    run = start(tmp_path, "--in-place")
    until(lambda: any((one.path / ".git/mlkata/next").exists() for one in ones.values()))
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    found = fleet("update", "all", "--in-place", "--json", cwd=tmp_path)
    assert {(row["status"], row["new"], row["files"]["add"]) for row in found.rows.values()} == {
        ("done", "v1.1.1", 2)
    }
    assert found.summary["projects"] == len(NAMES)
    for one in ones.values():
        assert one.read("new.txt") == "new\n"
        assert one.git("diff", "--name-only") == ""


def test_a_worker_that_dies_is_replaced_and_its_repository_done_again(
    ones: dict[str, Repository], tmp_path: Path
) -> None:
    run = start(tmp_path, "--json", "-j", "2")
    for number in (2, 5):
        until(lambda: len(done(ones)) >= number)  # noqa: B023
        until(lambda: children(run.pid))
        os.kill(children(run.pid)[0], signal.SIGKILL)
    out, err = run.communicate()
    assert run.returncode == 0, err
    assert len(out.splitlines()) == len(NAMES) + 1
    assert all_sound(ones)


def test_what_kills_its_worker_each_time_is_one_row(tmp_path: Path) -> None:
    source = evolved(tmp_path / "template")
    ones = made(tmp_path / "all", source, "good", "deadly")
    ones["deadly"].git("config", "filter.deadly.clean", "kill -9 $(ps -o ppid= $PPID)")
    ones["deadly"].write({".git/info/attributes": "new.txt filter=deadly\n"})
    found = fleet("update", "all", "--json", "-j", "1", cwd=tmp_path, code=1)
    assert found.rows["good"]["status"] == "done"
    assert "died, twice" in found.rows["deadly"]["headline"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_ends_at_once_and_goes_on_later(
    number: int, ones: dict[str, Repository], tmp_path: Path
) -> None:
    run = start(tmp_path, "--json", "--html", "r.html")
    until(lambda: len(done(ones)) >= 3)
    workers = children(run.pid)
    os.kill(run.pid, number)
    out, err = run.communicate()
    assert (run.returncode, err) == (130, "")
    assert not any(alive(worker) for worker in workers)
    assert '"status": "interrupted", "code": 130' in out.splitlines()[-1]
    assert "Fleet update" in (tmp_path / "r.html").read_text()
    assert len(out.splitlines()) < len(NAMES)
    for one in ones.values():
        assert one.status() == []
        assert [str(path) for path in (one.path / ".git").rglob("*.lock")] == []
    found = fleet("update", "all", "--json", cwd=tmp_path)
    assert found.summary["earlier"] == len(out.splitlines()) - 1
    assert all_sound(ones)


def test_two_runs_of_one_fleet_at_once_are_one_run_and_an_error(
    ones: dict[str, Repository], tmp_path: Path
) -> None:
    run = start(tmp_path, "-j", "1")
    until(lambda: done(ones))
    os.kill(run.pid, signal.SIGSTOP)
    try:
        found = fleet("update", "all", cwd=tmp_path, code=7)
        assert "another mlkata is at work" in found.err
        assert fleet("status", "all", cwd=tmp_path, code=2).err == ""
    finally:
        os.kill(run.pid, signal.SIGCONT)
    assert run.communicate() is not None
    assert run.returncode == 0
    assert all_sound(ones)


def test_two_fleets_that_share_repositories_never_damage_one(
    ones: dict[str, Repository], tmp_path: Path
) -> None:
    runs = [start(tmp_path), start(tmp_path, "-d", "package=pkg")]
    codes = {run.communicate() and run.returncode for run in runs}
    assert codes <= {0, 7, 1}
    fleet("update", "all", cwd=tmp_path)
    assert all_sound(ones)


def asked(cwd: Path, answers: bytes) -> tuple[int, str]:
    """Run with questions at a terminal, and answer them."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(cwd)
        line = command("fleet", "update", "all", "--interactive")
        os.execv(line[0], line)
    said = b""
    for answer in answers:
        before = said.count(b"[q]uit")
        while said.count(b"[q]uit") == before:
            said += os.read(terminal, 1000)
        os.write(terminal, bytes([answer]) + b"\n")
    while True:
        try:
            more = os.read(terminal, 1000)
        except OSError:
            break
        said += more
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), said.decode()


def test_interactive_asks_before_each_repository(tmp_path: Path) -> None:
    source = evolved(tmp_path / "template")
    ones = made(tmp_path / "all", source, "a", "b", "c", "d")
    code, said = asked(tmp_path, b"ynq")
    assert code == 0
    assert "all/b  v1.0.0 -> v1.1.0 · 1 add, 2 change" in said
    assert "2 repositories are left" in said
    assert [name for name, one in ones.items() if BRANCH in branches(one)] == ["a"]


def test_a_terminal_has_a_live_table_and_a_line_for_each_project(tmp_path: Path) -> None:
    made(tmp_path / "all", evolved(tmp_path / "template"), "a", "b")
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tmp_path)
        os.environ["TERM"] = "xterm"
        line = command("fleet", "update", "all")
        os.execv(line[0], line)
    said = b""
    while True:
        try:
            said += os.read(terminal, 1000)
        except OSError:
            break
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert b"2/2" in said
    assert b"\x1b[2K" in said
    assert b"2 projects in 2 repositories: 2 done." in said
