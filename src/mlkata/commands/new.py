"""`mlkata new`: a project from a template, complete or not at all."""

from __future__ import annotations

import glob
import os
import re
import shlex
import shutil
import sys
from argparse import Namespace
from contextlib import suppress
from pathlib import Path

from mlkata import cache, project, render, sync, worktree
from mlkata.addresses import default_url, is_address
from mlkata.commands import common
from mlkata.errors import ExitCode, MlkataError
from mlkata.git import Git
from mlkata.locking import alive
from mlkata.merge import Change, Merged
from mlkata.objects import Tree
from mlkata.privacy import clean
from mlkata.report import Report
from mlkata.template import Template, Version
from mlkata.trust import Trust


def run(args: Namespace) -> Report:
    """Make a project.

    Raises:
        MlkataError: It can't be made; nothing is left of it.
    """
    if is_address(args.destination):
        raise MlkataError(
            f"{clean(args.destination)} is an address, not a folder to make",
            "The folder comes first: mlkata new DEST --template URL",
        )
    target = Path(os.path.abspath(Path(args.directory) / args.destination))
    if _sweep(target):
        return Report("new", project=str(target), headline=f"{target.name}, interrupted before, is complete.")
    _check_free(target)
    project.check_answers_file(args.answers_file)
    data = common.answers(args)
    url = args.template or default_url()
    source = Template(url, Path(args.directory), offline=args.offline)
    if source.local:
        source.url = source.address  # a relative path means nothing from inside the project
    source.url = clean(source.url)  # a password is for git to remember, not for the project
    common.progress(f"Looking at {url}", args)
    source.fetch()
    version = source.version(args.ref) if args.ref else source.latest(prereleases=args.prereleases)
    common.check_template(source, version)
    ask = sys.stdin.isatty() and sys.stdout.isatty() and not (args.defaults or args.json or args.quiet)
    request = render.Request(
        source, version, target, args.answers_file, {}, data, common.named(args), ask=ask, ask_again=ask,
        operation="copy", trust=Trust(grant=args.trust),
    )  # fmt: skip
    inside = _repository(target)
    report = Report("new", project=str(target), template=source.url, new=version.name)
    if inside:
        return _in_repository(inside, target, request, report)
    return _standalone(target, request, report)


def _check_free(target: Path) -> None:
    if "\n" in str(target):
        raise MlkataError(f"{str(target)!r} has a line break in it", "git can't work there: choose another.")
    for above in target.parents:
        if os.path.lexists(above) and not above.is_dir():
            raise MlkataError(f"{above} is no folder", "Choose another place.", ExitCode.UNSAFE)
    if target.is_symlink() or target.is_file():
        raise MlkataError(f"{target} exists and is no folder", "Choose another name.", ExitCode.UNSAFE)
    if target.is_dir() and any(target.iterdir()):
        if top := _repository(target):  # an earlier run may have been interrupted
            common.check_ended(project.Project(Git(top), top, "", project.ANSWERS, {}))
        raise MlkataError(
            f"{target} is not empty; nothing was written",
            "Choose another folder; `copier copy` writes into one that has files.",
            ExitCode.UNSAFE,
        )


def _repository(target: Path) -> Path | None:
    """The top of the repository that the target is in, if it is in one."""
    above = target
    while not above.is_dir():
        above = above.parent
    done = Git(above).call("rev-parse", "--show-toplevel", ok=(0, 128))
    if done.returncode:
        return None
    top = Path(os.fsdecode(done.stdout).rstrip("\n"))
    asked = ("check-ignore", "-q", f"{target}/")
    done = Git(top).call(*asked, env={"GIT_LITERAL_PATHSPECS": "0"}, ok=(0, 1, 128))
    return top if done.returncode else None


