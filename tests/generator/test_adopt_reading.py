"""What is read of a repository beside its packaging, and what is moved, mapped, or left as it is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from adopting import ANSWERS, COOKIECUTTER, actions, adopt, answered, baked, cruft, repository, show, target
from evolving import Content, Repository, mlkata, run

from mlkata import addresses, project
from mlkata.adopt import infer, moves
from mlkata.objects import Entry, Tree


@pytest.fixture
def new(tmp_path: Path) -> Repository:
    return target(tmp_path / "target")


def test_facts_of_a_poetry_project(new: Repository, tmp_path: Path) -> None:
    pyproject = (
        '[tool.poetry]\nname = "wind-power"\n[tool.poetry.dependencies]\n'
        'python = "^3.12"\nnumpy = "^1.2"\nown = {path = "../own"}\n'
    )
    made = repository(
        tmp_path / "made",
        {
            "pyproject.toml": pyproject,
            "poetry.lock": "x\n",
            ".gitlab-ci.yml": "a: 1\n",
            "src/wind_power/__init__.py": "x = 1\n",
            "src/other/__init__.py": "",
        },
    )
    facts = infer.facts(project.at(made.path), project.at(made.path).tree())
    assert {name: tuple(fact) for name, fact in facts.items()} == {
        "python_version": ("3.12", "pyproject.toml"),
        "distribution": ("wind-power", "pyproject.toml"),
        "project_name": ("Wind power", "pyproject.toml"),
        "package_name": ("wind_power", "src/wind_power/__init__.py"),
        "ci": ("gitlab", ".gitlab-ci.yml"),
        "package_manager": ("poetry", "poetry.lock"),
        "folder": ("made", "its folder"),
        "author": ("Test", "git log"),
        "email": ("test@example.com", "git log"),
    }
    done = adopt(made, new, code=3)
    assert actions(done)["src/wind_power/__init__.py"] == "conflict"
    assert show(made, "pyproject.toml").startswith(pyproject.rstrip("\n"))
    assert '    "rich>=14",\n    "numpy>=1.2,<2",\n]' in show(made, "pyproject.toml")
    assert (
        "Not moved from pyproject.toml: own (Poetry's own kind of requirement; it still reads it there)."
        in done.data["notes"]
    )


@pytest.mark.parametrize(
    ("text", "licence"),
    [
        ("Apache License\nVersion 2.0, January 2004\n", "Apache-2.0"),
        (
            "Redistribution and use in source and binary forms, with\n or without ... Neither the name of",
            "BSD-3-Clause",
        ),
        ("GNU GENERAL PUBLIC LICENSE\n   Version 3, 29 June 2007", "GPL-3.0"),
        ("All rights reserved.", None),
    ],
)
def test_licences(text: str, licence: str | None, tmp_path: Path) -> None:
    made = repository(tmp_path / "made", {"LICENSE.txt": text})
    facts = infer.facts(project.at(made.path), project.at(made.path).tree())
    assert (facts["license"].value if "license" in facts else None) == licence


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("# Wind power\n", "Wind power"),
        ("text\n# Later #\n", "Later"),
        ("# [![badge](x)](y)\n", None),
        ("# <b>x</b>\n", None),
        ("", None),
    ],
)
def test_headings(heading: str, name: str | None, tmp_path: Path) -> None:
    made = repository(tmp_path / "made", {"README.md": heading, "a": ""})
    facts = infer.facts(project.at(made.path), project.at(made.path).tree())
    assert (facts["project_name"].value if "project_name" in facts else None) == name


@pytest.mark.parametrize(
    ("paths", "name"),
    [
        ("src/__init__.py src/models/__init__.py configs/__init__.py tests/__init__.py", None),
        ("src/__init__.py src/nets/__init__.py", None),
        ("src/nets/__init__.py configs/__init__.py", "nets"),
        ("nets/__init__.py conf/__init__.py data/__init__.py models/__init__.py", "nets"),
        ("nets/__init__.py other/__init__.py", None),
    ],
)
def test_what_is_a_package_of_its_own(paths: str, name: str | None, tmp_path: Path) -> None:
    made = repository(tmp_path / "made", dict.fromkeys(paths.split(), ""))
    at = project.at(made.path)
    found = infer.facts(at, at.tree())
    assert (found["package_name"].value if "package_name" in found else None) == name


def test_moves() -> None:
    def tree(*paths: str) -> Tree:
        return {path: Entry("100644", "0" * 40) for path in paths}

    rules = [
        {"files": ["{pkg}/"], "to": "src/"},
        {
            "files": ["*.{csv,tsv}", "raw/**/*.csv"],
            "to": "data/",
            "except": ["keep.csv"],
            "command": "mv {path} {target}",
        },
        {"files": ["old.cfg"], "command": "git rm {path}", "why": "gone"},
    ]
    ours = tree(
        "p q/a.py",
        "p q/b/c.py",
        "x.csv",
        "keep.csv",
        "raw/1/y.csv",
        "deep/z.csv",
        "old.cfg",
        "theirs.csv",
        "data/x.tsv",
        "x.tsv",
    )
    found = moves.find(rules, ours, tree("theirs.csv"), {"pkg": "p q"})
    assert [(move.path, move.to, move.command) for move in found] == [
        ("p q", "src/p q", "mkdir -p src && git mv 'p q' 'src/p q'"),
        ("x.csv", "data/x.csv", "mv x.csv data/x.csv"),
        ("x.tsv", "data/x.tsv", "git diff --no-index data/x.tsv x.tsv"),
        ("raw/1/y.csv", "data/y.csv", "mv raw/1/y.csv data/y.csv"),
        ("old.cfg", "", "git rm old.cfg"),
    ]
    assert moves.find(None, ours, {}, {}) == []


def test_addresses_of_one_repository() -> None:
    for one, other in (
        ("gh:a/b", "https://github.com/a/b"),
        ("git@github.com:a/b.git", "https://user@GitHub.com/a/b/"),
        ("ssh://git@host:22/a/b", "https://host/a/b.git"),
        ("git+https://host/a/b", "https://host/a/b"),
        (".", str(Path.cwd())),
    ):
        assert addresses.same(one, other)
    for one, other in (
        ("gh:a/b", "gl:a/b"),
        ("gh:a/b", "gh:a/c"),
        ("/x/a", "/x/b"),
        ("https://h/a", "https://h/a/b"),
    ):
        assert not addresses.same(one, other)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ("answer: {}\n", "adopt/x.yml of the template {url}: answer is no key of a mapping"),
        ("- a\n", "adopt/x.yml of the template is no list of `key: value`"),
        ("a: [\n", "adopt/x.yml of the template is no YAML"),
        ("markers: [a.txt]\nanswers: {license: 3}\n", "x.yml: license of the template is no rule"),
        (
            "markers: [a.txt]\nanswers: {license: '{{ }'}\n",
            "x.yml: license of the template can't be worked out",
        ),
        ("markers: [a.txt]\nanswers: {license: '{{ ().__class__ }}'}\n", "access to attribute '__class__'"),
        (
            "markers: [a.txt]\nmoves: [{files: [a.txt]}]\n",
            "a rule of what to move in the template's adopt/ has no `files`",
        ),
    ],
)
def test_mappings_that_are_wrong(mapping: str, said: str, new: Repository, tmp_path: Path) -> None:
    new.commit({"adopt/x.yml": mapping}, tag="v1.0.1")
    made = repository(tmp_path / "made", {"a.txt": "a\n"})
    done = adopt(made, new, code=1)
    assert said.format(url=new.path) in done.data["error"]


def test_a_choice_that_the_template_does_not_have_is_not_taken(new: Repository, tmp_path: Path) -> None:
    made = repository(tmp_path / "made", {"LICENSE": "Mozilla Public License Version 2.0\n"})
    done = adopt(made, new)
    assert "Not taken: license: 'MPL-2.0' (LICENSE) is none of its choices" in done.data["notes"]
    assert "license: none\n" in show(made, ".copier-answers.yml")


def test_without_cookiecutter_one_message_says_how_to_get_it(
    new: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = repository(tmp_path / "old", COOKIECUTTER, tag="1.0")
    made = baked(tmp_path, old, ANSWERS)
    made.commit({".cruft.json": cruft(old, old.git("rev-parse", "HEAD"))})
    monkeypatch.setitem(sys.modules, "cookiecutter.exceptions", None)
    said = adopt(made, new, code=1).data
    assert "which is needed to render its old template" in said["error"]
    assert (
        said["hint"] == "Install it beside mlkata: pip install 'mlkata[cookiecutter]'; or say --from-nothing."
    )
    assert adopt(made, new, "--from-nothing", "-n").data["status"] == "planned"


def test_a_bare_repository_is_adopted_too(new: Repository, tmp_path: Path) -> None:
    made = repository(tmp_path / "made", {"a.txt": "a\n"})
    run("git", "clone", "-q", "--bare", made.path, tmp_path / "bare.git", cwd=tmp_path)
    mlkata(
        "adopt",
        tmp_path / "bare.git",
        "--template",
        new.path,
        "-d",
        "project_name=made",
        "-d",
        "package_name=pkg",
    )
    adopt(made, new, "-d", "project_name=made", "-d", "package_name=pkg")
    bare = Repository(tmp_path / "bare.git")
    assert [bare.git("ls-tree", "-r", "mlkata/adopt")] == [made.git("ls-tree", "-r", "mlkata/adopt")]


def test_what_is_not_committed_is_not_looked_at(new: Repository, tmp_path: Path) -> None:
    made = repository(tmp_path / "made", {"a.txt": "a\n", "settings.yaml": "level: debug\n"})
    made.write({"settings.yaml": "level: [broken\n", ".cruft.json": "{"})
    done = adopt(made, new)
    assert "Changes that are not committed are not looked at." in done.data["notes"]
    assert show(made, "settings.yaml").startswith("level: debug\n")


def test_binaries_symlinks_and_empty_files_stay(new: Repository, tmp_path: Path) -> None:
    content: dict[str, Content] = {"Makefile": b"\x00\x01", "settings.yaml": b"", "a.txt": "a\n"}
    made = repository(tmp_path / "made", content)
    (made.path / "README.md").symlink_to("a.txt")
    made.commit()
    done = adopt(made, new, code=3)
    assert {path: what for path, what in actions(done).items() if what != "add"} == {
        "Makefile": "conflict",
        "README.md": "conflict",
        "README.md~template_v1.0.0": "conflict",
        "settings.yaml": "skipped",
    }
    for path in ("Makefile", "README.md", "settings.yaml", "a.txt"):
        assert run("git", "rev-parse", f"mlkata/adopt:{path}", cwd=made.path) == run(
            "git", "rev-parse", f"HEAD:{path}", cwd=made.path
        )
    assert answered(done) == {"author": ("Test", "git log")}


def test_a_remote_says_more_than_the_name_of_an_environment(tmp_path: Path) -> None:
    made = repository(tmp_path / "made", {"environment.yaml": "name: myenv\ndependencies: [python=3.12]\n"})
    at = project.at(made.path)
    assert infer.facts(at, at.tree())["distribution"].value == "myenv"
    made.git("remote", "add", "origin", "https://git.example.com/sky/galaxy-shapes.git")
    assert infer.facts(at, at.tree())["distribution"].value == "galaxy-shapes"
