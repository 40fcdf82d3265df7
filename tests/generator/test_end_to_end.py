"""Random histories, `mlkata update` after `mlkata update`: what each may do, and what it must not."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from pathlib import Path
from random import Random

import pytest
from evolving import Outcome, Repository, mlkata
from histories import ANSWERS, Answers, Source, User, head, state, tracked_files
from random_trees import Files, on_disk, tokens

BLOCKS = 10
EXAMPLES = max(int(os.environ.get("EXAMPLES", "0")) // 50, 60)
# In CI the same cases each time: a failure is then a change of the code. `make fuzz` takes more.
REFUSED = re.compile(r"in the way: (.*); nothing was written")
LEFT = ("kept", "skipped", "conflict")


class Before:
    """A project before an update, and the template's old version under its old answers."""

    def __init__(self, made: Repository, base: Files) -> None:
        self.base = base
        self.disk = without_answers(on_disk(made.path))
        self.tracked = tracked_files(made).keys() - {ANSWERS}
        self.state = state(made)
        self.head = head(made)

    @property
    def deleted(self) -> set[str]:
        """What the user deleted of the template's."""
        return self.base.keys() - self.disk.keys() - self.tracked


class History:
    """A template's releases and a project's life with them.

    Args:
        folder: Where.
        seed: Decides all.
        counts: What happened how often.
    """

    def __init__(self, folder: Path, seed: int, counts: Counter[str]) -> None:
        self.chance = Random(seed)
        self.counts = counts
        self.source = Source(folder / "template", self.chance)
        self.answers = Answers(self.chance)
        self.source.release()
        self.path = folder / "project"
        first = self.answers.change() if self.chance.randrange(2) else []
        mlkata("new", self.path, "--template", self.source.path, "--defaults", "-q", *first)
        self.made = Repository(self.path)
        self.user = User(self.made, self.chance)
        self.base = self.source.rendered(self.answers)
        assert without_answers(on_disk(self.path)) == self.base, "not what the template has"

    def go_on(self) -> None:
        """Some work, a release or other answers, an update; and what the update has to hold."""
        self.user.work()
        self.user.commit()
        changed = self.chance.randrange(4) == 0
        if not changed or self.chance.randrange(2):
            self.source.release()
        args = self.answers.change() if changed else []
        if self.chance.randrange(6) == 0:
            self.user.work()
            self.refuse_unsaved(args)
        outcome, before = self.update(args)
        nothing = outcome.data["status"] == "up-to-date"  # so there is nothing to take back
        assert not nothing or state(self.made) == before.state, "nothing changes, it said"
        if self.chance.randrange(3) == 0 and not nothing:
            outcome = self.again(args, outcome, before)
        self.base = self.source.rendered(self.answers)
        Check(self, before, outcome).all()
        self.settle(outcome)
        if self.chance.randrange(2):
            self.rest()

    def refuse_unsaved(self, args: list[str]) -> None:
        """What is tracked and not committed stops an update, and nothing else does."""
        before = state(self.made)
        unsaved = self.made.git("status", "--porcelain", "--untracked-files=no", "--no-renames")
        if unsaved:
            refused = mlkata("update", self.path, *args, code=5)
            assert "changed and not committed" in refused.err
            assert state(self.made) == before, "a refused update wrote"
            self.counts["unsaved"] += 1
            self.user.commit()

    def update(self, args: list[str]) -> tuple[Outcome, Before]:
        """A dry run, then the update, which does what the dry run said."""
        for _ in range(9):
            before = Before(self.made, self.base)
            planned = mlkata("update", self.path, "--dry-run", "--json", *args, code=None)
            assert state(self.made) == before.state, "a dry run wrote"
            outcome = mlkata("update", self.path, "--json", *args, code=None)
            assert outcome.code in (0, 3, 5), outcome.out
            if outcome.code != 5:
                assert planned.data["files"] == outcome.data["files"], "the dry run said something else"
                self.counts[f"code {outcome.code}"] += 1
                return outcome, before
            assert state(self.made) == before.state, "a refused update wrote"
            assert planned.data["error"] == outcome.data["error"]
            found = REFUSED.search(outcome.data["error"])
            assert found, outcome.out
            self.counts["in the way"] += 1
            for name in found[1].split(", "):
                self.user.clear(name)
        raise AssertionError("something is always in the way")

    def again(self, args: list[str], outcome: Outcome, before: Before) -> Outcome:
        """Take the update back, and do it again."""
        after = state(self.made)
        undo = ("update", "--abort") if outcome.code == 3 and self.chance.randrange(2) else ("undo",)
        mlkata("-C", self.path, *undo)
        assert state(self.made) == before.state, f"{undo} left another state"
        once_more = mlkata("update", self.path, "--json", *args, code=outcome.code)
        assert once_more.data == outcome.data
        assert state(self.made) == after, "the same update had another result"
        self.counts["taken back"] += 1
        return once_more

    def settle(self, outcome: Outcome) -> None:
        """Take what is in conflict as it is, markers and all; commit."""
        conflicts = [path for path, stages in tracked_files(self.made).items() if "0" not in stages]
        if outcome.code == 3:
            assert conflicts
            mlkata("update", self.path, "--continue", code=3)
            there = on_disk(self.path)
            for path in conflicts:
                self.made.git(*(["add", "-f"] if path in there else ["rm", "-q", "--cached"]), "--", path)
            mlkata("update", self.path, "--continue")
        else:
            assert not conflicts
        self.made.git("commit", "-q", "--allow-empty", "-m", "update")

    def rest(self) -> None:
        """There is nothing to update now, and `check` names what differs."""
        before = state(self.made)
        checked = mlkata("check", self.path, "--json", code=None).data
        assert checked["headline"].startswith("Up to date"), checked
        assert mlkata("update", self.path, "--json").data["status"] == "up-to-date"
        assert state(self.made) == before, "an update with nothing to do wrote"
        disk = on_disk(self.path)
        differing = {path for path, file in self.base.items() if disk.get(path) != file}
        named = {change.get("source", change["path"]) for change in checked["files"]}
        assert named == differing, "check names something else"


