"""What `mlkata adopt` tells a person: nothing is left out or lost without a word."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from adopting import actions, adopt, files, repository, show, target
from evolving import Outcome, Repository, mlkata, project, template


@pytest.fixture
def new(tmp_path: Path) -> Repository:
    return target(tmp_path / "target")


def notes(done: Outcome) -> str:
    return "\n".join(done.data["notes"])


def test_files_of_the_template_come_although_the_repository_ignores_them(
    new: Repository, tmp_path: Path
) -> None:
    new.commit(
        {
            "template/.gitignore.jinja": "/outputs/\n",
            "template/outputs/seed.txt": "seed\n",
            "template/src/{{ package_name }}/models/net.py": "net = 1\n",
            "template/data/README.md": "data\n",
        },
        tag="v1.0.1",
    )
    made = repository(tmp_path / "made", {"apps/a/x.txt": "x\n", "apps/a/local.txt": "x\n"})
    made.commit({"apps/.gitignore": "models/\n*.log\n"})
    (made.path / ".git/info/exclude").write_text("data/\n")
    done = adopt(made.path / "apps/a", new)
    assert [path for path in files(made, "mlkata/apps/a/adopt") if "models" in path or "data/" in path] == [
        "apps/a/data/README.md",
        "apps/a/src/pkg/models/net.py",
    ]
    assert actions(done)["outputs/seed.txt"] == "skipped"
    assert (
        "Your rule models/ in apps/.gitignore ignores files of the template; they are on the branch all the "
        "same: src/pkg/models/net.py. New files beside them need git add -f; narrow the rule (/models/)."
    ) in done.data["notes"]
    assert "Your rule data/ in .git/info/exclude ignores" in notes(done)
    assert "outputs" not in notes(done)


RULES = """\
moves:
  - files: ["{setup.py,setup.cfg,environment.yml}"]
    command: git rm {path}
    why: gone
