"""Fleets at addresses: partial clones, credentials that nobody reads, branches pushed, requests opened."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from evolving import Repository, run
from fleets import BRANCH, LINES, bare, branches, evolved, fleet, made, sound
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
    """The bare repository that `one` belongs to."""
    found = bare(one, tmp_path / "remotes" / "one.git")
    one.git("remote", "add", "origin", found.path)
    return found


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


STAND_IN = f"""#!{sys.executable}
import json, os, pathlib, sys
folder = pathlib.Path(os.environ["STAND_IN"])
number = len(list(folder.glob("call*")))
stdin = sys.stdin.read()
call = [[pathlib.Path(sys.argv[0]).name, *sys.argv[1:]], stdin]
(folder / f"call{{number:02}}").write_text(json.dumps(call))
answers = json.loads((folder / "answers").read_text())
code, out, err = answers[min(number, len(answers) - 1)]
sys.stdout.write(out)
sys.stderr.write(err)
sys.exit(code)
"""


class Tools:
    """gh and glab as scripts that write down what they are called with."""

    def __init__(self, folder: Path, path: str) -> None:
        self.folder = folder
        self.path = path
        (folder / "bin").mkdir(parents=True)

    def install(self, *names: str) -> None:
        for name in names:
            (self.folder / "bin" / name).write_text(STAND_IN)
            (self.folder / "bin" / name).chmod(0o755)

    def answer(self, *answers: tuple[int, str, str]) -> None:
        """What the calls to come print, the last one again and again."""
        for call in self.folder.glob("call*"):
            call.unlink()
        (self.folder / "answers").write_text(json.dumps(answers))

    def calls(self) -> list[tuple[list[str], str]]:
        return [tuple(json.loads(file.read_text())) for file in sorted(self.folder.glob("call*"))]

    @property
    def env(self) -> dict[str, str]:
        return os.environ | {"PATH": f"{self.folder}/bin:{self.path}", "STAND_IN": str(self.folder)}


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    found = Tools(tmp_path / "tools", os.environ["PATH"])
    found.answer((0, "https://github.com/team/one/pull/7\n", ""))
    return found


def hosted(one: Repository, remote: Repository, address: str) -> None:
    """Have the remote's address be a host's, while git goes to the folder."""
    one.git("config", "remote.origin.url", address)
    one.git("config", f"url.{remote.path}.insteadOf", address)


def row(one: Repository, tools: Tools, cwd: Path, code: int = 0) -> dict[str, Any]:
    return fleet("update", one.path, "--pr", "--json", cwd=cwd, code=code, env=tools.env).rows["one"]


def test_a_pull_request_is_opened_by_gh(
    remote: Repository, one: Repository, tools: Tools, tmp_path: Path
) -> None:
    tools.install("gh")
    hosted(one, remote, "git@github.com:team/one.git")
    found = row(one, tools, tmp_path)
    assert found["request"] == "https://github.com/team/one/pull/7"
    assert found["link"] == f"https://github.com/team/one/tree/{BRANCH}"
    assert sound(remote)
    ((argv, body),) = tools.calls()
    assert argv == [
        "gh", "pr", "create", "--repo", "github.com/team/one", "--head", BRANCH,
        "--title", "Update from the template to v1.1.0", "--body-file", "-",
    ]  # fmt: skip
    assert "- add `new.txt`: new in the template\n- change" not in body
    assert "- add `new.txt`: new in the template\n" in body
    assert " went from v1.0.0 to v1.1.0." in body


def test_a_request_with_conflicts_is_a_draft_and_names_them(
    remote: Repository, one: Repository, tools: Tools, tmp_path: Path
) -> None:
    tools.install("gh", "glab")
    one.commit({"a.txt": LINES.replace("line 18\n", "mine\n"), "$(touch x)`.txt": "mine\n"})
    hosted(one, remote, "https://me:secret@github.com/team/one.git")
    found = row(one, tools, tmp_path, code=3)
    assert found["request"] == "https://github.com/team/one/pull/7"
    ((argv, body),) = tools.calls()
    assert argv[-1] == "--draft"
    assert "**In conflict**, with markers to resolve before this is merged:\n\n- `a.txt`\n" in body
    assert "secret" not in json.dumps([argv, body])


def test_a_request_that_is_there_is_taken(
    remote: Repository, one: Repository, tools: Tools, tmp_path: Path
) -> None:
    tools.install("gh")
    hosted(one, remote, "https://github.com/team/one")
    said = (
        'a pull request for branch "x" into branch "main" already exists:\nhttps://github.com/team/one/pull/3'
    )
    tools.answer((1, "", said + "\n"))
    assert row(one, tools, tmp_path)["request"] == "https://github.com/team/one/pull/3"


def test_a_merge_request_is_opened_by_glab(
    remote: Repository, one: Repository, tools: Tools, tmp_path: Path
) -> None:
    tools.install("glab")
    hosted(one, remote, "ssh://git@gitlab.example.com:2222/team/sub/one.git")
    url = "https://gitlab.example.com/team/sub/one/-/merge_requests/4"
    tools.answer((0, '{"default_branch": "trunk"}', ""), (0, json.dumps({"web_url": url}), ""))
    found = row(one, tools, tmp_path)
    assert found["request"] == url
    assert found["link"] == f"https://gitlab.example.com/team/sub/one/-/tree/{BRANCH}"
    (first, _), (second, body) = tools.calls()
    where = "projects/team%2Fsub%2Fone"
    assert first == ["glab", "api", "--hostname", "gitlab.example.com", where]
    assert second == [
        "glab", "api", "--hostname", "gitlab.example.com", "--method", "POST",
        "--header", "Content-Type: application/json", "--input", "-", f"{where}/merge_requests",
    ]  # fmt: skip
    sent = json.loads(body)
    assert "- add `new.txt`: new in the template" in sent.pop("description")
    assert sent == {
        "source_branch": BRANCH,
        "target_branch": "trunk",
        "title": "Update from the template to v1.1.0",
        "remove_source_branch": True,
    }
    there = '{"message": ["Another open merge request already exists for this source branch: !4"]}'
    tools.answer(
        (0, '{"default_branch": "trunk"}', ""), (1, there, ""), (0, json.dumps([{"web_url": url}]), "")
    )
    assert row(one, tools, tmp_path)["request"] == url
    assert tools.calls()[2][0][-1].endswith("?state=opened&source_branch=mlkata%2Fupdate-v1.1.0")


@pytest.mark.parametrize(("host", "tool"), [("github.com", "gh"), ("gitlab.com", "glab")])
def test_a_tool_that_fails_or_is_missing_is_one_clear_row(
    host: str, tool: str, remote: Repository, one: Repository, tools: Tools, tmp_path: Path
) -> None:
    hosted(one, remote, f"https://{host}/team/one.git")
    found = row(one, tools, tmp_path, code=1)
    assert found["headline"] == f"the branch is pushed, but {tool} is not installed: no request"
    assert found["hint"].endswith("or leave out --pr.")
    assert (found["pushed"], found["branch"], sound(remote)) == ("origin", BRANCH, True)
    tools.install(tool)
    tools.answer((4, "", f"To get started, run: {tool} auth login\n"))
    found = row(one, tools, tmp_path, code=1)
    said = f"the branch is pushed, but {tool} opened no request: To get started, run: {tool} auth login"
    assert found["headline"] == said


def test_a_host_of_ones_own_is_named_by_the_tools_variable(
    remote: Repository, one: Repository, tools: Tools, tmp_path: Path
) -> None:
    tools.install("gh")
    hosted(one, remote, "https://code.example.com/team/one.git")
    assert "whether https://code.example.com/team/one.git is GitHub or GitLab" in row(
        one, tools, tmp_path, code=1
    )["headline"]  # fmt: skip
    os.environ["GH_HOST"] = "code.example.com"
    try:
        assert row(one, tools, tmp_path)["request"] == "https://github.com/team/one/pull/7"
    finally:
        del os.environ["GH_HOST"]
    assert tools.calls()[-1][0][4] == "code.example.com/team/one"


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
