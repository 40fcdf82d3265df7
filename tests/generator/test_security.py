"""What a template or a project from a stranger can't do: write elsewhere, or run anything."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from evolving import COPIER_YML, Repository, inside, mlkata, project, run, snapshot, template

KEPT = "_preserve_symlinks: true\n"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that nothing may be written to."""
    folder = tmp_path / "outside"
    folder.mkdir()
    return folder


@pytest.fixture
def source(tmp_path: Path) -> Repository:
    """A template with one file in a folder that an answer names."""
    return template(tmp_path / "template", {"{{ package }}/file.txt": "x\n"})


@pytest.mark.parametrize(
    "answer",
    [
        "..", "../outside", "a/../../outside", "/tmp/outside", "{outside}", ".git", ".git/hooks", ".GIT",
        ".Git/hooks", "sub/.git", ".git ", ".git.", ".g\u200cit", ".git\u200f", "GIT~1",
        ".git::$INDEX_ALLOCATION",
    ],
)  # fmt: skip
def test_an_answer_leads_neither_out_of_the_project_nor_into_git(
    answer: str, source: Repository, tmp_path: Path, outside: Path
) -> None:
    done = mlkata(
        "new", tmp_path / "made", "--template", source.path,
        "-d", f"package={answer.format(outside=outside)}", "--defaults", code=1,
    )  # fmt: skip
    assert "Check the answers that make up this path" in done.err
    assert sorted(os.listdir(tmp_path)) == ["outside", "template"]
    assert list(outside.iterdir()) == []
    made = project(tmp_path / "made", source)
    before = snapshot(made.path)
    mlkata("update", made.path, "-d", f"package={answer.format(outside=outside)}", code=1)
    assert snapshot(made.path) == before
    assert list(outside.iterdir()) == []


def test_git_itself_is_no_file_name(tmp_path: Path) -> None:
    source = template(tmp_path / "template", {"{{ package }}": "gitdir: /tmp\n"})
    done = mlkata(
        "new", tmp_path / "made", "--template", source.path, "-d", "package=.git", "--defaults", code=1
    )
    assert "writes '.git', which is not a file of the project" in done.err


@pytest.mark.parametrize("name", ["{{ package }}/planted.txt", "{{ package }}"])
def test_a_file_does_not_follow_a_symlink_of_the_template(name: str, tmp_path: Path, outside: Path) -> None:
    source = template(tmp_path / "template", {name: "x\n"}, copier_yml=COPIER_YML + KEPT)
    goal = outside / "planted.txt" if name.endswith("}}") else outside
    (source.path / "template/link").symlink_to(goal)
    source.commit(tag="v1.1.0")
    done = mlkata(
        "new", tmp_path / "made", "--template", source.path, "-d", "package=link", "--defaults", code=1
    )
    assert "leads through a symlink" in done.err
    assert list(outside.iterdir()) == []
    assert not (tmp_path / "made").exists()


def test_a_link_that_becomes_a_folder_is_replaced_and_not_followed(tmp_path: Path, outside: Path) -> None:
    source = template(tmp_path / "template", {"a.txt": "a\n"}, copier_yml=COPIER_YML + KEPT)
    (source.path / "template/place").symlink_to(outside)
    source.commit(tag="v1.1.0")
    made = project(tmp_path / "made", source, ref="v1.1.0")
    assert (made.path / "place").is_symlink()
    (source.path / "template/place").unlink()
    source.commit(inside({"place/file.txt": "x\n"}), tag="v1.2.0")
    mlkata("update", made.path)
    assert not (made.path / "place").is_symlink()
    assert made.read("place/file.txt") == "x\n"
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("tracked", [True, False])
def test_a_link_of_the_user_is_not_followed(tracked: bool, tmp_path: Path, outside: Path) -> None:
    source = template(tmp_path / "template", {"data/one.txt": "1\n"})
    made = project(tmp_path / "made", source)
    shutil.rmtree(made.path / "data")
    (made.path / "data").symlink_to(outside)
    if tracked:
        made.commit()
    else:
        made.write({".gitignore": "/data\n"})
        made.git("rm", "-q", "--cached", "data/one.txt")
        made.git("add", ".gitignore")
        made.git("commit", "-q", "-m", "data is elsewhere")
    source.commit(inside({"data/one.txt": "2\n", "data/two.txt": "2\n"}), tag="v1.1.0")
    mlkata("restore", "-C", made.path, "data/one.txt", code=1)
    assert mlkata("update", made.path, code=None).code in (0, 3)
    assert list(outside.iterdir()) == []
    assert (made.path / "data").is_symlink()


def test_what_is_outside_the_template_is_not_read(tmp_path: Path, outside: Path) -> None:
    (outside / "secret.txt").write_text("secret")
    for number, (name, content, settings) in enumerate([
        ("x.txt.jinja", "{% include '../outside/secret.txt' %}", ""),
        ("x.txt.jinja", "{% include 'linked.txt' %}", ""),
        ("x.txt.jinja", "{{ _external_data.other }}", "_external_data: {other: ../outside/secret.txt}\n"),
        ("x.txt.jinja", "{{ ''.__class__.__mro__ }}", ""),
        ("x.txt", "x", "_subdirectory: ../outside\n"),
        ("x.txt", "x", "_answers_file: ../outside/answers.yml\n"),
    ]):  # fmt: skip
        text = COPIER_YML.replace("_subdirectory: template\n", "") if "_subdir" in settings else COPIER_YML
        made = template(tmp_path / f"template{number}", {name: content}, copier_yml=text + settings)
        (made.path / "linked.txt").symlink_to(outside / "secret.txt")
        made.commit(tag="v1.1.0")
        done = mlkata("new", tmp_path / "made", "--template", made.path, "--defaults", code=1)
        assert "secret" not in done.err.replace("secret.txt", "")
        assert not (tmp_path / "made").exists()
    assert os.listdir(outside) == ["secret.txt"]


