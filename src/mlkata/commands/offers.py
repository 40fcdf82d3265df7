"""What `add` and `remove` share: what a template offers, and which of it the words of a command line mean."""

from __future__ import annotations

import re
from argparse import Namespace
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from mlkata import components
from mlkata.commands import common
from mlkata.components import NAME, Catalogue, Kind
from mlkata.errors import MlkataError, nearest
from mlkata.project import Project
from mlkata.render import Request
from mlkata.report import Report
from mlkata.template import Version
from mlkata.trust import Trust


def at(found: Project, args: Namespace) -> Catalogue:
    """What the version offers that a project records.

    Raises:
        MlkataError: The template can't be reached or read.
    """
    source, version = common.recorded(found, args)
    return components.catalogue(source, version, found.git)


def request(
    found: Project,
    offered: Catalogue,
    kind: Kind,
    name: str,
    options: Mapping[str, Any],
    args: Namespace,
    version: Version | None = None,
) -> Request:
    """What to render for a component.

    Args:
        found: The project.
        offered: What its template offers.
        kind: The component's kind.
        name: What it is called.
        options: What was chosen.
        args: The command line's flags.
        version: The template's version, where it is not the recorded one.

    Raises:
        MlkataError: It can't be called that.
    """
    if not re.fullmatch(r"[\w.-]+", name) or name.startswith((".", "-")):
        raise MlkataError(
            f"{name!r} is no name for a component",
            "Use letters, digits, _, . and -; begin with a letter, digit or _.",
        )
    own = {key: value for key, value in found.answers.items() if not key.startswith("_")}
    return Request(
        template=offered.template,
        version=version or offered.version,
        destination=found.folder,
        answers_file=found.answers_file,
        answers={key: value for key, value in found.answers.items() if key not in kind.questions},
        data={"project": own, **options, NAME: name},
        trust=Trust(grant=args.trust),
        component=kind,
    )


def are_answers(offered: Catalogue, words: Sequence[str], verb: str) -> bool:
    """Whether words are answers to questions, not a kind and names.

    Raises:
        MlkataError: They are some of each.
    """
    if words[0] in offered.kinds and "=" not in words[0]:
        return False
    answers = ["=" in word or word in offered.questions for word in words]
    if any(answers) and not all(answers):
        raise MlkataError(
            f"{words[answers.index(False)]} is no answer to a question of the template",
            f"One at a time: mlkata {verb} KIND NAME, or mlkata {verb} QUESTION=ANSWER …",
        )
    return all(answers)


def answers(found: Project, offered: Catalogue, words: Sequence[str], verb: str) -> dict[str, Any]:
    """The answers that words are: `question=answer`, or a question of yes and no alone.

    Of a question whose answer is a list, what is named (by commas) comes to the list, or goes from it.

    Raises:
        MlkataError: There is no such question, or it can't be answered so.
    """
    given: dict[str, Any] = {}
    for word in words:
        name, sign, value = word.partition("=")
        if name not in offered.questions:
            raise unknown(f"the template asks for no {name}", name, offered.questions)
        question = offered.questions[name]
        choices, several = components.values(question), bool(question.get("multiselect"))
        if not sign and choices == [True, False]:
            given[name] = verb == "add"
            continue
        has = given.get(name, found.answers.get(name, question.get("default")))
        known = list(choices)
        if several and verb == "remove" and isinstance(has, list):
            known += [one for one in has if one not in choices]  # what is no choice any more may go
        named = _named(value, known) if several else [value]
        if not sign or not named or (verb == "remove" and not several):
            example = f"mlkata {verb if several else 'add'} {name}={spelled(question)}"
            raise MlkataError(f"{name} is a question: an answer is needed", example)
        for one in named:
            check(name, one, known)
        given[name] = _several(name, has, named, choices, verb) if several else value
    return given


def _named(value: str, known: Sequence[Any]) -> list[str]:
    """What of a list is named: one choice as it is, or some, as a list of YAML may be written."""
    if value in map(str, known):
        return [value]
    return [word for part in value.strip(" []").split(",") if (word := part.strip(" '\""))]


def _several(name: str, has: object, named: Sequence[str], choices: Sequence[Any], verb: str) -> list[Any]:
    """What an answer that is a list becomes, in the order of the choices."""
    if not isinstance(has, list):
        raise MlkataError(
            f"which {name} there are is not recorded", f"Give all of them: mlkata update -d '{name}=[…]'"
        )
    left = [value for value in has if str(value) not in named]
    wanted = left + [value for value in choices or named if verb == "add" and str(value) in named]
    return sorted(wanted, key=lambda value: [*choices, value].index(value)) if choices else wanted


