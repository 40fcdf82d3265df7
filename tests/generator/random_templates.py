"""Random templates in two versions, written to a repository in one go, for the tests of rendering."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from evolving import run
from hypothesis import strategies as st

File = tuple[str, str]
"""git's mode, and the content; for a symlink (120000), its target."""

Files = dict[str, File]

TEXT, PROGRAM, LINK = "100644", "100755", "120000"

# Below the template's subdirectory; `{0}` is the suffix of template files.
SOURCES = (
    "plain.txt", "crlf.txt", "a.txt{0}", "b.txt{0}", "dir/c.txt{0}", "dir/deep/d.txt{0}", "e.txt{0}",
    "plain.txt{0}",
    "{{{{ name }}}}/f.txt{0}", "same.txt{0}", "{{{{ 'same' }}}}.txt{0}",
    "{{% if flag %}}flagged.txt{{% endif %}}{0}", "{{% if not flag %}}other{{% endif %}}/g.txt{0}",
    "{{% yield item from items %}}{{{{ item }}}}.txt{{% endyield %}}{0}",
    "{{% yield item from items %}}{{{{ item }}}}{{% endyield %}}/h.txt{0}",
    "{{% yield n from items %}}{{{{ n }}}}{{% endyield %}}/plain.txt",
    ".gitattributes", ".gitattributes{0}", "dir/.gitattributes", "{{{{ '.gitattributes' }}}}{0}",
    "link.txt", "linked", "dir/link.txt{0}",
)  # fmt: skip
# At the template's top, to be included.
PARTS = (
    "inc/one.jinja",
    "inc/two.jinja",
    "inc/macros.jinja",
    "inc/base.jinja",
    "inc/plain.txt",
    "inc/way.jinja",
)
CONTENTS = (
    "words 1\n", "words 2\n", "{{ name }} {{ number }}\n", "{{ '%Y' | strftime }} and {{ name }}\n",
    "{{ _copier_conf.answers_file }}\n", "{{ _copier_conf.vcs_ref_hash }}\n",
    "{{ _copier_answers._commit }}\n",
    "{% include 'inc/one.jinja' %}\n", "{% include 'inc/two.jinja' %}\n",
    "{% include './inc//one.jinja' %}\n",
    "{% include 'inc/plain.txt' %}\n", "{% include 'inc/way.jinja' %}\n",
    "{% set which = 'inc/one.jinja' %}{% include which %}\n", "{% include 'inc/' ~ 'two.jinja' %}\n",
    "{% include ['inc/none.jinja', 'inc/two.jinja'] %}\n", "{% include 'inc/none.jinja' ignore missing %}\n",
    "{% from 'inc/macros.jinja' import m %}{{ m(name) }}\n",
    "{% import 'inc/macros.jinja' as k with context %}{{ k.m(number) }}\n",
    "{% extends 'inc/base.jinja' %}{% block inner %}{{ name }}{% endblock %}\n", "{{ item }}{{ n }}\n",
    "[[ name ]] {{ flag }}\n", "{{ number }}\n", "{% raw %}{% include 'inc/one.jinja' %}{% endraw %}\n",
)  # fmt: skip
PART_CONTENTS = (
    "part 1\n",
    "part 2 {{ name }}\n",
    "{{ _copier_conf.vcs_ref_hash }}\n",
    "{% include 'inc/plain.txt' %}\n",
)
ATTRIBUTES = ("*.txt text eol=lf\n", "crlf.txt -text\n", "*.md text\n", "{{ 'crlf.txt' }} text\n")
TARGETS = ("../inc/one.jinja", "../inc/plain.txt")
SETTINGS: tuple[dict[str, Any], ...] = (
    {}, {"_exclude": ["b.txt", "dir/deep"]}, {"_exclude": ["{% if flag %}a.txt{% endif %}", "link*"]},
    {"_envops": {"variable_start_string": "[[", "variable_end_string": "]]"}},
    {"_templates_suffix": ""}, {"_preserve_symlinks": True}, {"_skip_if_exists": ["a.txt"]},
)  # fmt: skip
QUESTIONS: tuple[dict[str, Any], ...] = (
    {"number": {"type": "int", "default": 1}}, {"number": {"type": "bool", "default": True}},
    {"number": {"type": "int", "default": 2}}, {"number": {"type": "float", "default": 1}},
    {"number": {"type": "int", "default": 1, "choices": [1, 5]}},
    {"number": {"type": "int", "default": 1, "choices": {"few": 1, "many": 7}}},
    {"number": {"type": "int", "default": 1}, "more": {"type": "str", "default": "more {{ name }}"}},
)  # fmt: skip


class Release(NamedTuple):
    """A version of a template: its settings and questions, and its files."""

    config: dict[str, Any]
    files: Files


def release(settings: Mapping[str, Any], questions: Mapping[str, Any], files: Files) -> Release:
    """A version, with what every one has."""
    common = {
        "name": {"type": "str", "default": "alpha"},
        "flag": {"type": "bool", "default": True},
        "items": {"type": "yaml", "default": "[x, y]", "multiline": True},
    }
    return Release({"_subdirectory": "template", **settings, **common, **questions}, files)


