"""What a person gets wrong: one message that says what, where, and what to do next."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from evolving import COPIER_YML, Outcome, Repository, inside, mlkata, project, template

SECRET = "https://user:geheim@127.0.0.1:1/x.git"
CHOOSING = COPIER_YML + "kind: {type: str, choices: [one, two], default: one}\n"


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    return template(tmp_path / "template", {"a.txt.jinja": "{{ kind }}\n"}, copier_yml=CHOOSING)


@pytest.fixture
def made(source: Repository, tmp_path: Path) -> Repository:
    return project(tmp_path / "made", source, "-d", "kind=two")


def test_a_recorded_answer_that_is_none_is_named(made: Repository) -> None:
    made.commit({".copier-answers.yml": made.read(".copier-answers.yml").replace("kind: two", "kind: tow")})
    for line in (["check"], ["update", "-d", "package=other"]):
        said = mlkata(*line, "-C", made.path, "--json", code=1).data
        assert "the recorded answer kind: 'tow' is none that " in said["error"]
        assert said["error"].endswith(": one, two")
        assert said["hint"] == "Give another: mlkata update -d kind=…"
    mlkata("update", made.path, "-d", "kind=two")
    assert "kind: two\n" in made.read(".copier-answers.yml")
    assert made.status() == ["M  .copier-answers.yml"]


def test_a_choice_that_the_template_dropped_is_not_replaced_without_a_word(
    source: Repository, made: Repository
) -> None:
    source.commit({"copier.yml": CHOOSING.replace("[one, two]", "[one, three]")}, tag="v1.1.0")
    said = mlkata("update", made.path, code=1).err
    assert "the recorded answer kind: 'two' is none that " in said
    assert made.status() == []
    mlkata("update", made.path, "-d", "kind=three")
    assert made.read("a.txt") == "three\n"


def said_everywhere(done: Outcome) -> str:
    return done.out + done.err


@pytest.mark.parametrize("flags", [[], ["--json"]])
def test_a_password_in_an_address_is_not_printed(flags: list[str], made: Repository, tmp_path: Path) -> None:
    lines: list[list[str | Path]] = [
        ["new", tmp_path / "other", "--template", SECRET],
        ["relink", "-C", made.path, SECRET],
        ["adopt", made.path, "--template", SECRET],
    ]
    for line in lines:
        told = said_everywhere(mlkata(*line, *flags, code=6))
        assert "127.0.0.1:1/x.git" in told
        assert "geheim" not in told
    file = made.path / ".copier-answers.yml"
    answers = file.read_text()
    begin = answers.index("_src_path: ")
    made.commit({file.name: answers[:begin] + f"_src_path: {SECRET}\n" + answers[begin:].split("\n", 1)[1]})
    for verb in ("check", "update", "diff"):
        told = said_everywhere(mlkata(verb, "-C", made.path, *flags, code=None))
        assert "geheim" not in told


def test_a_password_is_not_recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = template(tmp_path / "template", {"a.txt": "a\n"})
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{source.path}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", SECRET)
    mlkata("new", tmp_path / "made", "--template", SECRET, "--defaults")
    made = Repository(tmp_path / "made")
    assert "_src_path: https://127.0.0.1:1/x.git\n" in made.read(".copier-answers.yml")
    assert "geheim" not in made.git("log", "--format=%B")


def test_a_data_file_with_a_number_for_a_question(made: Repository, tmp_path: Path) -> None:
    (tmp_path / "answers.yml").write_text("1: 2\n")
    said = mlkata("update", made.path, "--data-file", tmp_path / "answers.yml", code=1).err
    assert said.startswith(f"mlkata: {tmp_path / 'answers.yml'}: 1 is no question\n")


@pytest.mark.parametrize(
    "line",
    ["new ''", "new x --template ''", "update -r ''", "relink ''", "fleet status ''", "adopt --template ''"],
)
def test_an_empty_word_is_a_variable_that_is_not_set(line: str, tmp_path: Path) -> None:
    words = [word.replace("''", "") for word in line.split()]
    said = mlkata("-C", tmp_path, *words, code=1).err
    assert "it is empty" in said


def test_what_a_dry_run_names_next_does_the_same(source: Repository, made: Repository) -> None:
    source.commit(inside({"a.txt.jinja": "new {{ kind }}\n"}), tag="v1.1.0")
    source.commit(inside({"a.txt.jinja": "newest {{ kind }}\n"}), tag="v1.2.0")
    said = mlkata("update", made.path, "-r", "v1.1.0", "-d", "package=an other", "-n", "--json").data
    assert said["next"][0] == f"mlkata update {made.path} -r v1.1.0 -d 'package=an other'"


def test_a_dry_undo_refuses_what_undo_refuses(source: Repository, made: Repository) -> None:
    source.commit(inside({"a.txt.jinja": "new {{ kind }}\n"}), tag="v1.1.0")
    mlkata("update", made.path)
    made.write({"a.txt": "mine\n"})
    for flags in (["-n"], []):
        assert "edited since this update: a.txt" in mlkata("undo", made.path, *flags, code=5).err
    assert mlkata("undo", made.path, "-n", "--force").code == 0


def test_a_reset_in_the_middle_of_conflicts_is_no_update(source: Repository, made: Repository) -> None:
    made.commit({"a.txt": "mine\n"})
    source.commit(inside({"a.txt.jinja": "new {{ kind }}\n"}), tag="v1.1.0")
    mlkata("update", made.path, code=3)
    assert "The last update is not ended" in mlkata("check", made.path, code=None).out
    made.git("reset", "-q", "--hard")
    for end in ("--continue", "--abort"):
        assert mlkata("update", made.path, end).out == "Nothing is under way.\n"
    assert made.status() == []
    mlkata("update", made.path, code=3)


def test_a_file_of_another_kind_on_both_sides_loses_neither(source: Repository, made: Repository) -> None:
    (made.path / "a.txt").unlink()
    (made.path / "a.txt").symlink_to("b.txt")
    made.commit()
    source.commit(inside({"a.txt.jinja": "new {{ kind }}\n"}), tag="v1.1.0")
    said = mlkata("update", made.path, "--json", code=3).data
    found = {(file["path"], file["action"]) for file in said["files"]}
    assert {("a.txt", "conflict"), ("a.txt~template_v1.1.0", "conflict")} <= found
    assert (made.path / "a.txt").readlink() == Path("b.txt")
    assert made.read("a.txt~template_v1.1.0") == "new two\n"


@pytest.mark.parametrize("listed", ["- {}\n", "\ufeff{}\n", "  -  {}   # ours\n"])
def test_a_list_of_repositories_is_forgiving(listed: str, made: Repository, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text(listed.format(made.path), encoding="utf-8")
    done = mlkata("fleet", "status", tmp_path / "list.txt", "--json")
    first = json.loads(done.out.splitlines()[0])
    assert (first["repository"], first["code"]) == (str(made.path), 0)
