"""Push a branch, and open a pull or merge request for it with the host's own tool."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from textwrap import wrap
from typing import NamedTuple
from urllib.parse import quote

from mlkata.errors import ExitCode, MlkataError
from mlkata.fleet.rows import Row
from mlkata.git import Git
from mlkata.privacy import clean
from mlkata.process import GitError
from mlkata.project import Project
from mlkata.report import Report, plain

_PUSHED = "refs/mlkata/made/pushed/"
_SECONDS = 120
_MINUTES = "it did not answer within two minutes"
_TOOLS = {"github": ("gh", "https://cli.github.com"), "gitlab": ("glab", "https://gitlab.com/gitlab-org/cli")}


class Host(NamedTuple):
    """Where a repository is hosted.

    Attributes:
        name: The host.
        path: The repository there: owner and name.
    """

    name: str
    path: str


def publish(found: Project, report: Report, row: Row, *, pr: bool) -> None:
    """Push the branch of an update, and open a request for it.

    Args:
        found: The project.
        report: What the update did.
        row: Where to note what is done.
        pr: Whether to open a request.

    Raises:
        MlkataError: It can't be pushed, or no request can be opened; the branch stays.
    """
    git = found.git
    remote = _remote(git)
    _push(git, remote, report.branch)
    row.pushed = remote
    # What a person wrote, and what git makes of it by `insteadOf`: either may name the host.
    urls = (git.text("config", f"remote.{remote}.url"), git.text("remote", "get-url", remote))
    known = [(url, host) for url in urls if (host := _host(url)) and _kind(host.name)]
    url, host = known[0] if known else (urls[0], _host(urls[0]))
    if host and _kind(host.name):
        middle = "tree" if _kind(host.name) == "github" else "-/tree"
        row.link = f"https://{host.name}/{host.path}/{middle}/{quote(report.branch)}"
    if pr:
        row.request = _request(host, url, report, git)


def _remote(git: Git) -> str:
    """The remote that the branch belongs to: as git itself would push the branch that is checked out."""
    remotes = git.text("remote").splitlines()
    head = git.text("symbolic-ref", "-q", "--short", "HEAD", ok=(0, 1))
    for key in (f"branch.{head}.pushRemote", "remote.pushDefault", f"branch.{head}.remote"):
        found = git.text("config", key, ok=(0, 1))
        if found in remotes:
            return found
    if "origin" in remotes or len(remotes) == 1:
        return "origin" if "origin" in remotes else remotes[0]
    if not remotes:
        raise MlkataError(
            f"{git.directory} has no remote to push to; the branch is there",
            "Add one: git remote add origin ADDRESS",
        )
    raise MlkataError(
        f"{git.directory} has several remotes ({', '.join(remotes)}); the branch is there, not pushed",
        "Say which: git config remote.pushDefault NAME",
    )


def _push(git: Git, remote: str, branch: str) -> None:
    """Push a branch; the remote's of that name is replaced only if it is what was pushed before."""
    ref = f"refs/heads/{branch}"
    mine = git.oid(ref)
    assert mine  # noqa: S101 - the update made it
    try:
        there = git.text("ls-remote", "--", remote, ref).partition("\t")[0]
        if there != mine and not (there and _same(git, remote, there, mine)):
            if there and there != git.oid(f"{_PUSHED}{branch}"):
                raise MlkataError(
                    f"{remote} has a branch {branch} already, with something else on it",
                    f"Merge or delete that one first: git push {remote} :{branch}",
                    ExitCode.UNSAFE,
                )
            git.run("push", "-q", "--no-verify", f"--force-with-lease={ref}:{there}", remote, f"{ref}:{ref}")
        git.run("update-ref", f"{_PUSHED}{branch}", mine)
    except GitError as error:
        lines = [line for line in error.words.splitlines() if line.startswith(("fatal:", "error:", " !"))]
        words = "; ".join(line.strip() for line in lines[:2]) or error.words
        raise MlkataError(
            f"the branch {branch} can't be pushed to {remote}: {clean(words)}",
            "The branch is there; push it when this is mended.",
            ExitCode.UNREACHABLE,
        ) from error


def _same(git: Git, remote: str, there: str, mine: str) -> bool:
    """Whether the remote's commit makes the same of the same: another run, elsewhere, pushed it."""
    git.run("fetch", "-q", "--depth=1", "--no-tags", "--no-write-fetch-head", remote, there)

    def heart(oid: str) -> list[str]:
        lines = git.run("cat-file", "commit", oid).decode(errors="replace").splitlines()
        return [line for line in lines if line.startswith(("tree ", "parent "))]

    return heart(there) == heart(mine)


def _host(url: str) -> Host | None:
    """The host and the path in an address; None for a folder."""
    plain = clean(url)
    found = re.match(r"(?:https?|ssh|git)://(?:[^/@]*@)?([^/:]+)(?::\d+)?/(.+)$", plain)
    found = found or re.match(r"(?:[^/@:]+@)([^/:]+):(?!//)(.+)$", plain)
    if not found:
        return None
    return Host(found[1].lower(), found[2].strip("/").removesuffix(".git"))


