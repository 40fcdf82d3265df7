"""Merging by key: a person's bytes, values and comments stay; what is missing comes in."""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Callable
from typing import Any

import pytest
import tomlkit
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mlkata.adopt import keyed, keyed_yaml


def merged(path: str, ours: str, theirs: str, base: str | None = None) -> str | None:
    found = keyed.merge(path, None if base is None else base.encode(), ours.encode(), theirs.encode())
    return found.content.decode() if found else None


def stays(path: str, ours: str, theirs: str, base: str | None = None) -> list[str]:
    found = keyed.merge(path, None if base is None else base.encode(), ours.encode(), theirs.encode())
    assert found
    return found.stays


def test_toml_keeps_comments_and_adds_what_is_missing() -> None:
    ours = '# Ours.\n[a]\nx   = 1  # one\n\n  [a.b] # deep\n  y = [ 1,\n 2 ]\n\n# last\n[z]\nq = "1"\n'
    theirs = "[a]\nx = 2\nnew = 3\n[a.b]\nw = 4\n# About c.\n[c]\nd = 5\n"
    assert merged("x.toml", ours, theirs) == (
        "# Ours.\n[a]\nx   = 1  # one\nnew = 3\n\n  [a.b] # deep\n  y = "
        '[ 1,\n 2 ]\n  w = 4\n\n# last\n[z]\nq = "1"\n\n[c]\nd = 5\n'
    )
    assert stays("x.toml", ours, theirs) == ["a.x"]


def test_yaml_keeps_every_line_and_the_templates_comments_come_along() -> None:
    ours = "# Ours.\nb:\n    x:   [1,\n      2]   # two\n    # end of b\n\n# last\nc: 'x'"
    theirs = (
        "# File.\n\n# About b.\nb:\n  x: 3\n  # Why y.\n  y:\n  - 1\n\n  "
        "w: |\n    text\n    more\n\n# About d.\nd: {e: 1}\n"
    )
    assert merged("x.yml", ours, theirs) == (
        "# Ours.\nb:\n    x:   [1,\n      2]   # two\n    # Why y.\n    "
        "y:\n    - 1\n    w: |\n      text\n      more\n"
        "    # end of b\n\n# last\nc: 'x'\n# About d.\nd: {e: 1}\n"
    )
    assert stays("x.yml", ours, theirs) == ["b.x"]


def test_json_where_its_layout_is_a_plain_one() -> None:
    assert (
        merged("x.json", '{\n    "a": 1\n}', '{"a": 2, "b": [1]}')
        == '{\n    "a": 1,\n    "b": [\n        1\n    ]\n}'
    )
    assert merged("x.json", '{"a":1}', '{"b": 1}') is None
    assert merged("x.json", '// a comment\n{"a": 1}', '{"b": 1}') is None
    assert merged("x.json", '{"a":1}', '{"a": 2}') == '{"a":1}'


@pytest.mark.parametrize(
    ("path", "base", "ours", "theirs", "result"),
    [
        # untouched follows, edited stays, deleted stays deleted, gone and untouched goes
        (
            "x.toml",
            "a = 1\nb = 1\nc = 1\nd = 1\n",
            "a = 1\nb = 2\nd = 1\n",
            "a = 3\nb = 3\nc = 3\n",
            "a = 3\nb = 2\n",
        ),
        (
            "x.yml",
            "a: 1\nb: 1\nc: 1\nd: 1\n",
            "a: 1\nb: 2 # mine\nd: 1\n",
            "a: 3\nb: 3\nc: 3\n",
            "a: 3\nb: 2 # mine\n",
        ),
        ("x.json", '{"a": 1, "b": 1, "d": 1}', '{"a": 1, "b": 2, "d": 1}', '{"a": 3}', '{"a": 3, "b": 2}'),
        ("x.yml", "t: {}\n", "t:\n  a: 1\n", "t:\n  b: 2\n", "t:\n  a: 1\n  b: 2\n"),
        ("x.yml", "t:\n  a: 1\n  b: 1\n", "t:\n  a: 1\n  b: 2\n", "x: 1\n", "t:\n  b: 2\nx: 1\n"),
    ],
)
def test_three_sides(path: str, base: str, ours: str, theirs: str, result: str) -> None:
    assert merged(path, ours, theirs, base) == result