class Check:
    """One update: before and after.

    Args:
        history: After it.
        before: Before it.
        outcome: What it said.
    """

    def __init__(self, history: History, before: Before, outcome: Outcome) -> None:
        self.before, self.base, self.theirs = before, before.base, history.base
        self.ours = before.disk
        self.made = history.made
        self.disk = without_answers(on_disk(history.path))
        self.stages = tracked_files(self.made)
        self.changes = outcome.data["files"]
        self.left = {change["path"] for change in self.changes if change["action"] in LEFT}
        self.conflicts = {path: found for path, found in self.stages.items() if "0" not in found}
        staged = [self.made.git("show", oid) for found in self.conflicts.values() for oid in found.values()]
        self.there = tokens(content for _, content in self.disk.values()) | tokens(
            text.encode(errors="surrogateescape") for text in staged
        )
        assert head(history.made) == before.head, "a commit was made"

    def all(self) -> None:
        """Everything that holds."""
        self.user()
        self.not_in_git()
        self.template()
        self.report()

    def user(self) -> None:
        """What the user wrote is there, what the user deleted is not."""
        mine = {token for token in tokens(c for _, c in self.ours.values()) if token.startswith(b"user")}
        assert mine <= self.there, f"lost: {mine - self.there}"
        for path in self.before.deleted & self.disk.keys():
            versions = (self.base[path], self.theirs.get(path))
            assert self.disk[path] not in versions, f"{path} was deleted and is back"
        for path in self.ours.keys() & self.base.keys() & self.theirs.keys():
            if self.base[path] == self.theirs[path] and path not in self.left:
                assert self.disk.get(path) == self.ours[path], f"{path} is none of the template's business"

    def not_in_git(self) -> None:
        """What git doesn't track stays where it is and as it is, or has the template's lines too."""
        for path in self.ours.keys() - self.before.tracked:
            assert path not in self.stages, f"{path} slipped into git"
            assert path in self.disk, f"{path} is gone"
            if self.disk[path] != self.ours[path]:
                assert path in self.base.keys() & self.theirs.keys(), f"{path} is not the template's"
                kept = tokens([self.ours[path][1]]) - tokens([self.base[path][1]])
                assert kept <= tokens([self.disk[path][1]]), f"{path} lost {kept}"

    def template(self) -> None:
        """What the template changed is there, where the user left it alone."""
        old, deleted = tokens(content for _, content in self.base.values()), self.before.deleted
        for path, file in self.theirs.items():
            if path in self.left or path in deleted or self.base.get(path) == file:
                continue
            if path not in self.base:
                fresh = tokens([file[1]]) - old
                assert fresh <= self.there, f"{path}: not delivered: {fresh - self.there}"
            elif self.ours.get(path) == self.base[path]:
                assert self.disk.get(path) == file, f"{path} is not as the template has it"
        for path in self.base.keys() - self.theirs.keys() - self.left:
            if self.ours.get(path) == self.base[path]:
                assert self.disk.get(path) != self.base[path], f"{path} is still there"

    def report(self) -> None:
        """Every path that differs from before is named; what is in conflict is so for git, too."""
        named = {change[key] for change in self.changes for key in ("path", "source") if key in change}
        paths = self.ours.keys() | self.disk.keys()
        differing = {path for path in paths if self.ours.get(path) != self.disk.get(path)}
        assert differing <= named, f"not reported: {differing - named}"
        said = {change["path"] for change in self.changes if change["action"] == "conflict"}
        assert said == self.conflicts.keys(), "in conflict for mlkata, or for git, alone"
        unlike = set(self.made.git("diff", "--name-only", "-z").split("\0")) - {""}
        assert unlike == said, "the index has something else"


def without_answers(files: Files) -> Files:
    return {path: file for path, file in files.items() if path != ANSWERS}


@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_history_of_updates_loses_nothing_and_delivers_everything(tmp_path: Path, block: int) -> None:
    counts: Counter[str] = Counter()
    for seed in range(block, EXAMPLES, BLOCKS):
        folder = tmp_path / str(seed)
        history = History(folder, seed, counts)
        for step in range(history.chance.randrange(1, 4)):
            try:
                history.go_on()
            except AssertionError as error:
                raise AssertionError(f"seed {seed}, step {step}: {error}") from error
        shutil.rmtree(folder)
    assert counts["in the way"] * 5 < counts["code 0"] + counts["code 3"], f"too often: {counts}"
