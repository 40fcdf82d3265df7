"""What an old template may not do: nothing of it runs unless it is trusted, and nothing leaves its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from adopting import (
    ANSWERS,
    COOKIECUTTER,
    adopt,
    baked,
    cruft,
    crufted,
    files,
    refs,
    repository,
    target,
)
from evolving import Repository

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


@pytest.mark.parametrize("trusted", [False, True])
def test_hooks_run_only_where_they_are_trusted(
    trusted: bool, old: Repository, new: Repository, tmp_path: Path, home: Path
) -> None:
    proof = tmp_path / "proof"
    hook = (
        f"import pathlib\npathlib.Path({str(proof)!r}).touch()\n"
        "pathlib.Path('hooked.txt').write_text('h')\nprint('x')\n"
    )
    made = baked(tmp_path, old, ANSWERS)
    sha = old.commit({"hooks/post_gen_project.py": hook})
    made.commit({".cruft.json": cruft(old, sha), "hooked.txt": "h"})
    done = adopt(made, new, *(["--trust"] if trusted else []))
    assert proof.exists() is trusted
    assert ("hooked.txt" in files(made)) is not trusted
    told = any("has hooks, which were not run" in note for note in done.data["notes"])
    assert told is not trusted
    assert (home / ".config/mlkata/trust.json").exists() is trusted


def test_extensions_need_trust(old: Repository, new: Repository, tmp_path: Path) -> None:
    made = baked(tmp_path, old, ANSWERS)
    proof = tmp_path / "proof"
    code = f"""\
import pathlib
from jinja2.ext import Extension
class Own(Extension):
    def __init__(self, environment):
        super().__init__(environment)
        pathlib.Path({str(proof)!r}).touch()
"""
    questions = {**json.loads(str(COOKIECUTTER["cookiecutter.json"])), "_extensions": ["own.Own"]}
    sha = old.commit({"own.py": code, "cookiecutter.json": json.dumps(questions)})
    made.commit({".cruft.json": cruft(old, sha)})
    before = refs(made)
    said = adopt(made, new, code=4).data["error"]
    assert "wants to run code on this machine (Jinja extensions), and this commit is not trusted" in said
    assert not proof.exists()
    assert refs(made) == before
    adopt(made, new, "--trust")
    assert proof.exists()


def test_recorded_extensions_are_not_loaded(old: Repository, new: Repository, tmp_path: Path) -> None:
    made = baked(tmp_path, old, ANSWERS)
    hostile = {**ANSWERS, "_extensions": ["os.X"], "_jinja2_env_vars": {"optimized": False}}
    made.commit({".cruft.json": cruft(old, old.git("rev-parse", "HEAD"), hostile)})
    assert adopt(made, new).data["status"] == "done"


def test_a_template_of_the_old_kind_is_rendered_in_a_sandbox(
    old: Repository, new: Repository, tmp_path: Path
) -> None:
    made = baked(tmp_path, old, ANSWERS)
    proof = tmp_path / "proof"
    attack = "{{ cycler.__init__.__globals__.os.system('touch " + str(proof) + "') }}"
    sha = old.commit({f"{SLUG}/README.md": attack})
    made.commit({".cruft.json": cruft(old, sha)})
    said = adopt(made, new, code=1).data
    assert "can't be rendered: access to attribute '__init__'" in said["error"]
    assert "--from-nothing does without" in said["hint"]
    sha = old.commit({f"{SLUG}/README.md": "x", f"{SLUG}/{attack.replace('/', '')}.txt": "x"})
    made.commit({".cruft.json": cruft(old, sha)})
    adopt(made, new, code=1)
    questions = {**json.loads(str(COOKIECUTTER["cookiecutter.json"])), "late": attack, "__private": attack}
    sha = old.commit(
        {"cookiecutter.json": json.dumps(questions), f"{SLUG}/{attack.replace('/', '')}.txt": None}
    )
    made.commit({".cruft.json": cruft(old, sha)})
    adopt(made, new, code=1)
    hostile: list[object] = [{"extensions": ["os.X"]}, {"undefined": "x"}, {"finalize": "x"}, []]
    for settings in hostile:
        sha = old.commit(
            {
                "cookiecutter.json": json.dumps(
                    {**questions, "late": "", "__private": "", "_jinja2_env_vars": settings}
                )
            }
        )
        made.commit({".cruft.json": cruft(old, sha)})
        assert "can't be rendered" in adopt(made, new, code=1).data["error"]
    assert not proof.exists()


@pytest.mark.parametrize(
    "slug", ["../escaped", "a/../../escaped", "/tmp/escaped-by-a-slug", ".git", "x/.GIT/y", ".", ""]
)
def test_a_hostile_answer_leaves_its_place_nowhere(
    slug: str, old: Repository, new: Repository, tmp_path: Path
) -> None:
    made = baked(tmp_path, old, ANSWERS)
    made.commit({".cruft.json": cruft(old, old.git("rev-parse", "HEAD"), {**ANSWERS, "slug": slug})})
    before = set(tmp_path.rglob("*")), refs(made)
    said = adopt(made, new, code=1).data
    assert "the old template" in said["error"]
    assert "--from-nothing does without" in said["hint"]
    assert {path for path in set(tmp_path.rglob("*")) - before[0] if ".git" not in path.parts} == set()
    assert refs(made) == before[1]
    assert not Path("/tmp/escaped-by-a-slug").exists()
    assert not (made.path / ".git/mlkata/work").exists() or not list(
        (made.path / ".git/mlkata/work").iterdir()
    )


def test_a_symlink_out_of_the_old_template_is_refused(
    old: Repository, new: Repository, tmp_path: Path
) -> None:
    made = baked(tmp_path, old, ANSWERS)
    secret = tmp_path / "secret"
    secret.write_text("secret\n")
    (old.path / SLUG / "link").symlink_to(secret)
    made.commit({".cruft.json": cruft(old, old.commit())})
    assert "has a symlink out of it" in adopt(made, new, code=1).data["error"]
