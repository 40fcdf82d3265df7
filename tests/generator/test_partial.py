"""What is left unrendered would have merged to the same; and what is rendered is what Copier copies."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import copier
import pytest
from evolving import run
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_templates import LINK, PROGRAM, TEXT, Release, releases, repository

from mlkata import cache, sync
from mlkata.errors import MlkataError
from mlkata.git import Git
from mlkata.objects import Entry, Tree
from mlkata.project import Project
from mlkata.render import Rendered, Request, pair, render
from mlkata.template import Template

EXAMPLES = max(int(os.environ.get("EXAMPLES", "0")) // 10, 80)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from(["alpha", "beta"]),
        "flag": st.booleans(),
        "items": st.sampled_from([["x"], ["x", "y", "z"], []]),
        "number": st.just(1),
    },
)
# In CI the same cases each time: a failure is then a change of the code. `make fuzz` takes others.
RANDOM = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.target),
)


class Case:
    """A template in two versions, and a project's repository, in a folder that is removed at the end."""

    def __init__(self, versions: tuple[Release, Release], answers: Mapping[str, Any]) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.commits = repository(self.folder / "template", {"v1": versions[0], "v2": versions[1]})
        run("git", "init", "-q", "project", cwd=self.folder)
        self.git = Git(self.folder / "project")
        self.template = Template(str(self.folder / "template"))
        self.answers = dict(answers)

    def __enter__(self) -> Case:
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.folder)

    def request(self, number: int, answers: Mapping[str, Any], operation: str = "update") -> Request:
        version = self.template.version(f"v{number}")
        assert version.sha == self.commits[number - 1]
        return Request(
            self.template, version, self.folder / "project", None, dict(answers), operation=operation
        )

    def copied(self, number: int) -> tuple[Tree, Path]:
        """What Copier writes, as git stores it."""
        target = self.folder / "copied" / "project"
        shutil.rmtree(target, ignore_errors=True)
        copier.run_copy(
            str(self.folder / "template"), target, vcs_ref=f"v{number}", data=self.answers, defaults=True,
            overwrite=True, quiet=True,
        )  # fmt: skip
        return self.git.add_files(target), target


def whole(case: Case, number: int, answers: Mapping[str, Any]) -> Rendered | None:
    """A version as a whole; None where the template is wrong."""
    try:
        return render(case.request(number, answers), case.git)
    except MlkataError:
        return None


def check_pair(case: Case, old: Rendered, new: Rendered, ours: Tree) -> frozenset[str]:
    """Compare a pair with two whole versions; the paths left unrendered."""
    first, second = case.request(1, case.answers), case.request(2, case.answers)
    found = pair(first, second, case.git, ours)
    assert found.old.tree.keys() == old.tree.keys()
    assert found.new.tree.keys() == new.tree.keys()
    assert (found.old.tree.keys(), found.new.tree.keys()) == (old.tree.keys(), new.tree.keys())
    assert (found.old.kept, found.new.kept) == (old.kept, new.kept)
    assert found.new.answers == new.answers
    for path in old.tree.keys() | new.tree.keys():
        sides = (found.old.tree.get(path), found.new.tree.get(path))
        full = (old.tree.get(path), new.tree.get(path))
        if sides != full:
            assert sides[0] == sides[1] == ours[path], (path, "neither rendered nor standing")
            assert full[0] == full[1], (path, "left unrendered, and it differs")
    return found.standing


def check_whole(case: Case, old: Rendered, new: Rendered, ours: Tree) -> None:
    """The new version that is put together from the old one and what was rendered is the new version."""
    request = case.request(2, case.answers)
    before = case.request(1, case.answers)
    project = Project(case.git, None, "", ".copier-answers.yml", dict(case.answers))
    start = sync.Base(before.version, cache.Known(case.git.write_tree(old.tree), before.version.sha))
    assert sync._versions(project, start, request, ours)[2] in (None, new.tree)


def blob(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def on_disk(folder: Path) -> Tree:
    """Files as they are, without git's help."""
    found: Tree = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = Entry(LINK, blob(os.fsencode(path.readlink())))
        elif path.is_file():
            mode = PROGRAM if path.stat().st_mode & 0o100 else TEXT
            found[name] = Entry(mode, blob(path.read_bytes()))
    return found


def edited(tree: Tree, data: st.DataObject, git: Git) -> Tree:
    """A project's own state: some files deleted, some edited."""
    mine = Entry(TEXT, git.put(b"mine\n"))
    ours = dict(tree)
    for path in data.draw(st.lists(st.sampled_from(sorted(tree)), max_size=3, unique=True), label="edited"):
        ours[path] = mine
    for path in data.draw(st.lists(st.sampled_from(sorted(tree)), max_size=2, unique=True), label="deleted"):
        ours.pop(path)
    return ours


@RANDOM
@given(releases(), ANSWERS, st.data())
def test_a_partial_rendering_merges_to_what_two_whole_ones_do(
    versions: tuple[Release, Release], answers: dict[str, Any], data: st.DataObject
) -> None:
    with Case(versions, answers) as case:
        old, new = whole(case, 1, answers), whole(case, 2, answers)
        if old is None or new is None:
            return
        ours = edited(old.tree, data, case.git)
        check_pair(case, old, new, ours)
        check_whole(case, old, new, ours)


@RANDOM
@given(releases(), ANSWERS)
def test_a_version_is_rendered_as_copier_copies_it(
    versions: tuple[Release, Release], answers: dict[str, Any]
) -> None:
    with Case(versions, answers) as case:
        try:
            made = render(Request(**{**vars(case.request(1, {}, "copy")), "data": answers}), case.git)
        except MlkataError:
            with pytest.raises(Exception):  # noqa: B017, PT011 - Copier has many
                case.copied(1)
            return
        tree, folder = case.copied(1)
        twice = {path for path in tree if path == "same.txt"}  # two sources: the disk's order decides
        assert {p: e for p, e in made.tree.items() if p not in twice} == {
            p: e for p, e in tree.items() if p not in twice
        }
        if not any(path.endswith(".gitattributes") for path in tree):
            assert tree == on_disk(folder)