def test_pyproject_gets_nothing_that_clashes() -> None:
    theirs = '[project]\nversion = "1"\nlicense = "MIT"\nlicense-files = ["LICENSE"]\nreadme = "R"\n'
    ours = '[project]\nname = "a"\ndynamic = ["version"]\nclassifiers = ["License :: OSI Approved"]\n'
    assert merged("pyproject.toml", ours, theirs) == ours + 'license-files = ["LICENSE"]\nreadme = "R"\n'
    assert stays("pyproject.toml", ours, theirs) == ["project.version", "project.license"]
    ours = '[project]\nname = "a"\nversion = "2"\nlicense = {text = "MIT"}\n'
    assert merged("pyproject.toml", ours, theirs) == ours + 'readme = "R"\n'


def test_requirements_are_joined_by_name() -> None:
    ours = '[project]\ndependencies = [\n    "Polars>=1",  # ours\n    "my_lib",\n]\n'
    theirs = (
        '[project]\ndependencies = ["polars>=2", "rich", "My-Lib>3"]\n[dependency-groups]\ndev = ["pytest"]\n'
    )
    assert merged("pyproject.toml", ours, theirs) == (
        '[project]\ndependencies = [\n    "Polars>=1",  # ours\n    "my_lib",\n    "rich",\n]\n\n'
        '[dependency-groups]\ndev = ["pytest"]\n'
    )
    assert stays("pyproject.toml", ours, theirs) == [
        "project.dependencies.polars",
        "project.dependencies.my-lib",
    ]
    base = '[project]\ndependencies = ["click", "flake8", "my_lib"]\n'
    mine = '[project]\ndependencies = ["click", "my_lib>1", "own"]\n'
    assert merged(
        "pyproject.toml", mine, '[project]\ndependencies = ["rich", "flake8", "my_lib"]\n', base
    ) == ('[project]\ndependencies = ["my_lib>1", "own", "rich"]\n')


@pytest.mark.parametrize(
    ("path", "ours"),
    [
        ("x.toml", "a = \n"),
        ("x.toml", "\x00"),
        ("x.yml", "a: &x 1\nb: *x\n"),
        ("x.yml", "a: 1\n---\nb: 1\n"),
        ("x.yml", "- 1\n"),
        ("x.yml", "a: 1\na: 2\n"),
        ("x.yml", "1: 2\n"),
        ("x.yml", "{% if x %}\na: 1\n{% endif %}\n"),
        ("x.yml", "{a: 1}\n"),
        ("x.yml", "? a\n: 1\n"),
        ("x.yml", "a: !tag 1\n"),
        ("x.json", '{"a": 1, "a": 2}'),
        ("x.json", "[1]"),
        ("x.md", "a: 1\n"),
    ],
)
def test_what_cannot_be_merged_by_key_is_left_to_lines(path: str, ours: str) -> None:
    theirs = {"toml": "z = 1\n", "yml": "z: 1\n", "json": '{"z": 1}', "md": "z: 1\n"}[path.partition(".")[2]]
    assert merged(path, ours, theirs) is None
    assert keyed.merge(path, None, b"\xff\xfe", theirs.encode()) is None


def test_workflows_and_windows_line_endings() -> None:
    assert merged("ci.yml", "on: push\r\njobs:\r\n  a: {x: no}\r\n", "on: pull\njobs:\n  b:\n    c: 1\n") == (
        "on: push\r\njobs:\r\n  a: {x: no}\r\n  b:\r\n    c: 1\r\n"
    )
    assert merged("x.toml", "a = 1\r\n", "[b]\nc = 1\n") == "a = 1\r\n\r\n[b]\r\nc = 1\r\n"
    assert merged("x.yml", "a: 1\n", "# only\na: 2\n") == "a: 1\n"


# Random files: plain values in random layouts, so that each result can be checked against plain values.

EXAMPLES = max(int(os.environ.get("EXAMPLES", "0")) // 10, 30)
NAMES = st.sampled_from(["a", "b", "c-d", "e_f", "on", "x y"])
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-9, 9),
    st.sampled_from(["", "x", "#", "a: b", "1", "yes", "2020-01-01", "ü", " s "]),
)
VALUES = st.recursive(
    SCALARS | st.lists(SCALARS, max_size=3),
    lambda inner: st.dictionaries(NAMES, inner, min_size=1, max_size=3), max_leaves=6,
)  # fmt: skip
FILES = st.dictionaries(NAMES, VALUES, min_size=1, max_size=5)
LAYOUTS = st.fixed_dictionaries({
    "indent": st.sampled_from([2, 4]), "default_flow_style": st.sampled_from([False, None]),
    "default_style": st.sampled_from([None, "'"]),
})  # fmt: skip


