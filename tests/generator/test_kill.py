"""A run that is killed at any instant leaves the old state, or one that a command ends."""

from __future__ import annotations

import os
import random
import shutil
import signal
from pathlib import Path

import killing
import pytest
from evolving import Repository, inside, mlkata, project, snapshot, template
from killing import State, leftovers, state

LINES = "".join(f"line {number}\n" for number in range(1, 21))
EXAMPLES = int(os.environ.get("EXAMPLES", "0")) // 20


class Scene:
    """A project with an update to come, its state before and after, and where temporary files go."""

    def __init__(self, folder: Path, made: Repository, code: int) -> None:
        self.made = made
        self.temporary = folder / "tmp"
        self.before = state(made)
        mlkata("update", made.path, code=code)
        self.after = state(made)
        self.code = code
        self.back()
        self.steps = killing.run(["update", made.path])[1]
        self.back()

    def back(self) -> None:
        mlkata("update", "--abort", self.made.path)
        if state(self.made) != self.before:
            mlkata("undo", "-C", self.made.path)
        assert state(self.made) == self.before

    def end(self, verb: str) -> None:
        """End an interrupted update in one of the ways there are, then go back to the start."""
        if verb == "abort":
            mlkata("update", "--abort", self.made.path)
        elif verb == "undo":
            mlkata("undo", "-C", self.made.path, code=None)
        elif verb == "continue" or mlkata("update", self.made.path, code=None).code not in (0, self.code):
            mlkata("update", "--continue", self.made.path, code=None)
        ended = state(self.made)
        assert ended in (self.before, self.after), _difference(ended, self.before, self.after)
        assert leftovers(self.made, self.temporary) == []
        if ended != self.before:
            self.back()


def _difference(found: State, *wanted: State) -> str:
    return "\n".join(f"{a!r}\n{b!r}" for state in wanted for a, b in zip(found, state, strict=True) if a != b)


ENDS = ("abort", "undo", "continue", "again")


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """Give a project whose update adds, changes, deletes, renames, links and ignores files."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    monkeypatch.setenv("TMPDIR", str(temporary))
    monkeypatch.setattr("tempfile.tempdir", None)
    source = template(
        tmp_path / "template",
        {
            "a.txt": LINES, "folder/b.txt": LINES.replace("line", "b"), "folder/gone.txt": "gone\n",
            "README.md.jinja": "# {{ package }}\n", ".gitignore": "*.log\nlocal/\n", "run.sh": "echo\n",
        },
    )  # fmt: skip
    made = project(tmp_path / "work" / "project", source)
    conflict = request.param == "conflict"
    made.commit({"a.txt": LINES.replace("line 2\n", "mine\n"), "own.txt": "own\n"})
    made.write({"local/own.txt": "ignored\n", "untracked.txt": "untracked\n"})
    (source.path / "template" / "folder" / "gone.txt").unlink()
    (source.path / "template" / "folder").rename(source.path / "template" / "moved")
    (source.path / "template" / "link").symlink_to("a.txt")
    (source.path / "template" / "run.sh").chmod(0o755)
    line = "line 2\n" if conflict else "line 18\n"
    source.commit(
        inside({"a.txt": LINES.replace(line, "theirs\n"), "new/deep/c.txt": "new\n", "x.log": "log\n"}),
        tag="v1.1.0",
    )
    return Scene(tmp_path, made, 3 if conflict else 0)


@pytest.mark.parametrize("scene", ["clean", "conflict"], indirect=True)
def test_an_update_killed_before_any_step_is_taken_back_or_completed(scene: Scene) -> None:
    for step in range(1, scene.steps + 1, 1 if scene.code == 0 else 2):
        ended, _ = killing.run(["update", scene.made.path], at=step)
        assert ended == -signal.SIGKILL
        scene.end(ENDS[step // 2 % 4])


@pytest.mark.parametrize("scene", ["clean", "conflict"], indirect=True)
def test_an_update_killed_with_git_at_a_random_time_is_taken_back_or_completed(scene: Scene) -> None:
    chance = random.Random(7)
    for number in range(max(EXAMPLES, 30)):
        killing.run(["update", scene.made.path], delay=chance.uniform(0.01, 0.35))
        scene.end(ENDS[number % 4])


@pytest.mark.parametrize("scene", ["clean"], indirect=True)
def test_an_update_interrupted_before_any_step_says_so_and_is_taken_back_or_completed(scene: Scene) -> None:
    for step in range(1, scene.steps + 1, 3):
        ended, _ = killing.run(["update", scene.made.path], at=step, how=signal.SIGINT)
        assert ended == 130 or (ended == 0 and state(scene.made) == scene.after)
        scene.end(ENDS[step % 4])


@pytest.mark.parametrize("there", [False, True], ids=["no folder", "an empty folder"])
def test_a_new_project_is_there_as_a_whole_or_not_at_all(tmp_path: Path, there: bool) -> None:
    source = template(
        tmp_path / "template", {"a.txt": LINES, "b/c.txt": "c\n", "README.md.jinja": "# {{ package }}\n"}
    )
    place = tmp_path / "work"
    target = place / "project"
    args: list[str | Path] = ["new", target, "--template", source.path, "--defaults", "-q"]
    target.mkdir(parents=True) if there else None
    steps = killing.run(args)[1]
    whole = snapshot(target)
    for step in range(1, steps + 1, 2):
        shutil.rmtree(target)
        target.mkdir() if there else None
        ended, _ = killing.run(args, at=step, how=signal.SIGINT if step % 5 == 0 else signal.SIGKILL)
        assert ended in (-signal.SIGKILL, 130) or (ended == 0 and target.exists())
        if not target.exists() or snapshot(target) != whole:
            mlkata(*args)
        assert snapshot(target) == whole
        assert Repository(target).status() == []
        assert [path.name for path in place.iterdir()] == ["project"], step
        assert leftovers(Repository(target)) == []
