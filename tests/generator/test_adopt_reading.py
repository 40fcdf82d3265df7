"""What is read of a repository, file by file: nothing is run, and nothing that can't be read stops it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from adopting import ANSWERS, COOKIECUTTER, actions, adopt, answered, baked, cruft, repository, show, target
from evolving import Content, Repository, mlkata, run
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkata import addresses, project
from mlkata.adopt import infer, metadata, moves, requirements
from mlkata.adopt.infer import Files
from mlkata.adopt.poetry import requirements_of
from mlkata.objects import Entry, Tree


@pytest.fixture
def new(tmp_path: Path) -> Repository:
    return target(tmp_path / "target")


def files_of(made: Repository) -> Files:
    found = project.at(made.path)
    return Files(found.git, found.tree())


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (
            (
                '[project]\nname = "a"\nauthors = [{name = "Ann", email = '
                '"a@b.c"}]\nlicense = {text = "MIT"}\nrequires-python = '
                '">=3.11"\n'
            ),
            {"name": "a", "author": "Ann", "email": "a@b.c", "license": "MIT", "python": ">=3.11"},
        ),
        (
            (
                '[tool.poetry]\nname = "a"\nauthors = ["Ann Lee <a@b.c>"]\n'
                'license = "MIT"\n[tool.poetry.dependencies]\npython = "^3.12"\n'
                'numpy = "^1.2"\n'
            ),
            {
                "name": "a",
                "author": "Ann Lee",
                "email": "a@b.c",
                "license": "MIT",
                "python": "^3.12",
                "poetry": ["numpy>=1.2,<2"],
            },
        ),
        ("[project]\nauthors = [1]\nlicense = 3\n[tool]\npoetry = 1\n", {"license": 3}),
        ("not = [toml", {"unread": "it is no TOML"}),
    ],
)
def test_pyproject(text: str, facts: dict[str, object]) -> None:
    assert {key: value for key, value in metadata.pyproject(text).items() if value} == facts


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (
            (
                "import setuptools\nsetuptools.setup(name='a', author='Ann', "
                "classifiers=['License :: OSI Approved :: MIT License'])\n"
            ),
            {"name": "a", "author": "Ann", "license": "MIT License"},
        ),
        (
            ("from setuptools import setup\nV='x'\nsetup(name=V, version=open('v').read(), **more)\n"),
            {
                "name": "x",
                "lost": [("version", "worked out when it runs"), ("**", "worked out when it runs")],
            },
        ),
        (
            "if True:\n    setup(name='a', install_requires=['b'] + ['c'])\n",
            {"name": "a", "lost": [("install_requires", "worked out when it runs")]},
        ),
        (
            "setup(version='1', packages=find(), url='u', extras_require={'x': 'a\\nb', 'y': ['c']}, "
            "entry_points='[console_scripts]\\nrun = p.q:r\\n[p.plugins]\\na = b\\n')\n",
            {
                "version": "1",
                "scripts": {"run": "p.q:r"},
                "extras": {"x": ["a", "b"], "y": ["c"]},
                "lost": [("url", ""), ("entry_points p.plugins", "")],
            },
        ),
        ("print('no setup')\n", {"unread": "no setup(…) is called in it"}),
        ("def broken(:\n", {"unread": "it is no Python that can be read"}),
        ("setup(" + "(" * 5000 + ")" * 5000 + ")", {"unread": "it is no Python that can be read"}),
    ],
)
def test_setup_py(text: str, facts: dict[str, object]) -> None:
    assert {key: value for key, value in metadata.setup_py(text).items() if value} == facts


def test_setup_cfg_and_conda() -> None:
    text = (
        "[metadata]\nname = a\ndescription = file: README\nlicense = "
        "BSD\n[options]\npython_requires = >=3.9\ninstall_requires =\n   "
        " b>1\n    # c\n    d\n"
    )
    facts = metadata.setup_cfg(text)
    assert {key: value for key, value in facts.items() if value} == {
        "name": "a",
        "license": "BSD",
        "python": ">=3.9",
        "dependencies": ["b>1", "d"],
        "lost": [("description", "file: README")],
    }
    assert metadata.setup_cfg("no = section") == {"unread": "it is laid out as no setup.cfg is"}
    conda = metadata.environment(
        "name: e\ndependencies: [python=3.11, pip, pip-tools=1, {pip: [a]}, numpy=1.2]\n"
    )
    assert conda == {
        "name": "e",
        "python": "=3.11",
        "dependencies": ["a"],
        "conda": ["pip-tools=1", "numpy=1.2"],
    }
    assert metadata.environment("- a\n") == metadata.environment("dependencies: 1\n") == {}
    assert metadata.environment("a: [\n") == {"unread": "it is no YAML"}


@pytest.mark.parametrize(
    ("said", "requirement"),
    [
        ("^1.2.3", "n>=1.2.3,<2"),
        ("^0.2.3", "n>=0.2.3,<0.3"),
        ("^0.0.3", "n>=0.0.3,<0.0.4"),
        ("^0", "n>=0,<1"),
        ("~1.2.3", "n>=1.2.3,<1.3"),
        ("~1", "n>=1,<2"),
        ("*", "n"),
        ("1.2.*", "n==1.2.*"),
        ("1.2", "n==1.2"),
        (">=1, <2", "n>=1,<2"),
        ({"version": "^1.2", "extras": ["x"]}, "n[x]>=1.2,<2"),
        ({"version": "*", "markers": "os_name == 'nt'"}, "n; os_name == 'nt'"),
        ({"git": "https://x/y"}, None),
        ({"version": "1", "optional": True}, None),
        ([{"version": "1"}], None),
        ("latest", None),
    ],
)
def test_poetrys_versions(said: object, requirement: str | None) -> None:
    found, left = requirements_of({"python": "^3.11", "n": said})
    assert found == ([requirement] if requirement else [])
    assert [name for name, _ in left] == ([] if requirement else ["n"])


def test_requirements_files(tmp_path: Path) -> None:
    made = repository(
        tmp_path / "made",
        {
            "requirements.txt": (
                "# c\nNumpy>=1.2  # n\nnumpy==1.1\nscikit_learn[x]==1.0 ; "
                "python_version < '3.12'\n-r req/more.txt\n-r gone.txt\n-r "
                "../out.txt\n"
                "-e .\n-e ./other\n-c limits.txt\n--extra-index-url "
                "https://u:secret@x\ngit+https://u:secret@x/y.git\n"
                "pkg @ https://example.com/p.whl\nx==1 \\\n    "
                "--config-settings=a=b\nnot a requirement\n-r lock.txt\n"
            ),
            "req/more.txt": "polars\n-r ../requirements.txt\n",
            "lock.txt": "a==1 --hash=sha256:0\n",
        },
    )
    found = requirements.collect(files_of(made), {})
    assert [entry for entry, _ in found.entries] == [
        "Numpy>=1.2",
        ("scikit_learn[x]==1.0 ; python_version < '3.12'"),
        "polars",
        "pkg @ https://example.com/p.whl",
        "x==1",
    ]
    assert [(entry, where) for entry, where, _ in found.left] == [
        ("-r gone.txt", "requirements.txt"),
        ("-r ../out.txt", "requirements.txt"),
        ("-e ./other", "requirements.txt"),
        ("-c limits.txt", "requirements.txt"),
        ("--extra-index-url https://…@x", "requirements.txt"),
        ("git+https://…@x/y.git", "requirements.txt"),
        ("not a requirement", "requirements.txt"),
        ("-r lock.txt", "requirements.txt"),
    ]
    assert not found.movable("requirements.txt")
    assert found.movable("req/more.txt")
    assert found.locks == ["lock.txt"]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_no_text_stops_the_reading(text: str) -> None:
    metadata.pyproject(text)
    metadata.setup_py(text)
    metadata.setup_cfg(text)
    metadata.environment(text)
    requirements.is_lock(text)
    requirements.name(text)


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