def yaml_text(data: dict[str, Any], layout: dict[str, Any], comments: bool) -> str:
    lines = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, **layout).splitlines()
    if not comments:
        return "\n".join(lines) + "\n"
    spaced = [
        part
        for number, line in enumerate(lines)
        for part in (*([f"# c{number}"] if line[:1].strip() else []), line)
    ]
    return "\n".join(["# top", "", *spaced, "# end"]) + "\n"


def toml_text(data: dict[str, Any], comments: bool) -> str:
    text = tomlkit.dumps(data)
    return "# top\n\n" + text.replace("\n[", "\n# table\n[") + "# end\n" if comments else text


def expected(base: dict[str, Any], ours: dict[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """The rules, written once more and more plainly."""
    found = {}
    for key in [*ours, *(key for key in theirs if key not in ours)]:
        old, mine, new = (repr(side[key]) if key in side else None for side in (base, ours, theirs))
        if key in ours and key in theirs and isinstance(ours[key], dict) and isinstance(theirs[key], dict):
            below = base.get(key)
            found[key] = expected(below if isinstance(below, dict) else {}, ours[key], theirs[key])
        elif mine is None:
            if old is None:
                found[key] = theirs[key]
        elif new is None:
            if isinstance(ours[key], dict) and isinstance(base.get(key), dict) and mine != old:
                found[key] = expected(base[key], ours[key], {})
            elif mine != old:
                found[key] = ours[key]
        else:
            found[key] = theirs[key] if mine == old else ours[key]
    return found


def plain(kind: str, text: str) -> Any:
    return tomllib.loads(text) if kind == "toml" else keyed_yaml.load(text)


def lines_kept(ours: str, result: str) -> bool:
    rest = iter(result.splitlines())
    return all(line in rest for line in ours.splitlines())


@settings(max_examples=EXAMPLES, deadline=None)
@given(ours=FILES, theirs=FILES, layouts=st.tuples(LAYOUTS, LAYOUTS), comments=st.booleans())
def test_yaml_without_a_base(ours: Any, theirs: Any, layouts: Any, comments: bool) -> None:
    mine, other = yaml_text(ours, layouts[0], comments), yaml_text(theirs, layouts[1], comments)
    result = merged("x.yaml", mine, other)
    if result is None:  # a mapping in braces can't be added to by lines
        assert None in [layout["default_flow_style"] for layout in layouts]
        return
    assert lines_kept(mine, result)
    assert repr(sorted_(plain("yaml", result))) == repr(
        sorted_(expected({}, plain("yaml", mine), plain("yaml", other)))
    )
    assert merged("x.yaml", result, other) == result


@settings(max_examples=EXAMPLES, deadline=None)
@given(ours=FILES, theirs=FILES, comments=st.booleans())
def test_toml_without_a_base(ours: Any, theirs: Any, comments: bool) -> None:
    mine, other = toml_text(ours, comments), toml_text(theirs, comments)
    result = merged("x.toml", mine, other)
    assert result is not None
    assert lines_kept(mine, result)
    assert repr(sorted_(plain("toml", result))) == repr(sorted_(expected({}, ours, theirs)))
    assert merged("x.toml", result, other) == result


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    base=FILES, ours=FILES, theirs=FILES, share=st.booleans(), kind=st.sampled_from(["toml", "yaml", "json"])
)
def test_three_random_sides_say_what_the_rules_say(
    base: Any, ours: Any, theirs: Any, share: bool, kind: str
) -> None:
    mine = {**base, **ours} if share else ours
    writers: dict[str, Callable[[dict[str, Any]], str]] = {
        "toml": lambda data: toml_text(data, False),
        "yaml": lambda data: yaml_text(data, {"default_flow_style": False}, False),
        "json": json.dumps,
    }
    write = writers[kind]
    result = merged(f"x.{kind}", write(mine), write(theirs), write(base))
    if result is None:
        assert kind == "yaml"
        return
    wanted = expected(base, mine, theirs)
    read = json.loads(result) if kind == "json" else plain(kind, result)
    assert repr(sorted_(read)) == repr(sorted_(wanted))


@settings(max_examples=EXAMPLES * 2, deadline=None)
@given(text=st.text(max_size=60), other=st.text(max_size=60), kind=st.sampled_from(["toml", "yml", "json"]))
def test_any_text_is_merged_or_left(text: str, other: str, kind: str) -> None:
    result = merged(f"x.{kind}", text, other)
    assert result is None or kind == "json" or lines_kept(text, result)


def sorted_(data: Any) -> Any:
    if isinstance(data, dict):
        return {key: sorted_(data[key]) for key in sorted(data)}
    return [sorted_(item) for item in data] if isinstance(data, list) else data
