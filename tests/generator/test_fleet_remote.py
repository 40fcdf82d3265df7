"""Fleets at addresses: partial clones, credentials that nobody reads, branches pushed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from evolving import Repository, run
from fleets import BRANCH, bare, branches, evolved, fleet, made, sound, with_origin
from serving import served

from mlkata.errors import ExitCode
from mlkata.fleet.rows import SEVERITY, worse
from mlkata.privacy import clean

SECRET = "t0k-en.Very%2Fsecret"


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return evolved(tmp_path / "template")


@pytest.fixture
def one(source: Repository, tmp_path: Path) -> Repository:
    return made(tmp_path / "work", source, "one")["one"]


@pytest.fixture
def remote(one: Repository, tmp_path: Path) -> Repository:
    return with_origin(one, tmp_path / "remotes")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MLKATA_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def clone(cache: Path) -> Repository:
    """The one clone in the cache."""
    (head,) = (cache / "fleet" / "clones").glob("*/*/HEAD")
    return Repository(head.parent)


def test_an_address_is_a_bare_partial_clone_without_history_and_its_branch_is_pushed(
    remote: Repository, one: Repository, cache: Path, tmp_path: Path
) -> None:
    one.commit({"big.bin": b"\0" * 100_000})
    one.commit({"big.bin": b"\1" * 100_000})
    one.git("push", "-q", "origin", "main")
    address = f"file://{remote.path}"
    found = fleet("update", address, "--push", "--json", cwd=tmp_path)
    assert found.rows["one.git"]["repository"] == address
    assert (found.rows["one.git"]["pushed"], found.rows["one.git"]["branch"]) == ("origin", BRANCH)
    assert sound(remote)
    at = clone(cache)
    assert at.path.name == "one"
    assert at.git("rev-parse", "--is-bare-repository", "--is-shallow-repository").split() == ["true", "true"]
    missing = at.git("rev-list", "--objects", "--missing=print", "HEAD").splitlines()
    assert f"?{remote.git('rev-parse', 'main:big.bin')}" in missing


def test_a_clone_is_brought_up_to_date_by_the_next_run(
    remote: Repository, one: Repository, cache: Path, tmp_path: Path
) -> None:
    address = f"file://{remote.path}"
    fleet("update", address, "--push", cwd=tmp_path)
    first = remote.git("rev-parse", BRANCH)
    one.commit({"mine.txt": "mine\n"})
    one.git("push", "-q", "origin", "main")
    fleet("update", address, "--push", cwd=tmp_path)
    assert remote.git("rev-parse", f"{BRANCH}^") == one.git("rev-parse", "main")
    assert remote.git("rev-parse", BRANCH) != first
    assert clone(cache).git("for-each-ref", "--format=%(refname)", "refs/heads") == f"refs/heads/{BRANCH}"
    (clone(cache).path / "shallow.lock").write_text("")  # as a kill leaves it
    fleet("update", address, "--push", cwd=tmp_path)
    found = fleet("status", address, "--offline", "--json", cwd=tmp_path, code=2)
    assert found.rows["one.git"]["status"] == "outdated"


def test_what_a_person_pushed_to_the_branch_is_not_replaced(
    remote: Repository, one: Repository, tmp_path: Path
) -> None:
    fleet("update", one.path, "--push", cwd=tmp_path)
    other = Repository(tmp_path / "other")
    run("git", "clone", "-q", "-b", BRANCH, remote.path, other.path, cwd=tmp_path)
    theirs = other.commit({"a.txt": "by hand\n"})
    other.git("push", "-q")
    one.commit({"mine.txt": "mine\n"})
    found = fleet("update", one.path, "--push", "--json", cwd=tmp_path, code=5)
    assert "with something else on it" in found.rows["one"]["headline"]
    assert remote.git("rev-parse", BRANCH) == theirs


def test_the_same_from_elsewhere_is_no_obstacle(remote: Repository, one: Repository, tmp_path: Path) -> None:
    fleet("update", one.path, "--push", cwd=tmp_path)
    tip = remote.git("rev-parse", BRANCH)
    other = Repository(tmp_path / "other")
    run("git", "clone", "-q", remote.path, other.path, cwd=tmp_path)
    env = os.environ | {"GIT_AUTHOR_NAME": "Other", "GIT_COMMITTER_DATE": "2020-01-01T00:00:00Z"}
    fleet("update", other.path, "--push", cwd=tmp_path, env=env)
    assert other.git("rev-parse", BRANCH) != tip
    assert remote.git("rev-parse", BRANCH) == tip


def test_the_remote_is_the_one_that_git_would_push_to(one: Repository, tmp_path: Path) -> None:
    found = fleet("update", one.path, "--push", "--json", cwd=tmp_path, code=1)
    assert "has no remote to push to; the branch is there" in found.rows["one"]["headline"]
    assert sound(one)
    made = {name: bare(one, tmp_path / name) for name in ("fork", "upstream")}
    for name, at in made.items():
        at.git("branch", "-D", BRANCH)
        one.git("remote", "add", name, at.path)
    found = fleet("update", one.path, "--push", "--json", cwd=tmp_path, code=1)
    assert "has several remotes (fork, upstream)" in found.rows["one"]["headline"]
    one.git("config", "remote.pushDefault", "fork")
    assert fleet("update", one.path, "--push", "--json", cwd=tmp_path).rows["one"]["pushed"] == "fork"
    assert (BRANCH in branches(made["fork"]), BRANCH in branches(made["upstream"])) == (True, False)


def test_a_remote_that_refuses_is_one_row_and_the_branch_stays(
    remote: Repository, one: Repository, tmp_path: Path
) -> None:
    hook = remote.path / "hooks" / "pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\necho no >&2; exit 1\n")
    hook.chmod(0o755)
    found = fleet("update", one.path, "--push", "--json", cwd=tmp_path, code=6)
    assert "can't be pushed to origin" in found.rows["one"]["headline"]
    assert found.rows["one"]["branch"] == BRANCH
    assert sound(one)


def test_credentials_of_an_address_are_used_and_are_nowhere_to_be_read(
    remote: Repository, cache: Path, tmp_path: Path
) -> None:
    remote.git("config", "http.receivepack", "true")
    with served(remote.path.parent, "me", SECRET.replace("%2F", "/")) as host:
        address = f"{host.replace('http://', f'http://me:{SECRET}@')}/one.git"
        (tmp_path / "list.txt").write_text(f"{address}\n")
        runs = [
            fleet("update", "list.txt", "--push", "--json", "--html", "r.html", cwd=tmp_path),
            fleet("check", address, "--html", "r2.html", cwd=tmp_path, code=2),
            fleet("update", f"{address}x", "-v", cwd=tmp_path, code=6),
            fleet("update", address.replace(SECRET, "wrong"), "--restart", cwd=tmp_path, code=6),
        ]
    assert sound(remote)
    assert runs[0].rows["one.git"]["repository"] == f"{host}/one.git"
    assert runs[0].rows["one.git"]["pushed"] == "origin"
    (tmp_path / "list.txt").unlink()
    for found in runs:
        assert "me:" not in found.out + found.err
    traces = [
        str(file) for file in [*cache.rglob("*"), *tmp_path.glob("*.html")]
        if file.is_file() and (SECRET.encode() in file.read_bytes() or b"Very/secret" in file.read_bytes())
    ]  # fmt: skip
    assert traces == []


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("https://me:p@ss@host/x.git", "https://host/x.git"),
        ("see HTTPS://token@host/x, http://a:b@c", "see HTTPS://host/x, http://c"),
        ("ssh://git:pass@host:22/x", "ssh://git@host:22/x"),
        ("ssh://git@host/x git@host:x", "ssh://git@host/x git@host:x"),
        ("https://host/x?private_token=abc&ref=1", "https://host/x?private_token=…&ref=1"),
        ("mail@example.com at https://host/@scope", "mail@example.com at https://host/@scope"),
    ],
)
def test_what_is_taken_out_of_an_address(text: str, wanted: str) -> None:
    assert clean(text) == wanted


def test_every_exit_code_has_its_place_in_the_order() -> None:
    assert sorted(SEVERITY) == sorted(ExitCode)
    assert worse(ExitCode.CONFLICTS, ExitCode.AVAILABLE) == ExitCode.CONFLICTS
    assert worse(ExitCode.USER, ExitCode.UNREACHABLE) == ExitCode.USER