"""


def commands(done: Outcome) -> dict[str, str]:
    return {move["path"]: move["command"] for move in done.data["moves"]}


def test_what_packaging_files_say_goes_into_project(new: Repository, tmp_path: Path) -> None:
    new.commit({"adopt/any.yml": RULES}, tag="v1.0.1")
    setup = (
        "from setuptools import setup, find_packages\n"
        'setup(name="wind-power", version="1.4.2", packages=find_packages(),\n'
        '      entry_points={"console_scripts": ["wind = wind_power.cli:main"]},\n'
        '      extras_require={"plot": ["matplotlib>=3"]}, install_requires=["numpy"])\n'
    )
    made = repository(tmp_path / "made", {"setup.py": setup, "wind_power/__init__.py": ""})
    done = adopt(made, new)
    project = tomllib.loads(show(made, "pyproject.toml"))["project"]
    assert project == {
        "name": "wind-power",
        "version": "1.4.2",
        "dependencies": ["polars>=2", "rich>=14", "numpy"],
        "scripts": {"wind": "wind_power.cli:main"},
        "optional-dependencies": {"plot": ["matplotlib>=3"]},
    }
    assert (
        "Into [project], from setup.py: version 1.4.2, name wind-power, script wind, extra plot."
        in done.data["notes"]
    )
    assert commands(done) == {"setup.py": "git rm setup.py"}
    assert "Not moved" not in notes(done)


def test_what_does_not_move_is_named_and_its_file_stays(new: Repository, tmp_path: Path) -> None:
    new.commit({"adopt/any.yml": RULES}, tag="v1.0.1")
    setup = (
        "from setuptools import setup\n"
        'setup(name="wind", version=open("V").read(), python_requires=">=3.9", ext_modules=[],\n'
        '      install_requires=["numpy"] + more, entry_points={"wind.plugins": ["a = b"]})\n'
    )
    cfg = "[metadata]\nversion = 3.1\n[options.package_data]\n* = *.csv\n[flake8]\nignore = E1\n"
    made = repository(tmp_path / "made", {"setup.py": setup, "setup.cfg": cfg})
    done = adopt(made, new)
    assert (
        "Not moved from setup.py: Python >=3.9 (pyproject.toml has none), version (worked out when it runs), "
        "install_requires (worked out when it runs), ext_modules, entry_points wind.plugins."
    ) in done.data["notes"]
    assert "Not moved from setup.cfg: [options.package_data], [flake8]." in done.data["notes"]
    assert 'version = "3.1"' in show(made, "pyproject.toml")
    assert commands(done) == {
        "setup.py": "# look at setup.py; then git rm setup.py",
        "setup.cfg": "# look at setup.cfg; then git rm setup.cfg",
    }


def test_poetrys_name_and_version_win(new: Repository, tmp_path: Path) -> None:
    poetry = (
        '[tool.poetry]\nname = "wind-farm"\nversion = "2.3.0"\n\n'
        '[tool.poetry.scripts]\nfarm = "w.cli:main"\n\n[tool.poetry.extras]\nall = ["x"]\n'
    )
    made = repository(tmp_path / "made", {"pyproject.toml": poetry, "src/w/__init__.py": "x = 1\n"})
    done = adopt(made, new, code=3)
    project = tomllib.loads(show(made, "pyproject.toml"))["project"]
    assert (project["name"], project["version"]) == ("wind-farm", "2.3.0")
    assert project["scripts"] == {"farm": "w.cli:main"}
    assert (
        "Not moved from pyproject.toml: [tool.poetry.extras] (Poetry still reads it there)."
        in done.data["notes"]
    )


def test_files_that_cannot_be_read_are_named(new: Repository, tmp_path: Path) -> None:
    new.commit({"adopt/any.yml": RULES}, tag="v1.0.1")
    cookie = '# -*- coding: latin-1 -*-\nsetup(name="wind", author="Zoé", version="1.1")\n'
    made = repository(tmp_path / "made", {
        "setup.py": cookie.encode("latin-1"), "setup.cfg": "broken\n", "environment.yml": "a: [\n",
        "requirements.txt": b"\xff\xfen\x00u\x00m\x00p\x00y\x00",
    })  # fmt: skip
    done = adopt(made, new, code=3)
    assert "author: Zoé\n" in show(made, ".copier-answers.yml")
    assert 'version = "1.1"' in show(made, "pyproject.toml")
    for said in (
        "setup.cfg could not be read: it is laid out as no setup.cfg is; nothing of it was moved.",
        "environment.yml could not be read: it is no YAML; nothing of it was moved.",
        "requirements.txt could not be read: it is no text in UTF-8; nothing of it was moved.",
    ):
        assert said in done.data["notes"]
    assert commands(done) == {
        "setup.py": "git rm setup.py",
        "setup.cfg": "# look at setup.cfg; then git rm setup.cfg",
        "environment.yml": "# look at environment.yml; then git rm environment.yml",
    }


def test_changes_that_a_merge_would_meet_are_named(new: Repository, tmp_path: Path) -> None:
    made = repository(tmp_path / "made", {"a/b.txt": "b\n", "a/settings.yaml": "level: debug\n"})
    made.write({"a/settings.yaml": "level: mine\n", "a/b.txt": "c\n"})
    done = adopt(made.path / "a", new)
    at = done.data["notes"].index("Modified and not committed; a merge stops there:")
    assert done.data["notes"][at + 1] == "  settings.yaml"
    assert "  b.txt" not in done.data["notes"]


def test_a_project_of_another_address_is_not_taken_over_unasked(
    new: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = template(tmp_path / "other", {"Makefile": "old:\n"})
    made = project(tmp_path / "made", other)
    monkeypatch.setenv("MLKATA_TEMPLATE", str(new.path))
    said = mlkata("adopt", made.path, "--json", code=1).data
    assert said["error"] == f"{made.path} is managed by {other.path} at version v1.0.0; nothing was written"
    assert said["hint"] == (
        f"Stay with it: mlkata update {made.path}. Bring it under another template: "
        "mlkata adopt --template URL. Did its template move? mlkata relink URL."
    )
    assert adopt(made, new, code=0).data["status"] == "done"


def test_a_refused_answer_is_named_for_its_own_question(new: Repository, tmp_path: Path) -> None:
    made = repository(tmp_path / "made", {"a.txt": "a\n"})
    said = adopt(made, new, "-d", "license=foo", code=1).data
    assert "Invalid choice for 'license'" in said["error"]
    assert "author" not in said["error"]
    assert "git log" not in said["error"]
    assert "-d author" not in said["hint"]


def test_what_is_next_is_what_was_asked(new: Repository, tmp_path: Path) -> None:
    made = repository(tmp_path / "made", {"my apps/a/Makefile": "mine:\n", "b/x.txt": "x\n"})
    at = ("-C", made.path)
    new_ = ("--template", new.path)
    said = mlkata("adopt", "my apps/a", *at, *new_, "-d", "author=Ann Lee", "-n", "--json").data
    again = f"mlkata -C {made.path} adopt 'my apps/a' --template {new.path} -d 'author=Ann Lee'"
    assert said["next"] == [again, f"{again} --diff   (the same as a patch)"]
    said = mlkata("adopt", "my apps/a", *at, *new_, "--json", code=3).data
    assert said["next"] == ["git switch mlkata/my-apps/a-cab1ca03/adopt   (resolve there, then git commit)"]
    said = mlkata("adopt", "b", *at, *new_, "--json").data
    assert said["next"] == ["git diff HEAD...mlkata/b/adopt", "git merge mlkata/b/adopt"]
    made.git("merge", "-q", "--ff-only", "mlkata/b/adopt")
    said = mlkata("adopt", "b", *at, *new_, "--json").data
    assert said["next"] == [f"mlkata -C {made.path} update b"]


def test_each_folder_has_a_branch_of_its_own(new: Repository, tmp_path: Path) -> None:
    folders = ["a", "a/b", "a-b", "a b", "a--b", "a_b", "a.b", "b.lock", "型"]
    made = repository(tmp_path / "made", {f"{folder}/x.txt": "x\n" for folder in folders})
    names = [adopt(made.path / folder, new).data["branch"] for folder in folders]
    assert names[:3] == ["mlkata/a/adopt", "mlkata/a/b/adopt", "mlkata/a-b/adopt"]
    assert set(made.git("for-each-ref", "--format=%(refname:strip=2)", "refs/heads").splitlines()) == {
        "main", *names
    }  # fmt: skip
    assert len(set(names)) == len(folders)


def test_a_branch_that_is_in_use_or_in_the_way(new: Repository, tmp_path: Path) -> None:
    made = repository(tmp_path / "made", {"a.txt": "a\n"})
    said = adopt(made, new, "--branch", "main", code=1).data
    assert said["error"] == "there is a branch main already, with something else on it (it is checked out)"
    assert said["hint"] == "Choose another name (--branch NAME)"
    made.git("branch", "mlkata/adopt/update-v1")
    said = adopt(made, new, code=1).data
    assert said["error"] == "git can't make the branch mlkata/adopt while there is mlkata/adopt/update-v1"
    assert said["hint"] == "Choose another name: --branch NAME"


def test_an_update_of_a_folder_called_adopt_says_what_is_in_its_way(new: Repository, tmp_path: Path) -> None:
    made = repository(tmp_path / "made", {"adopt/x.txt": "x\n", "x.txt": "x\n"})
    adopt(made.path / "adopt", new)
    made.git("merge", "-q", "--ff-only", "mlkata/adopt/adopt")
    said = adopt(made, new, code=1).data
    assert said["error"] == "git can't make the branch mlkata/adopt while there is mlkata/adopt/adopt"
    made.git("branch", "-D", "mlkata/adopt/adopt")
    made.git("update-ref", "-d", "refs/mlkata/made/mlkata/adopt/adopt")
    adopt(made, new)
    new.commit({"template/new.txt": "new\n"}, tag="v1.1.0")
    said = mlkata("update", made.path / "adopt", "--branch", "--json", code=1).data
    assert said["error"] == (
        "git can't make the branch mlkata/adopt/update-v1.1.0 while there is mlkata/adopt"
    )
    made.git("branch", "-D", "mlkata/adopt")
    said = mlkata("update", made.path / "adopt", "--branch", "--json", code=1).data
    left = "refs/mlkata/made/mlkata/adopt"
    assert said["hint"].endswith(f"or remove what a branch left behind: git update-ref -d {left}")
    made.git("update-ref", "-d", left)
    mlkata("update", made.path / "adopt", "--branch")


def test_a_folder_is_told_what_is_for_it_alone(new: Repository, tmp_path: Path) -> None:
    new.commit({"adopt/any.yml": RULES, "template/.github/workflows/ci.yml": "on: push\n"}, tag="v1.0.1")
    made = repository(tmp_path / "made", {"a/b/setup.py": "setup()\n"})
    done = adopt(made.path / "a/b", new)
    assert (
        "To move, once the branch is merged (in a/b: the commands are for that folder):" in done.data["notes"]
    )
    assert "No CI host reads a/b/.github: it looks at the top of the repository alone." in done.data["notes"]


def test_a_kept_file_in_the_place_of_the_lock_and_other_bounds_are_named(
    new: Repository, tmp_path: Path
) -> None:
    made = repository(tmp_path / "made", {"requirements.txt": "rich==13.1\n--index-url https://host/x\n"})
    done = adopt(made, new)
    assert actions(done)["requirements.txt"] == "skipped"
    assert (
        "Your requirements.txt stands where the template has its lock, from which make setup installs by "
        "hashes. Once nothing needs yours: mlkata restore requirements.txt, then make lock."
    ) in done.data["notes"]
    assert (
        "Yours replaces the template's in [project] dependencies: rich==13.1 for rich>=14."
        in done.data["notes"]
    )


def test_what_no_project_table_may_say_is_named(new: Repository, tmp_path: Path) -> None:
    setup = (
        'setup(name="a b", version="one", extras_require={"x": ["y @ https://u:s3cret@h/y"], ":os": ["z"]},\n'
        '      install_requires=["q", "r @ https://u:s3cret@h/r"])\n'
    )
    odd = "[project]\nscripts = 1\noptional-dependencies = 2\n"
    made = repository(tmp_path / "made", {"setup.py": setup, "pyproject.toml": odd})
    done = adopt(made, new)
    assert (
        "Not moved from setup.py: version one (pyproject.toml has 0.1.0), name a b (pyproject.toml has a_b), "
        "extra x: y @ https://h/y, extra :os: z."
    ) in done.data["notes"]
    assert "s3cret" not in done.out
    assert show(made, "pyproject.toml").startswith(odd)
