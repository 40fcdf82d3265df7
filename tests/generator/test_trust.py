"""A template runs code only where a person said so, for this commit or for whoever signed it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from evolving import COPIER_YML, Repository, command, inside, mlkata, project, run, snapshot, template


@pytest.fixture
def proof(tmp_path: Path) -> Path:
    """A file that appears when something ran."""
    return tmp_path / "proof"


def wanting(path: Path, settings: str) -> Repository:
    return template(path, {"a.txt": "a\n"}, copier_yml=COPIER_YML + settings)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ("_tasks: ['touch {proof}']\n", "tasks"),
        ("_tasks:\n- command: [touch, '{proof}']\n  when: true\n", "tasks"),
        ("_migrations: ['touch {proof}']\n", "migrations"),
        ("_migrations:\n- version: v1.0.0\n  before: ['touch {proof}']\n", "migrations"),
        ("_jinja_extensions: [os.X]\n", "Jinja extensions"),
    ],
)
def test_nothing_runs_untrusted(settings: str, named: str, proof: Path, tmp_path: Path, home: Path) -> None:
    plain = template(tmp_path / "template", {"a.txt": "a\n"})
    made = project(tmp_path / "made", plain)
    plain.commit({"copier.yml": COPIER_YML + settings.format(proof=proof)}, tag="v1.1.0")
    before = snapshot(made.path)
    for args in (
        ("update", made.path),
        ("update", made.path, "--dry-run"),
        ("update", made.path, "--branch"),
        ("new", tmp_path / "other", "--template", plain.path, "--defaults"),
    ):
        said = mlkata(*args, code=4).err
        assert f"wants to run code on this machine ({named}), and this commit is not trusted" in said
    assert not proof.exists()
    assert not (tmp_path / "other").exists()
    assert snapshot(made.path) == before
    assert not (home / ".config/mlkata").exists()


def test_trust_runs_tasks_in_the_scratch_and_is_remembered_for_the_commit(
    tmp_path: Path, home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    source = wanting(tmp_path / "template", "_tasks: ['echo told; pwd; date +%N > made.txt']\n")
    done = mlkata("new", tmp_path / "made", "--template", source.path, "--defaults", "--trust", "--json")
    assert done.data["status"] == "done"
    shown = capfd.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("told\n")
    assert str(tmp_path / "made") + "\n" not in shown.err
    trusted = json.loads((home / ".config/mlkata/trust.json").read_text())
    assert trusted == {str(source.path): {"commits": [source.git("rev-parse", "HEAD")]}}
    mlkata("new", tmp_path / "again", "--template", source.path, "--defaults")
    assert (tmp_path / "again/made.txt").is_file()


def test_a_new_commit_is_asked_about_again(tmp_path: Path) -> None:
    source = wanting(tmp_path / "template", "_tasks: ['cp a.txt b.txt']\n")
    made = project(tmp_path / "made", source, "--trust")
    source.commit(inside({"a.txt": "new\n"}), tag="v1.1.0")
    mlkata("update", made.path, code=4)
    mlkata("update", made.path, "--trust")
    assert made.read("b.txt") == "new\n"


def signing(home: Path, tmp_path: Path, name: str) -> str:
    """A new key that signs from now on, and is known as a person's; ssh-keygen comes with git's ssh."""
    key = tmp_path / name
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", key, cwd=tmp_path)
    public = key.with_suffix(".pub").read_text()
    with (home / "signers").open("a") as signers:
        signers.write(f'test@example.com namespaces="git" {public}')
    for setting in (
        ("gpg.format", "ssh"),
        ("user.signingKey", str(key)),
        ("gpg.ssh.allowedSignersFile", str(home / "signers")),
    ):
        run("git", "config", "--global", *setting, cwd=tmp_path)
    return run("ssh-keygen", "-l", "-f", key, cwd=tmp_path).split()[1]


def release(source: Repository, content: str, tag: str) -> None:
    source.commit(inside({"a.txt": content}))
    source.git("tag", "-s", "-m", tag, tag)


def test_a_tag_signed_by_a_trusted_key_is_trusted_and_another_is_not(tmp_path: Path, home: Path) -> None:
    source = wanting(tmp_path / "template", "_tasks: ['cp a.txt b.txt']\n")
    fingerprint = signing(home, tmp_path, "first")
    release(source, "1\n", "v1.1.0")
    made = project(tmp_path / "made", source, "--trust", ref="v1.1.0")
    trusted = json.loads((home / ".config/mlkata/trust.json").read_text())
    assert trusted[str(source.path)]["signers"] == [fingerprint]
    release(source, "2\n", "v1.2.0")
    mlkata("update", made.path)
    assert made.read("b.txt") == "2\n"
    made.commit()
    source.commit(inside({"a.txt": "3\n"}), tag="v1.3.0")  # not signed
    assert "remembered for this commit." in mlkata("update", made.path, code=4).err
    signing(home, tmp_path, "second")
    release(source, "4\n", "v1.4.0")
    assert "and the key that signed it" in mlkata("update", made.path, code=4).err


def test_a_failing_task_leaves_nothing(tmp_path: Path) -> None:
    source = wanting(tmp_path / "template", "_tasks: ['touch half.txt; exit 3']\n")
    said = mlkata("new", tmp_path / "made", "--template", source.path, "--defaults", "--trust", code=1).err
    assert "a task of the template" in said
    assert "failed (code 3); nothing was written" in said
    assert sorted(os.listdir(tmp_path)) == ["template"]


def test_a_kill_during_a_task_leaves_the_project_as_it_was(tmp_path: Path) -> None:
    source = wanting(tmp_path / "template", "")
    made = project(tmp_path / "made", source)
    started = tmp_path / "started"
    source.commit({"copier.yml": COPIER_YML + f"_tasks: ['touch {started}; sleep 30']\n"}, tag="v1.1.0")
    before = snapshot(made.path)
    running = subprocess.Popen(command("update", made.path, "--trust"), start_new_session=True)
    end = time.monotonic() + 30
    while not started.exists() and time.monotonic() < end:
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    assert started.exists()
    assert snapshot(made.path) == before
    assert made.status() == []
    source.commit({"copier.yml": COPIER_YML}, tag="v1.2.0")
    mlkata("update", made.path)
    assert not (made.path / ".git/mlkata/work").exists()


@pytest.mark.parametrize(
    "migrations", ["['touch {proof}']", "[{{version: v1.1.0, after: ['touch {proof}']}}]"]
)
def test_migrations_on_the_way_are_left_to_copier(migrations: str, proof: Path, tmp_path: Path) -> None:
    source = wanting(tmp_path / "template", f"_migrations: {migrations.format(proof=proof)}\n")
    made = project(tmp_path / "made", source, "--trust")
    source.commit(inside({"a.txt": "b\n"}), tag="v1.1.0")
    before = snapshot(made.path)
    said = mlkata("update", made.path, "--trust", code=1).err
    assert "has migrations between v1.0.0 and v1.1.0, which mlkata does not run" in said
    assert "copier update --trust" in said
    assert snapshot(made.path) == before
    assert not proof.exists()


def test_migrations_of_other_versions_are_no_obstacle(proof: Path, tmp_path: Path) -> None:
    source = wanting(tmp_path / "template", f"_migrations: [{{version: v0.9.0, after: ['touch {proof}']}}]\n")
    made = project(tmp_path / "made", source, "--trust")
    source.commit(inside({"a.txt": "b\n"}), tag="v1.1.0")
    mlkata("update", made.path, "--trust")
    assert made.read("a.txt") == "b\n"
    assert not proof.exists()


@pytest.mark.parametrize("content", ["[]", '{"x": 1}', '{"x": {"commits": 1}}'])
def test_a_trust_file_of_another_form_trusts_nothing(content: str, tmp_path: Path, home: Path) -> None:
    source = wanting(tmp_path / "template", "_tasks: ['true']\n")
    (home / ".config/mlkata").mkdir(parents=True)
    file = home / ".config/mlkata/trust.json"
    file.write_text(content)
    mlkata("new", tmp_path / "made", "--template", source.path, "--defaults", code=4)
    file.write_text("{")
    assert (
        "Mend or delete it"
        in mlkata("new", tmp_path / "made", "--template", source.path, "--defaults", code=1).err
    )
