"""Random old templates, edits and new templates: what an adoption may do, and what it must not."""

from __future__ import annotations

import os
import pty
import shutil
from pathlib import Path
from random import Random

import pytest
from adopting import actions, adopt, cruft, repository
from evolving import Content, Repository, command

EXAMPLES = max(int(os.environ.get("EXAMPLES", "0")) // 100, 8)
NAMES = [
    "a.txt",
    "b.md",
    "c.py",
    "docs/a.txt",
    "docs/b.md",
    "src/x/y.py",
    "src/z.py",
    "Makefile",
    "e.cfg",
    ".hidden",
]
Files = dict[str, bytes]


def text(chance: Random, word: str) -> bytes:
    return "".join(f"{word} {chance.randrange(4)}\n" for _ in range(chance.randrange(6))).encode()


def some(chance: Random, word: str) -> Files:
    return {name: text(chance, word) for name in NAMES if chance.randrange(3)} or {"a.txt": b"a\n"}


def work(chance: Random, base: Files) -> Files:
    """What a person makes of an old template's files: each edit is a line that is nowhere else."""
    ours = dict(base)
    for name in NAMES:
        what = chance.randrange(5)
        if what == 0:
            ours.pop(name, None)
        elif what in (1, 2):
            lines = ours.get(name, b"").splitlines(keepends=True)
            lines.insert(chance.randrange(len(lines) + 1), f"mine {name} {chance.random()}\n".encode())
            ours[name] = b"".join(lines)
    return ours | {"own.txt": b"own\n"}


def tree(made: Repository, revision: str) -> Files:
    """The files of a commit."""
    names = made.git("ls-tree", "-r", "--name-only", revision).splitlines()
    found = {name: made.git("cat-file", "blob", f"{revision}:{name}") for name in names}
    return {name: f"{content}\n".encode() if content else b"" for name, content in found.items()}


@pytest.mark.parametrize("by_hand", [False, True])
def test_nothing_is_lost_and_nothing_comes_back(by_hand: bool, tmp_path: Path) -> None:
    answers: dict[str, Content] = {
        "copier.yml": "_subdirectory: template\nslug: {type: str, default: x}\n",
        "template/{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers|to_nice_yaml -}}\n",
    }
    seen = set()
    for seed in range(EXAMPLES):
        chance = Random(seed)
        folder = tmp_path / str(seed)
        base, theirs = some(chance, "old"), some(chance, chance.choice(["old", "new"]))
        ours = work(chance, base)
        new = repository(
            folder / "new", {**answers, **{f"template/{k}": v for k, v in theirs.items()}}, tag="v1.0.0"
        )
        record: dict[str, Content] = {}
        if by_hand:
            base = {}
        else:
            inner = {f"{{{{cookiecutter.slug}}}}/{name}": content for name, content in base.items()}
            old = repository(folder / "old", {"cookiecutter.json": '{"slug": "x"}', **inner})
            record = {".cruft.json": cruft(old, old.git("rev-parse", "HEAD"), {"slug": "x"})}
        made = repository(folder / "made", {**ours, **record})
        done = adopt(made, new, code=None)
        said = actions(done)
        conflicts = {path for path, what in said.items() if what == "conflict"}
        assert done.code == (3 if conflicts else 0)
        result = tree(made, "mlkata/adopt")
        assert result.keys() <= {".copier-answers.yml", *ours, *theirs}
        for path in {*base, *ours, *theirs}:
            seen.add(
                check(
                    path, base.get(path), ours.get(path), theirs.get(path), result.get(path), said.get(path)
                )
            )
        shutil.rmtree(folder)
    wanted = {"kept", "merged", "new"} if by_hand else {"gone", "kept", "replaced", "merged", "new"}
    assert seen == wanted  # no case is left out


def check(
    path: str,
    base: bytes | None,
    ours: bytes | None,
    theirs: bytes | None,
    result: bytes | None,
    said: str | None,
) -> str:
    """One path's outcome; what kind it is."""
    if ours is None and base is not None:
        assert result is None, f"{path} came back"
        return "gone"
    if ours is None:
        assert result == theirs
        return "new"
    if ours == base and ours != theirs:
        assert result == theirs
        return "replaced"
    if theirs in (None, base, ours) or (base is None and not ours):
        assert result == ours, f"{path} was changed: {said}"
        return "kept"
    assert result is not None
    mine = [line for line in ours.splitlines() if line.startswith(b"mine")]
    assert all(line in result.splitlines() for line in mine), f"{path} lost an edit"
    if base is None:
        assert said == "conflict" or result == ours, f"{path} was changed unseen: {said}"
        assert all(line in result.splitlines() for line in ours.splitlines())
    return "merged"


def test_at_a_terminal_it_asks_what_nothing_answers(tmp_path: Path) -> None:
    questions = "_subdirectory: template\nteam:\n    type: str\nauthor:\n    type: str\n"
    new = repository(tmp_path / "new", {
        "copier.yml": questions, "template/team.txt.jinja": "{{ team }}",
        "template/{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers|to_nice_yaml -}}\n",
    }, tag="v1.0.0")  # fmt: skip
    made = repository(tmp_path / "made", {"a.txt": "a\n"})
    pid, terminal = pty.fork()
    if pid == 0:
        line = command("adopt", made.path, "--template", new.path)
        os.execvpe(line[0], line, {**os.environ, "TERM": "xterm"})
    shown, typed = b"", False
    try:
        while part := os.read(terminal, 4096):
            shown += part
            if b"\x1b[6n" in part:
                os.write(terminal, b"\x1b[1;1R")  # where the cursor is, which prompts ask a terminal
            if not typed and b"team" in shown:
                typed = bool(os.write(terminal, b"blue\r"))
    except OSError:  # its end is closed
        pass
    assert os.waitpid(pid, 0)[1] == 0
    assert b"author" not in shown.split(b"Answers:")[0]
    assert b"team: blue  (you, or the default)" in shown
    assert made.git("show", "mlkata/adopt:team.txt") == "blue"


def test_an_edit_does_not_move_to_a_file_of_the_new_template_that_is_alike(tmp_path: Path) -> None:
    lines = "".join(f"line {number}\n" for number in range(30))
    new = repository(
        tmp_path / "new",
        {
            "copier.yml": "_subdirectory: template\nslug: {type: str, default: x}\n",
            "template/{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers|to_nice_yaml -}}\n",
            "template/settings/run.txt": lines,
        },
        tag="v1.0.0",
    )
    inner = "{{cookiecutter.slug}}/"
    old = repository(
        tmp_path / "old", {"cookiecutter.json": '{"slug": "x"}', f"{inner}config/run.txt": lines}
    )
    record = cruft(old, old.git("rev-parse", "HEAD"), {"slug": "x"})
    mine = lines.replace("line 2\n", "mine\n")
    made = repository(
        tmp_path / "made", {".cruft.json": record, "config/run.txt": mine, "config/own.txt": "own\n"}
    )
    said = actions(adopt(made, new))
    assert said["config/run.txt"] == "kept"
    assert said["settings/run.txt"] == "add"
    result = tree(made, "mlkata/adopt")
    assert result["config/run.txt"] == mine.encode()
    assert result["config/own.txt"] == b"own\n"
    assert result["settings/run.txt"] == lines.encode()