def _standalone(target: Path, request: render.Request, report: Report) -> Report:
    """Put it together beside its place, then rename."""
    made = [above for above in target.parents if not above.exists()]
    beside = target.parent / f".{target.name}.mlkata-{os.getpid()}"
    if target.is_dir():  # it stays the folder it is: someone may stand in it
        beside = target / f".mlkata-{os.getpid()}"
    try:
        _make(beside, target)
        git = Git(beside)
        # As the person's git says, else the name that hosts and CI files go by; git's own default is another.
        branch = os.fsdecode(git.run("config", "--get", "init.defaultBranch", ok=(0, 1))).strip() or "main"
        git.run("init", "-q", "-b", branch)
        done = render.render(request, git)
        tracked, loose = _split(git, done.tree)
        git.run("read-tree", git.write_tree(done.tree))
        git.run("checkout-index", "-a", "-q")
        tree = git.write_tree(tracked)
        git.run("read-tree", tree)
        git.run("update-index", "-q", "--refresh")
        message = f"Start from the template\n\n{request.template.url} {request.version.name}\n"
        git.run("update-ref", "HEAD", git.commit(tree, message))
        _remember(git, done, request.version, report)
        shutil.rmtree(git.private() / "work", ignore_errors=True)
        if target.is_dir():
            _move_in(beside, target)
        else:
            beside.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        for above in made:
            with suppress(OSError):  # it holds the project, or what others put there
                above.rmdir()
    report.headline = (
        f"{target.name} is there: {len(done.tree)} files from {request.version.name}, committed."
    )
    report.files = [Change(path, "add", "git ignores it") for path in sorted(loose)]
    if done.message:
        report.notes.append(done.message)
    elif target != Path.cwd():
        report.next = [f"cd {shlex.quote(_shortest(target))}"]
    return report


def _make(beside: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        beside.mkdir()
    except OSError as error:
        raise MlkataError(
            f"{target} can't be made: {error.strerror}", "Choose another place, or one that you may write to."
        ) from error


def _in_repository(top: Path, target: Path, request: render.Request, report: Report) -> Report:
    """A folder of an existing repository: written and staged, and left to be committed."""
    inside = target.resolve().relative_to(top.resolve()).as_posix()
    prefix = f"{inside}/" if inside != "." else ""
    git = Git(top)
    bare = project.Project(git, top, prefix, request.answers_file or project.ANSWERS, {})
    with common.held(bare):
        common.check_ended(bare)
        done = render.render(request, git)
        tracked, loose = _split(git, done.tree, prefix)
        plan = sync.Plan(
            Merged(tracked),
            {path: done.tree[path] for path in loose},
            frozenset(),
            [],
            None if done.secret else done.tree,
            request.version,
        )
        report.headline = (
            f"{len(done.tree)} files from {request.version.name} are in {_shortest(target)}, staged."
        )
        sync.to_folder(bare, plan, "new", report.data())
    report.next = ["git commit", "mlkata undo   (all as it was)"]
    if done.message:
        report.notes.append(done.message)
    return report


def _split(git: Git, tree: Tree, prefix: str = "") -> tuple[Tree, list[str]]:
    loose = worktree.ignored(git, tree, prefix, tree)
    return {path: entry for path, entry in tree.items() if path not in loose}, sorted(loose)


def _remember(git: Git, done: render.Rendered, version: Version, report: Report) -> None:
    """Keep the rendered version under the answers as they stand in the file."""
    for path, entry in done.tree.items():
        if "answers" in path and path.endswith((".yml", ".yaml")):
            try:
                answers = project.parse(git.blob(entry.oid), path)
            except MlkataError:
                continue
            if not done.secret:
                cache.store(git, answers, "", done.tree, version.sha)
            return
    report.notes.append("The template records no answers, so this project can't be updated later.")


def _move_in(beside: Path, target: Path) -> None:
    """Fill an empty folder; `.git` comes last, so that what is left by a kill shows how far it was."""
    for item in sorted(beside.iterdir(), key=lambda item: item.name == ".git"):
        item.rename(target / item.name)


def _sweep(target: Path) -> bool:
    """Remove what a killed run left; where it was at its last step, end that: whether it did."""
    ended = False
    for left in (*target.parent.glob(f".{glob.escape(target.name)}.mlkata-*"), *target.glob(".mlkata-*")):
        pid = re.fullmatch(r".*\.mlkata-(\d+)", left.name)
        ours = left.is_dir() and ((left / ".git").is_dir() or not any(left.iterdir()))
        if not pid or alive(int(pid[1])) or not ours:
            continue
        if left.parent == target and (left / ".git").is_dir() and len(list(target.iterdir())) > 1:
            _move_in(left, target)
            ended = True
        shutil.rmtree(left, ignore_errors=True)
    return ended


def _shortest(target: Path) -> str:
    relative = os.path.relpath(target)
    relative = f"./{relative}" if relative.startswith("-") else relative
    return str(target) if relative.startswith("..") else relative
