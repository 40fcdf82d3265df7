"""What packaging files say of a repository: they are read, never run, and none stops the reading."""

from __future__ import annotations

from pathlib import Path

import pytest
from adopting import repository
from evolving import Repository
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkata import project
from mlkata.adopt import metadata, requirements
from mlkata.adopt.infer import Files
from mlkata.adopt.poetry import requirements_of


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