def _kind(host: str) -> str:
    """What runs on a host; `$GH_HOST` and `$GITLAB_HOST`, which the tools know, name those of a company."""
    own = {"github": os.environ.get("GH_HOST", ""), "gitlab": os.environ.get("GITLAB_HOST", "")}
    for kind, known in own.items():
        if known.removeprefix("https://").rstrip("/").lower() == host:
            return kind
    return next((kind for kind in own if kind in host.split(".") or f"{kind}." in host), "")


def _request(host: Host | None, url: str, report: Report, git: Git) -> str:
    kind = _kind(host.name) if host else ""
    if host is None or not kind:
        raise MlkataError(
            f"the branch is pushed, but whether {clean(url)} is GitHub or GitLab is not known: no request",
            "Name a host of your own in $GH_HOST or $GITLAB_HOST.",
        )
    tool, home = _TOOLS[kind]
    if shutil.which(tool) is None:
        raise MlkataError(
            f"the branch is pushed, but {tool} is not installed: no request",
            f"Install {tool} ({home}) and log in ({tool} auth login), or leave out --pr.",
        )
    title = f"Update from the template to {report.new}"
    draft = report.code == ExitCode.CONFLICTS
    return (_github if kind == "github" else _gitlab)(host, report.branch, title, _body(report), draft, git)


def _body(report: Report) -> str:
    """What the request says: what changes, file by file, and what is left to a person."""
    lines = [f"The template `{clean(report.template)}` went from {report.old} to {report.new}.", ""]
    conflicts = [change.path for change in report.files if change.action == "conflict"]
    if conflicts:
        lines += ["**In conflict**, with markers to resolve before this is merged:", ""]
        lines += [f"- {_code(path)}" for path in conflicts[:100]] + [""]
    rest = [change for change in report.files if change.action != "conflict"]
    lines += [f"- {change.action} {_code(change.path)}: {change.why}" for change in rest[:200]]
    lines += [f"- … and {len(rest) - 200} more"] if len(rest) > 200 else []
    if report.news:  # as a block of code: its @names and #numbers are of another repository
        told = [part for line in report.news.splitlines()[:200] for part in wrap(plain(line), 100) or [""]]
        lines += [
            "",
            "New in the template, by its changelog:",
            "",
            *(f"    {line}".rstrip() for line in told),
        ]
    return "\n".join([*lines, "", "Made by `mlkata fleet update`."]) + "\n"


def _code(path: str) -> str:
    """A path as Markdown shows it, whatever is in it."""
    safe = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in path).replace("`", "'")
    return f"`{safe}`"


def _github(host: Host, branch: str, title: str, body: str, draft: bool, git: Git) -> str:
    repo = ("--repo", f"{host.name}/{host.path}")
    flags = ("--draft",) if draft else ()
    done = _tool(
        git, "gh", "pr", "create", *repo, "--head", branch, "--title", title, "--body-file", "-", *flags,
        stdin=body,
    )  # fmt: skip
    said = done.stdout + done.stderr
    if done.returncode and "already exists" not in said:
        raise _refused("gh", said)
    return _address(said)


def _gitlab(host: Host, branch: str, title: str, body: str, draft: bool, git: Git) -> str:
    where = f"projects/{quote(host.path, safe='')}"
    to = ("--hostname", host.name)
    project = _tool(git, "glab", "api", *to, where)
    base = _json("glab", project).get("default_branch") or "main"
    request = {
        "source_branch": branch,
        "target_branch": base,
        "title": f"Draft: {title}" if draft else title,
        "description": body,
        "remove_source_branch": True,
    }
    done = _tool(
        git, "glab", "api", *to, "--method", "POST", "--header", "Content-Type: application/json",
        "--input", "-", f"{where}/merge_requests", stdin=json.dumps(request),
    )  # fmt: skip
    if done.returncode and "already exists" in done.stdout + done.stderr:
        query = f"{where}/merge_requests?state=opened&source_branch={quote(branch, safe='')}"
        return str(_json("glab", _tool(git, "glab", "api", *to, query)).get("web_url", ""))
    return str(_json("glab", done).get("web_url", ""))


def _json(tool: str, done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    """What a tool answered: an object, or the first of a list."""
    try:
        found = json.loads(done.stdout)
    except ValueError:
        found = None
    found = found[0] if isinstance(found, list) and found else found
    if done.returncode or not isinstance(found, dict):
        raise _refused(tool, done.stderr or done.stdout)
    return found


def _tool(git: Git, *command: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run gh or glab; they ask nothing."""
    quiet = {"GH_PROMPT_DISABLED": "1", "NO_PROMPT": "1", "NO_COLOR": "1"}
    try:
        return subprocess.run(  # noqa: S603
            command,
            input=stdin or "",
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            cwd=git.directory,
            env=os.environ | quiet,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise _refused(command[0], _MINUTES) from error


def _refused(tool: str, words: str) -> MlkataError:
    line = next((line.strip() for line in words.splitlines() if line.strip()), "it said nothing")
    return MlkataError(
        f"the branch is pushed, but {tool} opened no request: {clean(line)}",
        f"See {tool} auth status; the same command tries again.",
    )


def _address(said: str) -> str:
    found = re.search(r"https://\S+", said)
    return clean(found[0]) if found else ""
