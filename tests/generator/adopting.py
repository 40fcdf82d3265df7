"""Templates to adopt from and to, and repositories that know nothing of them, for the tests of `adopt`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evolving import Content, Outcome, Repository, mlkata, run, snapshot

COPIER_YML = """\
_subdirectory: template
project_name:
    type: str
    default: "{{ _copier_conf.dst_path | string | realpath | basename }}"
package_name:
    type: str
    default: pkg
license:
    type: str
    choices: [MIT, Apache-2.0, none]
    default: none
author:
    type: str
    default: ""
ci:
    type: str
    choices: [github, gitlab, none]
    default: none
"""
PYPROJECT = """\
[project]
name = "{{ package_name }}"
version = "0.1.0"
# What it needs.
dependencies = [
    "polars>=2",
    "rich>=14",
]

[tool.ruff]
line-length = 110
"""
TARGET: dict[str, Content] = {
    "copier.yml": COPIER_YML,
    "template/{{ _copier_conf.answers_file }}.jinja": "{{ _copier_answers|to_nice_yaml -}}\n",
    "template/README.md.jinja": "# {{ project_name }}\n\nMade from the template.\n",
    "template/Makefile": "check:\n\truff check\n",
    "template/pyproject.toml.jinja": PYPROJECT,
    "template/requirements.txt": "polars==2.1 --hash=sha256:00\n",
    "template/settings.yaml": (
        "# How it runs.\nlevel: info\npaths:\n  data: data\n  # Where results go.\n  out: out\n"
    ),
    "template/src/{{ package_name }}/__init__.py.jinja": '"""{{ project_name }}."""\n',
}
COOKIECUTTER: dict[str, Content] = {
    "cookiecutter.json": json.dumps({
        "title": "Title", "slug": "{{ cookiecutter.title.lower().replace(' ', '_') }}", "who": "Nobody",
        "kind": ["lib", "app"],
    }),
    "{{cookiecutter.slug}}/README.md": "# {{ cookiecutter.title }}\n\nOld boilerplate.\n",
    "{{cookiecutter.slug}}/Makefile": "old:\n\tflake8\n",
    "{{cookiecutter.slug}}/setup.cfg": "[flake8]\nmax-line-length = 79\n",
    "{{cookiecutter.slug}}/requirements.txt": "click\nflake8\n",
    "{{cookiecutter.slug}}/src/data/make.py": "# {{ cookiecutter.who }}\n",
    "{{cookiecutter.slug}}/docs/index.md": "docs of a {{ cookiecutter.kind }}\n",
    "{{cookiecutter.slug}}/settings.yaml": "level: debug  # noisy\npaths:\n  data: raw\n",
}  # fmt: skip
MAPPING = """\
name: The old one
template: oldtemplate/?$
context: {title: project_name, slug: folder, who: author}
answers:
  project_name: title
  package_name: slug
  author: {from: who, unless: [Nobody]}
"""
ANSWERS = {"title": "Churn Model", "slug": "churn_model", "who": "Ann", "kind": "app"}


def repository(path: Path, files: Mapping[str, Content], *, tag: str = "") -> Repository:
    """A git repository with some files, committed."""
    path.mkdir(parents=True)
    run("git", "init", "-q", cwd=path)
    made = Repository(path)
    made.commit(files, tag=tag)
    return made


def target(path: Path, files: Mapping[str, Content] | None = None) -> Repository:
    """The template that repositories come under, with a first release."""
    return repository(path, {**TARGET, **(files or {})}, tag="v1.0.0")


def baked(folder: Path, source: Repository, context: Mapping[str, Any]) -> Repository:
    """A repository as cookiecutter itself makes it, committed."""
    from cookiecutter.main import cookiecutter

    config = folder / "cookiecutter.yml"
    config.write_text(f"replay_dir: {folder}/replay\ncookiecutters_dir: {folder}/cookiecutters\n")
    made = cookiecutter(
        str(source.path), no_input=True, extra_context=dict(context),
        output_dir=str(folder), config_file=str(config),
    )  # fmt: skip
    run("git", "init", "-q", cwd=Path(made))
    found = Repository(Path(made))
    found.commit()
    return found


def cruft(source: Repository, commit: str, context: Mapping[str, Any] = ANSWERS, **more: object) -> str:
    """A `.cruft.json`."""
    record = {
        "template": str(source.path), "commit": commit, "checkout": None, "directory": None,
        "context": {"cookiecutter": {**context, "_template": str(source.path)}}, **more,
    }  # fmt: skip
    return json.dumps(record, indent=2) + "\n"


def crufted(folder: Path, source: Repository) -> Repository:
    """A repository that says, as cruft does, of which commit of a template it was made."""
    made = baked(folder, source, ANSWERS)
    made.commit({".cruft.json": cruft(source, source.git("rev-parse", "HEAD"))})
    return made


def adopt(made: Repository | Path, source: Repository, *args: str | Path, code: int | None = 0) -> Outcome:
    """Adopt on a branch; whatever happens, the working tree, the index and HEAD stay as they are."""
    path = made if isinstance(made, Path) else made.path
    at = Repository(path)
    before = standing(at)
    done = mlkata("adopt", path, "--template", source.path, "--json", *args, code=code)
    assert standing(at) == before
    return done


def standing(at: Repository) -> tuple[object, ...]:
    """All that a person sees without looking at branches."""
    top = Path(at.git("rev-parse", "--show-toplevel"))
    return (
        snapshot(top),
        at.git("rev-parse", "HEAD"),
        at.git("symbolic-ref", "HEAD"),
        at.git("ls-files", "-s", "-v"),
    )


def files(made: Repository, revision: str = "mlkata/adopt") -> list[str]:
    """What a commit has."""
    return made.git("ls-tree", "-r", "--name-only", revision).splitlines()


def show(made: Repository, path: str, revision: str = "mlkata/adopt") -> str:
    """A file of a commit."""
    return run("git", "cat-file", "blob", f"{revision}:{path}", cwd=made.path) + "\n"


def actions(done: Outcome) -> dict[str, str]:
    """What a report says of each file."""
    found: dict[str, str] = {}
    for change in done.data["files"]:
        before = found.get(change["path"])
        found[change["path"]] = f"{before}, {change['action']}" if before else change["action"]
    return found


def answered(done: Outcome) -> dict[str, tuple[object, str]]:
    """The answers that are no defaults, and where each is from."""
    return {
        item["question"]: (item["answer"], item["source"])
        for item in done.data["answers"] if item["source"] != "default"
    }  # fmt: skip


def refs(made: Repository) -> str:
    return made.git("for-each-ref")


def after(made: Repository, new: Repository) -> None:
    """What holds after the branch is merged: check and update work, and adopt changes nothing."""
    made.git("merge", "-q", "--ff-only", "mlkata/adopt")
    assert made.status() == []
    adopt_again = adopt(made, new)
    assert adopt_again.data["status"] == "up-to-date"
    assert mlkata("check", made.path, "--outdated").code == 0
    assert mlkata("check", made.path, "--json", code=None).data["template"] == str(new.path)
    assert mlkata("update", made.path, "--json").data["status"] == "up-to-date"
    new.commit({"template/new.txt": "new\n"}, tag="v1.1.0")
    mlkata("update", made.path)
    assert made.status() == ["M  .copier-answers.yml", "A  new.txt"]