def check(name: str, value: str, choices: Sequence[Any]) -> None:
    """Refuse what is none of the choices, where there are some.

    Raises:
        MlkataError: It is none.
    """
    if choices == [True, False]:
        known, good = ["yes", "no"], components.is_yes_or_no(value)
    else:
        known = [str(choice) for choice in choices]
        good = value in known or not known
    if not good:
        raise unknown(f"{name} can't be {value!r}", value, known)


def kind(offered: Catalogue, words: Sequence[str], verb: str) -> Kind:
    """The kind that the first word is.

    Raises:
        MlkataError: There is none of that name, or no name follows.
    """
    if words[0] not in offered.kinds:
        known = [*offered.kinds, *offered.questions]
        raise unknown(f"the template has no {words[0]} to {verb}", words[0], known)
    if broken := offered.kinds[words[0]].broken:
        raise broken
    if len(words) < 2:
        raise MlkataError(f"what the {words[0]} is called is missing", f"mlkata {verb} {words[0]} NAME")
    return offered.kinds[words[0]]


def no_options(options: Mapping[str, Any]) -> None:
    """Refuse options where answers are given.

    Raises:
        MlkataError: There are some.
    """
    if options:
        raise MlkataError(f"--{next(iter(options))} goes with a component, not with answers")


def unknown(what: str, word: str, known: Iterable[Any]) -> MlkataError:
    """An error that names the nearest of what there is, or all."""
    names = [str(name) for name in known]
    hint = nearest(word, names, 0.6) or f"There is: {', '.join(names) or 'nothing'}."
    return MlkataError(what, f"{hint} mlkata add lists what the template offers.")


def spelled(question: Mapping[str, Any]) -> str:
    """A question's choices as a person types them."""
    choices = components.values(question)
    if choices == [True, False]:
        return "yes|no"
    return ("," if question.get("multiselect") else "|").join(map(str, choices)) or "…"


def line(text: object) -> str:
    """The first line of a help text; nothing, where answers go into it."""
    first = str(text or "").strip().partition("\n")[0]
    return "" if "{{" in first or "{%" in first else first


def report(verb: str, found: Project) -> Report:
    """A report of what stays at its version."""
    version = found.commit
    return Report(verb, project=str(found.folder), template=found.source, old=version, new=version)


def only(offered: Catalogue, words: Sequence[str]) -> Catalogue:
    """The kinds that words name, where they do; otherwise all that is offered."""
    named = {word: offered.kinds[word] for word in words if word in offered.kinds}
    return replace(offered, kinds=named, questions={}) if named else offered


def listed(found: Project, offered: Catalogue) -> Report:
    """All that a template offers."""
    said = report("add", found)
    lines = [f"{found.source} at {found.commit} offers:", ""]
    asked = {name: q for name, q in offered.questions.items() if components.values(q) or q.get("choices")}
    if not offered.kinds and not asked:
        lines = [f"{found.source} at {found.commit} offers nothing to add."]
    for one in offered.kinds.values():
        said_of = f"(broken: {one.broken.what})" if one.broken else one.help
        lines.append(f"  mlkata add {one.name + ' NAME':<15} {said_of}".rstrip())
        for name, question in one.options.items():
            lines.append(f"    --{name} {spelled(question)}   {line(question.get('help'))}".rstrip())
    lines += [""] if offered.kinds and asked else []
    for name, question in asked.items():
        now = found.answers.get(name, question.get("default"))
        if isinstance(now, list):
            now = ", ".join(map(str, now)) or "none"
        now = {True: "yes", False: "no"}.get(now, now) if isinstance(now, bool) else now
        lines.append(f"  mlkata add {name}={spelled(question)}   (now {now})")
    said.headline = "\n".join(lines)
    said.offers = {
        "components": {
            one.name: {
                "help": one.help,
                "broken": one.broken.what if one.broken else "",
                "options": {name: _offer(question) for name, question in one.options.items()},
            }
            for one in offered.kinds.values()
        },
        "questions": {name: {**_offer(q), "now": found.answers.get(name)} for name, q in asked.items()},
    }
    return said


def _offer(question: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "help": line(question.get("help")),
        "choices": components.values(question),
        "default": question.get("default"),
    }
