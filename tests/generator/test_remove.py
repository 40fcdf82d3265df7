"""`mlkata remove`: what was added and is unedited goes; what is not, is named first."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from adding import PART, source  # noqa: F401
from evolving import Repository, inside, mlkata, project, run, snapshot

COMPONENT = "components/part/files/src/{{ package }}/{{ name }}.py.jinja"


@pytest.fixture
def made(source: Repository, tmp_path: Path) -> Repository:  # noqa: F811
    return project(tmp_path / "made", source, ref="v1.1.0")


def clone(made: Repository) -> Repository:
    folder = made.path.with_name("clone")
    run("git", "clone", "-q", made.path, folder, cwd=made.path.parent)
    return Repository(folder)


@pytest.mark.parametrize("committed", [False, True])
@pytest.mark.parametrize("options", ["", "--kind square", "--kind=square --loud=yes"])
def test_what_was_added_goes(made: Repository, options: str, committed: bool) -> None:
    before = snapshot(made.path)
    mlkata("-C", made.path, "add", "part", "wheel", *options.split())
    if committed:
        made.git("commit", "-qm", "a wheel")
    added, status = snapshot(made.path), made.status()
    paths = sorted(added.keys() - before.keys())
    planned = mlkata("-C", made.path, "remove", "part", "wheel", "-n", "--json").data
    assert snapshot(made.path) == added
    done = mlkata("-C", made.path, "remove", "part", "wheel", "--json").data
    assert planned["files"] == done["files"]
    assert [(file["path"], file["action"]) for file in done["files"]] == [(path, "delete") for path in paths]
    assert snapshot(made.path) == before
    assert made.status() == ([f"D  {path}" for path in paths] if committed else [])
    mlkata("-C", made.path, "undo")
    assert snapshot(made.path) == added
    assert made.status() == status


def test_in_a_fresh_clone(made: Repository) -> None:
    mlkata("-C", made.path, "add", "part", "wheel", "door", "--kind", "square")
    made.git("commit", "-qm", "parts")
    other = clone(made)
    mlkata("-C", other.path, "remove", "part", "wheel", "door")
    assert other.status() == ["D  src/pkg/door.py", "D  src/pkg/wheel.py"]


def test_of_an_older_version_after_an_update(source: Repository, made: Repository) -> None:  # noqa: F811
    mlkata("-C", made.path, "add", "part", "wheel", "--kind", "square")
    made.git("commit", "-qm", "a wheel")
    source.commit({COMPONENT: "# another {{ name }}\n"}, tag="v2.0.0")
    source.commit(
        {"components/part/component.yml": PART + "size: {type: bool, default: true}\n"}, tag="v2.1.0"
    )
    mlkata("update", made.path)
    made.git("commit", "-qam", "updated")
    mlkata("-C", made.path, "remove", "part", "wheel")
    assert made.status() == ["D  src/pkg/wheel.py"]


@pytest.mark.parametrize("committed", [False, True])
def test_what_was_edited_is_refused_and_forced(made: Repository, committed: bool) -> None:
    mlkata("-C", made.path, "add", "part", "wheel", "--loud=yes")
    made.git("commit", "-qm", "a wheel")
    made.write({"src/pkg/wheel.py": "mine\nand mine\n"})
    if committed:
        made.commit()
    before, status = snapshot(made.path), made.status()
    done = mlkata("-C", made.path, "remove", "part", "wheel", code=5)
    assert "edited since it was generated: src/pkg/wheel.py (3 lines); nothing was written" in done.err
    assert "--force removes it with your edits" in done.err
    assert (snapshot(made.path), made.status()) == (before, status)
    mlkata("-C", made.path, "remove", "part", "wheel", "--force")
    assert not (made.path / "src/pkg/wheel.py").exists()
    assert not (made.path / "wheel.loud").exists()
    mlkata("-C", made.path, "undo")
    assert (snapshot(made.path), made.status()) == (before, status)


def test_one_edited_keeps_all_of_several(made: Repository) -> None:
    mlkata("-C", made.path, "add", "part", "wheel", "door")
    made.write({"src/pkg/door.py": "mine\n"})
    before = snapshot(made.path)
    mlkata("-C", made.path, "remove", "part", "wheel", "door", code=5)
    assert snapshot(made.path) == before


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("conf/deep/a.yaml", "model: wheel # the best"),
        ("a.yml", "  - wheel"),
        ("a.yaml", "  - part: 'wheel'"),
        ("a.yaml", "[door, wheel]"),
        ("a.yaml", "cmd: pkg train model=wheel data=x"),
        ("a.yaml", "  - conf/wheel/x.txt"),
        ("a.py", "from pkg.wheel import Wheel"),
        ("a.py", "    from pkg import door, wheel"),
        ("a.py", "import pkg.wheel as w"),
    ],
)
def test_what_names_it_elsewhere_is_reported(made: Repository, file: str, line: str) -> None:
    mlkata("-C", made.path, "add", "part", "wheel")
    made.commit({file: f"{line}\n"})
    done = mlkata("-C", made.path, "remove", "part", "wheel", "--json").data
    assert done["notes"] == [f"wheel is also named in: {file}"]


def test_words_that_are_no_names_are_not(made: Repository) -> None:
    mlkata("-C", made.path, "add", "part", "wheel")
    prose = {"a.yaml": "a: the wheel of it # part: wheel\nb: wheels\nwheel2: x\n", "notes.md": "wheel\n"}
    made.commit({**prose, "a.py": "# wheel\nwheel = 1\nfrom pkg import wheels\n"})
    assert mlkata("-C", made.path, "remove", "part", "wheel", "--json").data["notes"] == []


@pytest.mark.parametrize("verb", [("remove", "extra"), ("add", "extra=no")])
@pytest.mark.parametrize("flags", [(), ("-n",)])
def test_a_dry_run_refuses_what_the_run_would(made: Repository, verb: tuple[str], flags: tuple[str]) -> None:
    made.write({"README.md": "edited\n"})
    before = snapshot(made.path)
    done = mlkata("-C", made.path, *verb, *flags, code=5)
    assert "changed and not committed: README.md; nothing was written" in done.err
    assert "--branch" not in done.err
    assert "or use --branch" in mlkata("update", made.path, code=5).err
    assert snapshot(made.path) == before


def test_other_edits_do_not_matter(made: Repository) -> None:
    mlkata("-C", made.path, "add", "part", "wheel")
    made.commit()
    made.write({"README.md": "edited\n"})
    mlkata("-C", made.path, "remove", "part", "wheel")
    assert made.status() == [" M README.md", "D  src/pkg/wheel.py"]


@pytest.mark.parametrize(
    ("line", "what", "hint"),
    [
        ("part wheel", "there is no part wheel here", "It would be in src/pkg/wheel.py"),
        ("prat wheel", "the template has no prat to remove", "Did you mean part?"),
        ("part", "what the part is called is missing", "mlkata remove part NAME"),
        ("ci", "ci is a question: an answer is needed", "mlkata add ci=github|gitlab|none"),
        ("ci=github", "ci is a question: an answer is needed", "mlkata add ci=github|gitlab|none"),
        ("part main", "src/pkg/main.py came with the project, not by mlkata add", "git rm src/pkg/main.py"),
    ],
)
def test_mistakes_get_one_clear_message(made: Repository, line: str, what: str, hint: str) -> None:
    before = snapshot(made.path)
    for force in ([], ["--force"]):
        done = mlkata("-C", made.path, "remove", *line.split(), *force, code=1)
        assert what in done.err
        assert hint in done.err
    assert snapshot(made.path) == before


# What the project's own jobs made


@pytest.fixture
def runnable(made: Repository) -> Repository:
    (made.path / ".venv/bin").mkdir(parents=True)
    (made.path / ".venv/bin/python").symlink_to(sys.executable)
    return made


def test_what_jobs_made_goes(runnable: Repository) -> None:
    before = snapshot(runnable.path)
    mlkata("-C", runnable.path, "add", "made", "x", "--from", "README.md")
    runnable.commit()
    added = snapshot(runnable.path)
    mlkata("-C", runnable.path, "remove", "made", "x")
    assert snapshot(runnable.path) == before
    mlkata("-C", runnable.path, "undo")
    assert snapshot(runnable.path) == added


def test_what_jobs_made_and_was_edited_before_the_commit(runnable: Repository) -> None:
    mlkata("-C", runnable.path, "add", "made", "x", "--from", "README.md")
    runnable.commit({"conf/x.txt": "corrected\n"})
    done = mlkata("-C", runnable.path, "remove", "made", "x", code=5)
    assert "edited since it was generated: conf/x.txt; nothing was written" in done.err
    mlkata("-C", runnable.path, "remove", "made", "x", "--force")
    assert runnable.status() == ["D  conf/x.txt"]


def test_what_jobs_made_in_a_fresh_clone(runnable: Repository) -> None:
    mlkata("-C", runnable.path, "add", "made", "x", "y", "--from", "README.md")
    runnable.commit()
    other = clone(runnable)
    other.write({"big/x/own.bin": "mine"})
    done = mlkata("-C", other.path, "remove", "made", "x", "--json").data
    assert [file["path"] for file in done["files"]] == ["conf/x.txt"]
    assert done["notes"] == ["Left, as git doesn't track it and it may be yours: big/x/own.bin"]
    assert other.read("big/x/own.bin") == "mine"
    other.commit({"conf/y.txt": "edited\n"})
    mlkata("-C", other.path, "remove", "made", "y", code=5)


def test_what_is_beside_what_jobs_made_stays(runnable: Repository) -> None:
    mlkata("-C", runnable.path, "add", "made", "x", "--from", "README.md")
    runnable.write({"big/x/own.bin": "mine"})
    mlkata("-C", runnable.path, "remove", "made", "x")
    assert [path.name for path in (runnable.path / "big/x").iterdir()] == ["own.bin"]


def test_an_emptied_folder_is_nothing(runnable: Repository) -> None:
    mlkata("-C", runnable.path, "add", "made", "x", "--from", "README.md")
    (runnable.path / "big/x/1.bin").unlink()
    mlkata("-C", runnable.path, "remove", "made", "x")
    assert runnable.status() == []
    assert "there is no made x here" in mlkata("-C", runnable.path, "remove", "made", "x", code=1).err


def test_an_update_brings_nothing_back(source: Repository, made: Repository) -> None:  # noqa: F811
    mlkata("-C", made.path, "remove", "extra")
    mlkata("-C", made.path, "add", "part", "wheel")
    made.commit()
    mlkata("-C", made.path, "remove", "part", "wheel")
    made.commit()
    source.commit(inside({"new.txt": "new\n"}), tag="v1.3.0")
    mlkata("update", made.path)
    assert made.status() == ["M  .copier-answers.yml", "M  README.md", "A  new.txt"]
    assert "extra: false" in made.read(".copier-answers.yml")
