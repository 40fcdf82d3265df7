"""Fleets: pull and merge requests are opened with the host's own tool."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from evolving import Repository
from fleets import BRANCH, LINES, evolved, fleet, made, sound, with_origin


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return evolved(tmp_path / "template")


@pytest.fixture
def one(source: Repository, tmp_path: Path) -> Repository:
    return made(tmp_path / "work", source, "one")["one"]


@pytest.fixture
def remote(one: Repository, tmp_path: Path) -> Repository:
    return with_origin(one, tmp_path / "remotes")


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


def test_a_request_tells_what_is_new(
    source: Repository, remote: Repository, one: Repository, tools: Tools, tmp_path: Path
) -> None:
    tools.install("gh")
    hosted(one, remote, "git@github.com:team/one.git")
    source.commit({"CHANGELOG.md": f"# 1.2.0\n\n- for @somebody: {'word ' * 25}\x1b\n"}, tag="v1.2.0")
    row(one, tools, tmp_path)
    ((_, body),) = tools.calls()
    told = f"    # 1.2.0\n\n    - for @somebody: {'word ' * 15}word\n    {'word ' * 9}\\x1b\n\nMade by"
    assert f"New in the template, by its changelog:\n\n{told}" in body


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
