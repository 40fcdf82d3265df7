"""Nothing that a user wrote is lost, and nothing that the template changed is withheld: random merges."""

from __future__ import annotations

import os
from random import Random

import pytest
from evolving import run
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from random_trees import Author, Files, Objects, tokens

from mlkata.git import Git
from mlkata.merge import Labels, Merged, merge
from mlkata.objects import Tree

EXAMPLES = int(os.environ.get("EXAMPLES", "2000"))
# In CI the same cases each time: a failure is then a change of the code. `make fuzz` takes others.
RANDOM = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize="EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck),
    print_blob=True,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
)
ANSWERS = ".copier-answers.yml"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> tuple[Git, Objects]:
    """Give one repository for all cases."""
    folder = tmp_path_factory.mktemp("store")
    run("git", "init", "-q", cwd=folder)
    return Git(folder), Objects(folder / ".git" / "objects")


class Case:
    """One merge and what it may do."""

    def __init__(self, objects: Objects, base: Files, ours: Files, theirs: Files, kept: set[str]) -> None:
        self.objects = objects
        self.base, self.ours, self.theirs = base, ours, theirs
        self.kept = kept
        note(f"base   = {base}\nours   = {ours}\ntheirs = {theirs}\nkept   = {kept}")

    def check(self, merged: Merged) -> None:
        result = self.objects.files(merged.tree)
        note(f"result = {result}\nconflicts = {merged.conflicts}\nchanges = {merged.changes}")
        staged = [self.objects.read(e.oid) for stages in merged.conflicts.values() for e in stages.values()]
        there = tokens([content for _, content in result.values()])
        self._check_user(there | tokens(staged), result)
        self._check_template(there | tokens(staged), result, merged)
        self._check_report(result, merged)
        for path in result:
            ups = path.split("/")[:-1]
            assert not any("/".join(ups[:n]) in result for n in range(1, len(ups) + 1)), (path, "in a file")

    def _check_user(self, there: set[bytes], result: Files) -> None:
        """What the user wrote is somewhere, and what the user deleted isn't."""
        mine = tokens(content for path, (_, content) in self.ours.items() if path != ANSWERS)
        lost = mine - tokens(content for _, content in self.base.values()) - there
        assert not lost, f"lost: {lost}"
        for path in self.base.keys() - self.ours.keys():
            assert result.get(path) is None or result[path] not in (self.base[path], self.theirs.get(path)), (
                f"{path} was deleted and is back"
            )
        for path in self.base.keys() & self.ours.keys() & self.theirs.keys() & result.keys():
            modes = [side[path][0] for side in (self.base, self.ours, self.theirs)]
            if modes[0] == modes[2] != modes[1]:
                assert result[path][0] == modes[1], f"the mode of {path} was the user's"

    def _check_template(self, there: set[bytes], result: Files, merged: Merged) -> None:
        """What the template changed where the user didn't is there, as the template has it."""
        named = {change.path for change in merged.changes if change.action in ("skipped", "kept", "conflict")}
        for path, (mode, content) in self.theirs.items():
            untouched = self.base.get(path) == self.ours.get(path)
            if not untouched or self.base.get(path) == (mode, content):
                continue
            fresh = tokens([content]) - tokens(c for _, c in self.base.values())
            if path in merged.conflicts or path not in self.base:
                assert fresh <= there or path in named, f"{path}: not delivered: {fresh - there}"
            elif path not in named:
                assert result.get(path) == (mode, content), f"{path} is not as the template has it"

    def _check_report(self, result: Files, merged: Merged) -> None:
        """Every path that differs from before is named."""
        named = {change.path for change in merged.changes} | {change.source for change in merged.changes}
        differing = {p for p in self.ours.keys() | result.keys() if self.ours.get(p) != result.get(p)}
        assert differing <= named, f"not reported: {differing - named}"
        conflicts = {change.path for change in merged.changes if change.action == "conflict"}
        assert conflicts == merged.conflicts.keys()


def resolved(objects: Objects, merged: Merged) -> Files:
    """What a person commits who keeps both sides of each conflict."""
    files = objects.files(merged.tree)
    for path in merged.conflicts:
        if path in files:
            mode, content = files[path]
            lines = content.splitlines(keepends=True)
            marks = (b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||")
            files[path] = (mode, b"".join(line for line in lines if not line.startswith(marks)))
    return files


@RANDOM
@given(st.randoms(use_true_random=False))
def test_what_a_user_wrote_and_what_the_template_changed_is_in_the_result(
    store: tuple[Git, Objects], chance: Random
) -> None:
    git, objects = store
    template, user = Author("template", chance), Author("user", chance)
    base = template.start()
    ours = user.edit(base, chance.randrange(5))
    base[ANSWERS] = ours[ANSWERS] = ("100644", template.line())
    for _ in range(chance.choice([1, 1, 1, 2])):
        theirs = template.edit({p: f for p, f in base.items() if p != ANSWERS}, chance.randrange(1, 5))
        theirs[ANSWERS] = ("100644", template.line())
        kept = {chance.choice(sorted(theirs))} - {ANSWERS} if chance.randrange(8) == 7 else set()
        sides: list[Tree] = [objects.tree(side) for side in (base, ours, theirs)]
        case = Case(objects, base, ours, theirs, kept)
        merged = merge(
            git, *sides, labels=Labels("yours", "v2"), answers_file=ANSWERS, kept=kept,
            prefix=chance.choice(["", "sub/"]),
        )  # fmt: skip
        case.check(merged)
        after = resolved(objects, merged)
        answers = after.pop(ANSWERS)
        base, ours = theirs, {**user.edit(after, chance.randrange(2)), ANSWERS: answers}
