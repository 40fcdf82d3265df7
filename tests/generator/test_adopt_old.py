"""How the version of an old template is found, what is said where that fails, and what an adoption writes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from adopting import (
    ANSWERS,
    COOKIECUTTER,
    actions,
    adopt,
    answered,
    baked,
    cruft,
    crufted,
    refs,
    repository,
    show,
    standing,
    target,
)
from evolving import Repository, mlkata, run, snapshot

from mlkata.report import Report

SLUG = "{{cookiecutter.slug}}"


@pytest.fixture
def new(tmp_path: Path) -> Repository:
    return target(tmp_path / "target")


@pytest.fixture
def old(tmp_path: Path) -> Repository:
    return repository(tmp_path / "oldtemplate", COOKIECUTTER, tag="1.0")


@pytest.fixture
def made(old: Repository, tmp_path: Path) -> Repository:
    return crufted(tmp_path, old)


def test_a_dry_run_writes_nothing_and_says_all(made: Repository, new: Repository) -> None:
    before = standing(made), refs(made)
    said = mlkata("adopt", made.path, "--template", new.path, "--dry-run").out
    assert (standing(made), refs(made)) == before
    assert "change    Makefile  (you had it as the old template made it)" in said
    assert "delete    src/data/make.py  (of the old template, and you had not edited it)" in said
    assert "delete    .cruft.json  (it records the old template)" in said
    assert "  author: Test  (git log)" in said
    assert said.endswith("(the same as a patch)\n")
    found = adopt(made, new, "--dry-run").data
    assert (found["status"], found["branch"]) == ("planned", "")
    assert found.keys() - set(Report("").__dataclass_fields__) == {"base", "answers", "moves"}
    assert (standing(made), refs(made)) == before


def test_a_patch_gives_what_the_branch_gives(made: Repository, new: Repository, tmp_path: Path) -> None:
    patch = tmp_path / "the.patch"
    patch.write_text(mlkata("adopt", made.path, "--template", new.path, "--diff").out)
    adopt(made, new)
    made.git("apply", "--index", patch)
    assert made.git("write-tree") == made.git("rev-parse", "mlkata/adopt^{tree}")


def test_again_changes_nothing_and_another_branch_is_not_moved(made: Repository, new: Repository) -> None:
    adopt(made, new)
    before = refs(made)
    again = adopt(made, new)
    assert again.data["status"] == "up-to-date"
    assert "brings it under" in again.data["headline"]
    assert refs(made) == before
    made.git("branch", "-f", "mlkata/adopt", "HEAD")
    before = refs(made)
    assert "there is a branch mlkata/adopt already" in adopt(made, new, code=1).data["error"]
    assert refs(made) == before
    assert adopt(made, new, "--branch", "mine").data["branch"] == "mine"


def test_again_after_conflicts_changes_nothing(made: Repository, new: Repository) -> None:
    made.commit({"Makefile": "mine:\n"})
    assert adopt(made, new, code=3).data["status"] == "conflicts"
    assert show(made, "Makefile") == (
        "<<<<<<< yours\nmine:\n=======\ncheck:\n\truff check\n>>>>>>> template v1.0.0\n"
    )
    before = refs(made)
    assert adopt(made, new).data["status"] == "up-to-date"
    assert refs(made) == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", ".cruft.json can't be read: it is no JSON"),
        ("[]", ".cruft.json records no answers by name"),
        ('{"context": {"cookiecutter": []}}', ".cruft.json names no template"),
        (
            '{"template": 1, "context": {"cookiecutter": {"a": "b"}}}',
            ".cruft.json: 1 is no address or version",
        ),
        ('{"template": "--upload-pack=x", "context": {"cookiecutter": {}}}', "is no address or version"),
        ("[" * 100000, ".cruft.json can't be read: it is no JSON"),
    ],
)
def test_a_record_that_is_none(content: str, said: str, new: Repository, tmp_path: Path) -> None:
    made = repository(tmp_path / "made", {".cruft.json": content, "a.txt": "a\n"})
    assert said in adopt(made, new, code=1).data["error"]
    done = adopt(made, new, "--from-nothing")
    assert actions(done)[".cruft.json"] == "delete"
    assert show(made, "a.txt") == "a\n"


def test_an_old_template_that_is_gone(
    old: Repository, made: Repository, new: Repository, tmp_path: Path
) -> None:
    moved = tmp_path / "elsewhere"
    old.path.rename(moved)
    before = refs(made)
    said = adopt(made, new, code=6).data
    assert said["error"].startswith(
        f"this repository was made from a template (.cruft.json), and that one, {old.path} can't be reached: "
    )
    assert "--old-template URL" in said["hint"]
    assert "--from-nothing" in said["hint"]
    assert refs(made) == before
    assert "Makefile" in actions(adopt(made, new, "--from-nothing", "--branch", "one", code=3))
    done = adopt(made, new, "--old-template", moved, "--branch", "two")
    assert done.data["base"] == f"made from {moved} at 1.0"
    assert actions(done)["src/data/make.py"] == "delete"


def test_a_recorded_commit_that_is_gone(old: Repository, new: Repository, tmp_path: Path) -> None:
    made = baked(tmp_path, old, ANSWERS)
    made.commit({".cruft.json": cruft(old, "1" * 40)})
    said = adopt(made, new, code=1).data
    assert f"no longer has '{'1' * 40}', which .cruft.json names" in said["error"]
    assert adopt(made, new, "--from", "1.0").data["base"] == f"made from {old.path} at 1.0"


def test_the_best_match_is_found_among_commits(new: Repository, old: Repository, tmp_path: Path) -> None:
    shas = [
        old.commit({f"{SLUG}/Makefile": f"v{number}:\n", f"{SLUG}/docs/n.md": f"{number}\n"})
        for number in range(40)
    ]
    run("git", "checkout", "-q", shas[23], cwd=old.path)
    made = baked(tmp_path, old, ANSWERS)
    run("git", "checkout", "-q", "main", cwd=old.path)
    made.commit(
        {"README.md": "mine\n", ".cookiecutter.json": json.dumps({**ANSWERS, "_template": str(old.path)})}
    )
    made.commit({"settings.yaml": "a: 1\n"})
    found = adopt(made, new, code=3).data
    version = old.git("describe", "--tags", "--always", shas[23])
    assert (
        found["base"]
        == f"made from {old.path}, as it seems at {version}: 8 of its 8 files are as it renders them"
    )
    assert found["old"] == version


def test_nothing_alike_is_an_error_with_a_way_out(new: Repository, old: Repository, tmp_path: Path) -> None:
    made = repository(tmp_path / "made", {"a.txt": "a\n"})
    said = adopt(made, new, "--old-template", old.path, code=1).data
    assert (
        f"no version of the old template {old.path} resembles this repository (1 were compared)"
        in said["error"]
    )
    assert "--from REF names the version" in said["hint"]


def test_a_template_that_was_copied_as_it_is(new: Repository, tmp_path: Path) -> None:
    plain = repository(
        tmp_path / "plain", {"Makefile": "plain:\n", "train.py": "x = 1\n", "eval.py": "y = 1\n"}
    )
    mapping = f"markers: [train.py, eval.py]\nsource: {plain.path}\nkind: plain\n"
    new.commit({"adopt/plain.yml": mapping}, tag="v1.0.1")
    made = repository(
        tmp_path / "made", {"Makefile": "plain:\n", "train.py": "x = 1\n", "eval.py": "mine = 1\n"}
    )
    plain.commit({"train.py": "x = 2\n"})
    done = adopt(made, new)
    assert done.data["base"].endswith("2 of its 3 files are as it renders them")
    assert {path: what for path, what in actions(done).items() if what != "add"} == {
        "eval.py": "kept", "train.py": "delete", "Makefile": "change",
    }  # fmt: skip


def test_context_in_other_places(new: Repository, old: Repository, tmp_path: Path) -> None:
    for number, (name, content) in enumerate(
        {
            ".cookiecutterrc": (
                "default_context:\n  title: Churn Model\n  slug: churn_model\n  "
                f"who: Ann\n  kind: app\n  _template: file://{old.path}\n"
            ),
            ".cookiecutter_replay.json": json.dumps(
                {"cookiecutter": {**ANSWERS, "_template": str(old.path), "_checkout": "1.0"}}
            ),
            ".cookiecutter.yaml": (
                "title: Churn Model\nslug: churn_model\nwho: Ann\nkind: "
                f"app\n_template: {old.path}\n_commit: '1.0'\n"
            ),
        }.items()
    ):
        (tmp_path / str(number)).mkdir()
        made = baked(tmp_path / str(number), old, ANSWERS)
        made.commit({name: content})
        done = adopt(made, new)
        assert "at 1.0" in done.data["base"]
        assert actions(done)[name] == "delete"
        assert actions(done)["docs/index.md"] == "delete"


def test_nothing_is_written_into_the_home_folder(made: Repository, new: Repository, home: Path) -> None:
    before = snapshot(home)
    adopt(made, new)
    assert snapshot(home) == before


def test_files_in_the_way_are_named(made: Repository, new: Repository) -> None:
    made.commit({".gitignore": "pyproject.toml\nlocal/\n"})
    made.write({"Makefile": "not committed\n", "pyproject.toml": "mine\n"})
    made.git("checkout", "-q", "Makefile")
    (made.path / "src/churn_model").mkdir()
    made.write({"src/pkg/__init__.py": "mine\n"})
    done = adopt(made, new)
    assert actions(done)["pyproject.toml"] == "add"
    assert (
        "In the way on your disk: pyproject.toml (git ignores it, so a merge would overwrite it: "
        "move it away first)"
    ) in done.data["notes"]
    assert (
        "In the way on your disk: src/pkg/__init__.py (git doesn't track "
        "it, so a merge stops there: move it away first)"
    ) in (done.data["notes"])
    merge = made.path / "src/pkg/__init__.py"
    assert merge.read_text() == "mine\n"


def test_an_ignored_answers_file_is_an_error(new: Repository, tmp_path: Path) -> None:
    made = repository(tmp_path / "made", {"a.txt": "a\n"})
    made.commit({".gitignore": "*.yml\n"})
    said = adopt(made, new, code=1).data
    assert said["error"] == "git ignores .copier-answers.yml, which records the template"
    assert said["hint"] == "Add a line to .gitignore and commit it: !.copier-answers.yml"


def test_nothing_committed_is_unsafe(new: Repository, tmp_path: Path) -> None:
    run("git", "init", "-q", tmp_path / "empty", cwd=tmp_path)
    assert mlkata("adopt", tmp_path / "empty", "--template", new.path, code=5).err.startswith("mlkata: ")
    made = repository(tmp_path / "made", {"a.txt": "a\n"})
    (made.path / "sub").mkdir()
    assert "nothing in" in mlkata("adopt", made.path / "sub", "--template", new.path, code=5).err
    assert "is not in a git repository" in mlkata("adopt", tmp_path, "--template", new.path, code=5).err
    assert "there is no folder" in mlkata("adopt", tmp_path / "x", "--template", new.path, code=1).err


def test_answers_win_by_whoever_is_nearest(made: Repository, new: Repository, tmp_path: Path) -> None:
    (tmp_path / "answers.yml").write_text("author: From a file\nlicense: MIT\n")
    args = ("-d", "license=Apache-2.0", "--data-file", tmp_path / "answers.yml")
    assert answered(adopt(made, new, *args))["license"] == ("Apache-2.0", "you")
    assert "author: From a file\n" in show(made, ".copier-answers.yml")
    assert "asks for no licence" in adopt(made, new, "-d", "licence=MIT", code=1).data["error"]


def test_a_required_answer_that_nothing_gives_is_named(new: Repository, made: Repository) -> None:
    questions = new.read("copier.yml") + "team:\n    type: str\n"
    new.commit({"copier.yml": questions}, tag="v1.0.1")
    said = adopt(made, new, code=1).data
    assert "team" in said["error"]
    assert said["hint"] == "Give it by -d name=value."
    assert adopt(made, new, "-d", "team=ours").data["status"] == "done"


def test_an_inferred_answer_that_is_refused_is_named(new: Repository, tmp_path: Path) -> None:
    questions = new.read("copier.yml") + (
        "description:\n    type: str\n    validator: \"{{ 'too long' if "
        'description|length > 3 }}"\n    default: x\n'
    )
    new.commit({"copier.yml": questions}, tag="v1.0.1")
    made = repository(
        tmp_path / "made", {"pyproject.toml": '[project]\nname = "a"\ndescription = "much too long"\n'}
    )
    said = adopt(made, new, code=1).data
    assert "(from pyproject.toml: 'much too long')" in said["error"]
    assert said["hint"] == "Answer it yourself: -d description=…"
    adopt(made, new, "-d", "description=abc", code=0)


def test_a_password_in_an_address_goes_nowhere(new: Repository, made: Repository) -> None:
    made.git("remote", "add", "origin", "https://me:s3cret@gitlab.com/team/churn.git")
    made.commit({"requirements.txt": "x @ git+https://u:s3cret@host/x\n--index-url https://u:s3cret@host\n"})
    done = adopt(made, new)
    assert answered(done)["ci"] == ("gitlab", "git remote")
    assert "s3cret" not in done.out
    assert "s3cret" not in made.git("show", "mlkata/adopt:pyproject.toml", "mlkata/adopt:.copier-answers.yml")
    assert actions(done)["requirements.txt"] == "skipped"