def test_a_copied_link_does_not_bring_a_file_from_outside(tmp_path: Path, outside: Path) -> None:
    (outside / "secret.txt").write_text("secret")
    source = template(tmp_path / "template", {"a.txt": "a\n"})
    (source.path / "template/stolen.txt").symlink_to(outside / "secret.txt")
    source.commit(tag="v1.1.0")
    assert (
        "outside its place"
        in mlkata("new", tmp_path / "made", "--template", source.path, "--defaults", code=1).err
    )


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("--upload-pack=touch {outside}/planted", 6),
        ("-u{outside}/planted", 6),
        ("ext::sh -c touch% {outside}/planted", 6),
        ("git+ext::sh -c touch% {outside}/planted", 6),
        ("fd::17/x", 6),
        ("ssh://-oProxyCommand=touch {outside}/planted/x", 6),
        ("-oProxyCommand=touch {outside}/planted:x", 6),
    ],
)
def test_a_projects_template_address_runs_nothing(
    address: str, code: int, source: Repository, tmp_path: Path, outside: Path
) -> None:
    made = project(tmp_path / "made", source)
    run("git", "config", "--global", "protocol.ext.allow", "always", cwd=tmp_path)
    text = made.read(".copier-answers.yml").replace(str(source.path), f"'{address.format(outside=outside)}'")
    made.commit({".copier-answers.yml": text})
    for verb in ("check", "update", "diff"):
        mlkata(verb, "-C", made.path, code=code)
    mlkata("relink", "-C", made.path, "--", address.format(outside=outside), code=code)
    mlkata("new", tmp_path / "other", f"--template={address.format(outside=outside)}", code=code)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("version", ["--output={outside}/planted", "-x", "--all", "..", "@{{-1}}", ":/a"])
def test_a_projects_recorded_version_is_no_option_of_git(
    version: str, source: Repository, tmp_path: Path, outside: Path
) -> None:
    made = project(tmp_path / "made", source)
    text = made.read(".copier-answers.yml").replace("v1.0.0", f"'{version.format(outside=outside)}'")
    made.commit({".copier-answers.yml": text})
    for verb in ("check", "update", "diff"):
        mlkata(verb, "-C", made.path, code=None if version == ":/a" else 1)
    assert list(outside.iterdir()) == []


def test_a_repository_that_is_a_file_of_the_project_is_no_template(
    source: Repository, tmp_path: Path, outside: Path
) -> None:
    made = project(tmp_path / "made", source)
    run("git", "clone", "-q", "--bare", source.path, "planted", cwd=made.path)
    with (made.path / "planted/config").open("a") as config:
        config.write(f'[filter "x"]\n\tsmudge = touch {outside}/planted; cat\n')
    text = made.read(".copier-answers.yml").replace(str(source.path), "planted")
    made.write(
        {".copier-answers.yml": text, "planted/refs/keep": "", "planted/info/attributes": "* filter=x\n"}
    )
    made.git("add", "-A")
    made.git("commit", "-q", "-m", "planted")
    for verb in ("check", "update", "diff"):
        assert "is a file of another one" in mlkata(verb, "-C", made.path, code=1).err
    assert list(outside.iterdir()) == []


def test_a_templates_attributes_run_only_what_the_user_configured(tmp_path: Path, outside: Path) -> None:
    source = template(
        tmp_path / "template",
        {".gitattributes": "* filter=x diff=x merge=x\n", ".gitconfig": "[filter]\n", "a.txt": "a\n"},
    )
    source.commit({".gitattributes": "* filter=x\n"})
    source.commit({"template/a.txt": "b\n"}, tag="v1.1.0")
    source.git("config", "filter.x.smudge", f"touch {outside}/planted; cat")
    clone = tmp_path / "clone"  # what a stranger sends comes without a configuration
    run("git", "clone", "-q", source.path, clone, cwd=tmp_path)
    made = project(tmp_path / "made", Repository(clone))
    mlkata("update", made.path)
    mlkata("diff", "-C", made.path)
    assert made.read("a.txt") == "b\n"
    assert list(outside.iterdir()) == []


def test_a_file_name_with_a_line_break_is_one_file(tmp_path: Path) -> None:
    source = template(tmp_path / "template", {"a\nb": "1\n", "\t\x1b[31m": "x\n"})
    made = project(tmp_path / "made", source)
    source.commit(inside({"a\nb": "2\n"}), tag="v1.1.0")
    shown = mlkata("update", made.path, "--dry-run").out
    assert "  change    a\\nb  (changed in the template)\n" in shown
    assert mlkata("update", made.path, "--json").data["files"][1]["path"] == "a\nb"
    assert made.read("a\nb") == "2\n"
    mlkata("undo", made.path)
    assert made.read("a\nb") == "1\n"
    made.write({"\t\x1b[31m": "y\n"})
    assert "\x1b" not in mlkata("check", made.path, code=2).out
