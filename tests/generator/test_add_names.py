"""Which names a component may have."""

from __future__ import annotations

import json
import keyword
import re
import sys

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jinja2 import Environment, FileSystemLoader
from rendering import ROOT

NAMES = Environment(loader=FileSystemLoader(ROOT))


def problem(name: str) -> str:
    """What our template says of a component's name; with the filters of Copier's that it uses."""
    NAMES.filters["regex_search"] = lambda text, pattern: re.search(pattern, text)
    NAMES.filters["regex_replace"] = lambda text, pattern, to: re.sub(pattern, to, text)
    NAMES.filters["to_json"] = lambda value, **_: json.dumps(value)
    macros = NAMES.get_template("template/includes/names.jinja").module
    return str(macros.component(name)).strip()  # type: ignore[attr-defined]


@given(st.one_of(st.text(max_size=45), st.from_regex(r"[a-zA-Z_0-9]{1,45}", fullmatch=True)))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_name_is_taken_if_it_is_a_modules(name: str) -> None:
    said = problem(name)
    plain = re.fullmatch(r"[a-z](_?[a-z0-9])*", name) is not None and len(name) <= 40
    free = (
        name not in sys.stdlib_module_names and not keyword.iskeyword(name) and name not in dir(__builtins__)
    )
    if plain and not said:
        assert free
        assert name.isidentifier()
    if not plain:
        assert said
    if suggested := re.search(r"such as (\w+)\.$", said):
        assert problem(suggested[1]) == "" or suggested[1] != name


def test_every_word_of_pythons_is_refused() -> None:
    import builtins

    words = {*sys.stdlib_module_names, *keyword.kwlist, *keyword.softkwlist, *dir(builtins)}
    words = {word for word in words if re.fullmatch(r"[a-z](_?[a-z0-9])*", word)}
    assert [word for word in sorted(words) if not problem(word)] == []
    assert [problem(name) for name in ("boosted", "my_model_2", "a", "x" * 40)] == [""] * 4
