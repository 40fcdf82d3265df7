"""`mlkata add`: components, and other answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from adding import made, source  # noqa: F401
from evolving import Repository, inside, mlkata, project, snapshot


def test_a_component_is_written_and_staged(made: Repository) -> None:
    done = mlkata("-C", made.path, "add", "part", "wheel", "--kind", "square", "--json").data
    assert (done["status"], done["code"], done["old"], done["new"]) == ("done", 0, "v1.1.0", "v1.1.0")
    assert [(file["path"], file["action"]) for file in done["files"]] == [("src/pkg/wheel.py", "add")]
    assert done["next"][0] == "pkg wheel"
    assert made.status() == ["A  src/pkg/wheel.py"]
    assert made.read("src/pkg/wheel.py") == "# wheel of pkg (PKG), square\n"
    assert made.read("README.md") == "about\n"


@pytest.mark.parametrize(
    "line",
    ["part a b --loud=yes", "part --loud yes a b", "part a --loud=true b -n", "-n part a b --loud yes"],
)
def test_options_stand_anywhere_and_names_may_be_several(made: Repository, line: str) -> None:
    before = snapshot(made.path)
    done = mlkata("-C", made.path, "add", *line.split(), "--json").data
    paths = ["a.loud", "b.loud", "src/pkg/a.py", "src/pkg/b.py"]
    assert [file["path"] for file in done["files"]] == paths
    if "-n" in line.split():
        assert done["status"] == "planned"
        assert snapshot(made.path) == before
        assert made.status() == []
    else:
        assert made.status() == [f"A  {path}" for path in paths]
        assert made.read("src/pkg/b.py").endswith("round, loud\n")


def test_undo_takes_it_back_byte_for_byte(made: Repository) -> None:
    made.write({"README.md": "edited and not committed\n", "notes.md": "mine\n"})
    before, status = snapshot(made.path), made.status()
    mlkata("-C", made.path, "add", "part", "wheel")
    assert snapshot(made.path) != before
    mlkata("-C", made.path, "undo")
    assert snapshot(made.path) == before
    assert made.status() == status


@pytest.mark.parametrize("content", ["mine\n", ""])
def test_what_is_in_the_way_is_refused(made: Repository, content: str) -> None:
    made.write({"src/pkg/wheel.py": content})
    before = snapshot(made.path)
    done = mlkata("-C", made.path, "add", "part", "door", "wheel", code=5)
    assert "in the way: src/pkg/wheel.py; nothing was written" in done.err
    assert snapshot(made.path) == before
    made.write({"src/pkg/wheel.py": None, "src/pkg/wheel.py/x": "a folder\n"})
    done = mlkata("-C", made.path, "add", "part", "wheel", code=5)
    assert "in the way: src/pkg/wheel.py (a folder of yours is in its place)" in done.err


def test_again_changes_nothing(made: Repository) -> None:
    mlkata("-C", made.path, "add", "part", "wheel")
    before = snapshot(made.path)
    assert mlkata("-C", made.path, "add", "part", "wheel", "--json").data["status"] == "up-to-date"
    assert snapshot(made.path) == before
    mlkata("-C", made.path, "add", "part", "wheel", "--kind=square", code=5)


def test_in_a_folder_of_a_larger_repository(source: Repository, tmp_path: Path) -> None:
    outer = Repository(tmp_path / "outer")
    outer.path.mkdir()
    outer.git("init", "-q")
    outer.commit({"x.txt": "x\n"})
    made = project(outer.path / "ml", source, ref="v1.1.0")
    outer.commit()
    mlkata("-C", made.path, "add", "part", "wheel")
    assert outer.status() == ["A  ml/src/pkg/wheel.py"]
    mlkata("-C", made.path, "remove", "part", "wheel")
    assert outer.status() == []


def test_what_git_ignores_stays_out_of_it(made: Repository) -> None:
    made.commit({".gitignore": "*.loud\n"})
    mlkata("-C", made.path, "add", "part", "wheel", "--loud", "yes")
    assert made.status() == ["A  src/pkg/wheel.py"]
    assert made.read("wheel.loud") == "LOUD\n"
    mlkata("-C", made.path, "undo")
    assert made.status() == []
    assert not (made.path / "wheel.loud").exists()


def test_without_words_it_lists_what_there_is(made: Repository) -> None:
    done = mlkata("-C", made.path, "add")
    for line in (
        "mlkata add part NAME       A part of it",
        "--kind round|square",
        "mlkata add ci=github|gitlab|none   (now github)",
        "mlkata add extra=yes|no   (now yes)",
    ):
        assert line in done.out
    assert "shout" not in done.out
    offers = mlkata("-C", made.path, "add", "--json").data["offers"]
    assert list(offers["components"]) == ["made", "part"]
    assert offers["components"]["part"]["options"]["loud"]["choices"] == [True, False]
    assert offers["questions"]["ci"] == {
        "help": "Where does it run?",
        "choices": ["github", "gitlab", "none"],
        "default": "github",
        "now": "github",
    }


def test_the_help_of_a_kind_is_its_options(made: Repository, tmp_path: Path) -> None:
    for line in (("part", "--help"), ("-h", "part", "x")):
        shown = mlkata("-C", made.path, "add", *line).out
        assert "--kind round|square" in shown
        assert "mlkata add made" not in shown
        assert "ci=" not in shown
    assert "mlkata add made" in mlkata("-C", made.path, "add", "prat", "--help").out
    assert "after a KIND, its options" in mlkata("-C", tmp_path, "add", "--help").out
    assert made.status() == []


def test_what_the_projects_own_version_offers_counts(source: Repository, tmp_path: Path) -> None:
    old = project(tmp_path / "old", source, ref="v1.0.0")
    assert "part" not in mlkata("-C", old.path, "add").out
    assert "the template has no part to add" in mlkata("-C", old.path, "add", "part", "x", code=1).err


def test_an_answer_is_an_update_at_the_same_version(made: Repository) -> None:
    before = snapshot(made.path)
    done = mlkata("-C", made.path, "add", "ci=gitlab", "extra=no", "--dry-run", "--json").data
    assert (done["status"], done["old"], done["new"]) == ("planned", "v1.1.0", "v1.1.0")
    assert snapshot(made.path) == before
    done = mlkata("-C", made.path, "add", "ci=gitlab", "extra=no", "--json").data
    assert done["headline"] == "Answered ci=gitlab, extra=no; the version stays v1.1.0:"
    assert made.status() == ["M  .copier-answers.yml", "D  github.yml", "A  gitlab.yml"] or made.status() == [
        "M  .copier-answers.yml", "R  github.yml -> gitlab.yml",
    ]  # fmt: skip
    assert "_commit: v1.1.0" in made.read(".copier-answers.yml")
    assert "extra: false" in made.read(".copier-answers.yml")
    mlkata("-C", made.path, "undo")
    assert snapshot(made.path) == before
    assert mlkata("-C", made.path, "add", "ci=github", "--json").data["status"] == "up-to-date"


def test_a_question_of_yes_and_no_is_added_and_removed(made: Repository) -> None:
    mlkata("-C", made.path, "remove", "extra")
    assert "extra: false" in made.read(".copier-answers.yml")
    made.git("commit", "-qam", "without")
    mlkata("-C", made.path, "add", "extra")
    assert "extra: true" in made.read(".copier-answers.yml")


def test_answers_want_a_clean_tree_and_components_do_not(made: Repository) -> None:
    made.write({"README.md": "edited\n"})
    assert "changed and not committed: README.md" in mlkata("-C", made.path, "add", "ci=none", code=5).err
    mlkata("-C", made.path, "add", "part", "x")
    assert made.status() == [" M README.md", "A  src/pkg/x.py"]


def test_a_conflict_is_one_as_in_any_update(source: Repository, tmp_path: Path) -> None:
    source.commit(inside({"name.txt.jinja": "it is {{ ci }}\n"}), tag="v2.0.0")
    made = project(tmp_path / "made", source, ref="v2.0.0")
    made.commit({"name.txt": "it is mine\n"})
    before = snapshot(made.path)
    done = mlkata("-C", made.path, "add", "ci=none", "--json", code=3).data
    assert done["status"] == "conflicts"
    assert "in conflict" not in made.read("name.txt")
    refused = mlkata("-C", made.path, "add", "part", "x", code=5)
    assert "an earlier add has conflicts to resolve" in refused.err
    mlkata("-C", made.path, "update", "--abort")
    assert snapshot(made.path) == before


# What the project's own jobs make