def _suffixed(name: str, settings: Mapping[str, Any]) -> str:
    return "template/" + name.format(settings.get("_templates_suffix", ".jinja"))


@st.composite
def _file(draw: st.DrawFn, source: str) -> File:
    if "link" in source:
        up = "../" if source.startswith("dir/") else ""
        return LINK, "../inc" if source == "linked" else up + draw(st.sampled_from(TARGETS))
    if "gitattributes" in source:
        return TEXT, draw(st.sampled_from(ATTRIBUTES))
    content = draw(st.sampled_from(PART_CONTENTS if source.startswith("inc/") else CONTENTS))
    if source == "crlf.txt":
        content = content.replace("\n", "\r\n")
    return draw(st.sampled_from([TEXT, TEXT, PROGRAM])), content


@st.composite
def releases(draw: st.DrawFn) -> tuple[Release, Release]:
    """Two versions of one template, the second a few changes after the first."""
    settings = draw(st.sampled_from(SETTINGS))
    questions = draw(st.sampled_from(QUESTIONS))
    parts: Files = {
        "inc/one.jinja": (TEXT, "one\n"), "inc/two.jinja": (TEXT, "two {{ name }}\n"),
        "inc/macros.jinja": (TEXT, "{% macro m(x) %}m {{ x }}{% endmacro %}\n"),
        "inc/base.jinja": (TEXT, "{% block inner %}{% endblock %} base\n"),
        "inc/plain.txt": (TEXT, "plain {{ name }}\n"),
        "inc/way.jinja": (LINK, "one.jinja"),
    }  # fmt: skip
    for part in draw(st.lists(st.sampled_from(PARTS[:2]), unique=True)):
        parts[part] = draw(_file(part))
    chosen = draw(st.lists(st.sampled_from(SOURCES), min_size=1, max_size=8, unique=True))
    sources = {name: draw(_file(name)) for name in chosen}
    after, parts_after = dict(sources), dict(parts)
    for _ in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["change", "add", "delete", "rename", "part", "part", "mode"]))
        name = draw(st.sampled_from(sorted(after) or list(SOURCES)))
        if kind == "add":
            name = draw(st.sampled_from(SOURCES))
        if kind in ("add", "change"):
            after[name] = draw(_file(name))
        elif kind == "part":
            part = draw(st.sampled_from(PARTS[:2] + PARTS[4:] + ("inc/none.jinja",)))
            last = (LINK, draw(st.sampled_from(["one.jinja", "two.jinja"])))
            parts_after[part] = last if part == "inc/way.jinja" else draw(_file(part))
        elif name in after and kind == "mode" and after[name][0] != LINK:
            after[name] = (PROGRAM if after[name][0] == TEXT else TEXT, after[name][1])
        elif name in after and kind in ("delete", "rename"):
            moved = after.pop(name)
            if kind == "rename" and "link" not in name:
                after[draw(st.sampled_from([s for s in SOURCES if "link" not in s]))] = moved
    settings_after, questions_after = settings, questions
    if draw(st.integers(0, 9)) == 9:
        settings_after = draw(st.sampled_from(SETTINGS))
    if draw(st.integers(0, 5)) == 5:
        questions_after = draw(st.sampled_from(QUESTIONS))
    return (
        release(settings, questions, _whole(sources, parts, settings)),
        release(settings_after, questions_after, _whole(after, parts_after, settings_after)),
    )


def _whole(sources: Files, parts: Files, settings: Mapping[str, Any]) -> Files:
    named = {_suffixed(name, settings): file for name, file in sources.items()}
    answers = _suffixed("{{{{ _copier_conf.answers_file }}}}{0}", settings)
    return {**named, **parts, answers: (TEXT, "{{ _copier_answers|to_nice_yaml -}}\n")}


def repository(path: Path, versions: Mapping[str, Release]) -> list[str]:
    """A repository with one tagged commit a version, made by two processes; the commits."""
    path.mkdir(parents=True)
    run("git", "init", "-q", cwd=path)
    stream = bytearray()
    for number, (tag, version) in enumerate(versions.items()):
        stream += b"commit refs/heads/main\nmark :%d\ncommitter Test <test@example.com> %d +0000\n" % (
            number + 1, 86400 + number,
        ) + b"data 1\nx\ndeleteall\n"  # fmt: skip
        config = (TEXT, yaml.safe_dump(version.config, sort_keys=False))
        for name, (mode, content) in {**version.files, "copier.yml": config}.items():
            data = content.encode()
            quoted = name.replace("\\", "\\\\").replace('"', '\\"')
            stream += f'M {mode} inline "{quoted}"\ndata {len(data)}\n'.encode() + data + b"\n"
        stream += f"reset refs/tags/{tag}\nfrom :{number + 1}\n\n".encode()
    marks = path / ".git" / "marks"
    done = subprocess.run(
        ["git", "fast-import", "--quiet", f"--export-marks={marks}"],
        cwd=path, input=bytes(stream), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return [line.split()[1] for line in sorted(marks.read_text().splitlines())]
