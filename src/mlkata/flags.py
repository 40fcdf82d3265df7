"""Verbs, their flags and their help."""

from __future__ import annotations

import argparse

from mlkata.usage import Parser

_CODES = """exit codes:
  0 done or clean   1 your error   2 an update is available, or drift   3 done, with conflicts
  4 the template wants to run code and is not trusted   5 unprotected data is in the way
  6 the template can't be reached   7 another run holds the lock   130 interrupted"""

_VERBS = {
    "new": ("start a project from a template", """
  mlkata new churn                       ask, then write churn/ with a first commit
  mlkata new churn --defaults -d task=regression
  mlkata new churn --template gh:team/template -r v2.1.0"""),
    "update": ("bring a project to its template's newest release", """
  mlkata update                          the newest release, into the working tree
  mlkata update --dry-run                which file would change, and why
  mlkata update -d license=MIT           other answers, same version
  mlkata update --branch                 as a commit on a branch; the working tree stays
  mlkata update --continue | --abort     after conflicts, or an interruption"""),
    "check": ("is there an update, and what differs from the template?", """
  mlkata check                           both; exit code 2 where there is something to know
  mlkata check --outdated --offline      quick enough for a commit hook
  mlkata check --drift -v                every file: as rendered, edited, moved, deleted, yours"""),
    "diff": ("what this project changed against its template, as a patch", """
  mlkata diff                            the files that the template has
  mlkata diff Makefile src               some of them
  mlkata diff | git apply -R             drop those changes"""),
    "restore": ("bring back the template's version of files", """
  mlkata restore Makefile
  mlkata restore .github --dry-run"""),
    "undo": ("take back the last operation, byte for byte", """
  mlkata undo
  mlkata undo --dry-run                  which files it would bring back"""),
    "adopt": ("bring an existing repository under a template, on a branch", """
  mlkata adopt --dry-run                 every file and why, the answers, what to move where
  mlkata adopt                           as a commit on the branch mlkata/adopt
  mlkata adopt apps/churn -d ci=gitlab   a folder of a repository
  mlkata adopt --old-template gh:team/cookiecutter --from v1.2"""),
    "add": ("add a component of the template, or another answer, to this project", """
  mlkata add                             what this project's template offers
  mlkata add model boosted --from lightgbm
  mlkata add data houses --from data/houses.csv --dry-run
  mlkata add ci=gitlab license=MIT       other answers, same version
  mlkata add more_jobs=draft,rollback    of an answer that is a list, these too"""),
    "remove": ("take away what was added, as long as it is unedited", """
  mlkata remove model boosted
  mlkata remove data houses --force      also what was edited since
  mlkata remove example                  an answer that is yes or no
  mlkata remove more_jobs=draft          one of an answer that is a list"""),
    "relink": ("the template moved: record its new address", """
  mlkata relink https://git.example.com/team/template.git"""),
    "fleet": ("status, update or check of many repositories", """
  mlkata fleet status ~/code             which is on what version
  mlkata fleet check repositories.txt --html drift.html
  mlkata fleet update repositories.txt --dry-run
  mlkata fleet update repositories.txt --limit 5 --pr
  mlkata fleet update 'services/*' git@git.example.com:team/churn.git --push"""),
}  # fmt: skip


def parser() -> Parser:
    """What the command line may say."""
    raw = argparse.RawDescriptionHelpFormatter
    whole = Parser(
        prog="mlkata",
        description="Start machine-learning repositories from one template, and keep them in step with it.",
        epilog=_CODES,
        formatter_class=raw,
    )
    whole.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    _common(whole)
    verbs = whole.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, (summary, examples) in _VERBS.items():
        verb = verbs.add_parser(
            name, help=summary, description=summary.capitalize(), formatter_class=raw,
            epilog=f"examples:{examples}\n\n{_CODES}", allow_abbrev=name != "add", add_help=name != "add",
        )  # fmt: skip
        _common(verb, argparse.SUPPRESS)
        globals()[f"_{name}"](verb)
    whole.verbs = verbs.choices
    return whole


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"mlkata {version('mlkata')}")
        parser.exit()


def _common(verb: argparse.ArgumentParser, default: object = None) -> None:
    """What every verb takes, before it or after it."""

    def flag(*names: str, help: str) -> None:  # noqa: A002
        verb.add_argument(*names, action="store_true", default=default or False, help=help)

    verb.add_argument(
        "-C", dest="directory", metavar="DIR", default=default or ".", help="as if started in DIR"
    )
    flag("--json", help="one JSON object on standard output")
    flag("-q", "--quiet", help="say nothing but errors")
    flag("-v", "--verbose", help="say everything")
    flag("--offline", help="use what the cache has")


def _rendering(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "-a", "--answers-file", metavar="FILE", help="where the answers are (.copier-answers.yml)"
    )
    verb.add_argument("--trust", action="store_true", help="let this commit of the template run its code")


def _asking(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("-r", "--ref", type=_text, metavar="REF", help="the template's tag, branch or commit")
    verb.add_argument("--prereleases", action="store_true", help="pre-releases count as releases")
    verb.add_argument("-d", "--data", action="append", metavar="QUESTION=ANSWER", help="answer a question")
    verb.add_argument("--data-file", metavar="FILE", help="answers, as YAML")
    verb.add_argument("--defaults", action="store_true", help="ask nothing; take defaults")


def _fleet(verb: Parser) -> None:
    verbs = verb.add_subparsers(dest="verb_of_fleet", required=True, metavar="status|update|check")
    raw = argparse.RawDescriptionHelpFormatter
    for name, summary in (
        ("status", "which version each project has, and what would be in the way of an update"),
        ("update", "bring each project to its template's newest release, on a branch"),
        ("check", "as status, and what each project changed"),
    ):
        one = verbs.add_parser(name, help=summary, description=summary.capitalize(), formatter_class=raw,
                               epilog=f"examples:{_VERBS['fleet'][1]}\n\n{_CODES}")  # fmt: skip
        _common(one, argparse.SUPPRESS)
        _rendering(one)
        one.add_argument("targets", nargs="+", type=_text, metavar="TARGET",
                         help="a folder, glob or address; a file of them; - for a list on stdin")  # fmt: skip
        one.add_argument("-j", "--jobs", type=_count, metavar="N", help="so many at a time (default: cores)")
        one.add_argument("--limit", type=_count, metavar="N", help="begin with no more repositories than N")
        one.add_argument("--html", metavar="FILE", help="write a report for people")
        how = one.add_mutually_exclusive_group()
        how.add_argument("--resume", action="store_true", help="go on from a run cut short (the default)")
        how.add_argument("--restart", action="store_true", help="forget what an earlier run did")
        if name == "update":
            _fleet_update(one)
        else:
            one.add_argument("--prereleases", action="store_true", help="pre-releases count as releases")
            one.set_defaults(ref=None)
    verb.verbs = verbs.choices


def _fleet_update(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("-r", "--ref", type=_text, metavar="REF", help="the template's tag, branch or commit")
    verb.add_argument("--prereleases", action="store_true", help="pre-releases count as releases")
    verb.add_argument("-d", "--data", action="append", metavar="QUESTION=ANSWER", help="answer a question")
    verb.add_argument("--data-file", metavar="FILE", help="answers, as YAML")
    verb.add_argument("--branch", metavar="NAME", help="the branches' name (default: mlkata/update-VERSION)")
    verb.add_argument("--in-place", action="store_true", help="into the working trees, no branches")
    verb.add_argument("--push", action="store_true", help="push the branches")
    verb.add_argument(
        "--pr", action="store_true", help="and open pull requests (gh) or merge requests (glab)"
    )
    how = verb.add_mutually_exclusive_group()
    how.add_argument("-n", "--dry-run", action="store_true", help="say what would happen")
    how.add_argument("-i", "--interactive", action="store_true", help="ask before each repository")


def _text(text: str) -> str:
    if not text:  # a variable of the shell that is not set
        raise argparse.ArgumentTypeError("it is empty")
    return text


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return int(text)


def _new(verb: argparse.ArgumentParser) -> None:
    _rendering(verb)
    verb.add_argument("destination", type=_text, metavar="DEST", help="the folder to make")
    verb.add_argument("--template", type=_text, metavar="URL", help="any Copier template (default: ours)")
    _asking(verb)


def _update(verb: argparse.ArgumentParser) -> None:
    _rendering(verb)
    verb.add_argument("path", nargs="?", metavar="PATH", help="the project (default: here)")
    _asking(verb)
    verb.add_argument("--ask-again", action="store_true", help="ask also what is answered")
    verb.add_argument(
        "--from", dest="start", metavar="REF", help="the version the project is from, if it is gone"
    )
    how = verb.add_mutually_exclusive_group()
    how.add_argument("-n", "--dry-run", action="store_true", help="say what would happen, and why")
    how.add_argument("--diff", action="store_true", help="show what would happen, as a patch")
    how.add_argument("--branch", nargs="?", const="", metavar="NAME", help="commit it on a branch instead")
    how.add_argument("--continue", dest="proceed", action="store_true", help="end it: conflicts are resolved")
    how.add_argument("--abort", action="store_true", help="end it: all as it was before")


def _adopt(verb: argparse.ArgumentParser) -> None:
    _rendering(verb)
    verb.add_argument(
        "path", nargs="?", metavar="PATH", help="a repository or a folder of one (default: here)"
    )
    verb.add_argument("--template", type=_text, metavar="URL", help="any Copier template (default: ours)")
    _asking(verb)
    verb.add_argument("--old-template", metavar="URL", help="what it was made from, if it doesn't say")
    verb.add_argument("--old-directory", metavar="DIR", help="the folder of that repository to take")
    verb.add_argument("--from", dest="start", metavar="REF", help="the version of it that it was made from")
    verb.add_argument(
        "--from-nothing",
        dest="nothing",
        action="store_true",
        help="take it as made by hand, whatever it says",
    )
    verb.add_argument("--branch", metavar="NAME", help="the branch to make (mlkata/adopt)")
    how = verb.add_mutually_exclusive_group()
    how.add_argument("-n", "--dry-run", action="store_true", help="say what would happen, and why")
    how.add_argument("--diff", action="store_true", help="show what would happen, as a patch")


def _check(verb: argparse.ArgumentParser) -> None:
    _rendering(verb)
    verb.add_argument("path", nargs="?", metavar="PATH", help="the project (default: here)")
    verb.add_argument("--outdated", action="store_true", help="only: is there an update?")
    verb.add_argument("--drift", action="store_true", help="only: what differs from the template?")
    verb.add_argument("--prereleases", action="store_true", help="pre-releases count as releases")


def _diff(verb: argparse.ArgumentParser) -> None:
    _rendering(verb)
    verb.add_argument("paths", nargs="*", metavar="PATH", help="only these files or folders")


def _restore(verb: argparse.ArgumentParser) -> None:
    _rendering(verb)
    verb.add_argument("paths", nargs="+", metavar="PATH", help="files or folders")
    verb.add_argument("-n", "--dry-run", action="store_true", help="say what would happen")


def _undo(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("path", nargs="?", metavar="PATH", help="the project (default: here)")
    verb.add_argument("-n", "--dry-run", action="store_true", help="say what would happen")
    verb.add_argument("--force", action="store_true", help="also over what was edited since")


def _add(verb: argparse.ArgumentParser) -> None:
    verb.set_defaults(print_help=verb.print_help)
    verb.add_argument("-h", "--help", action="store_true", help="show this; after a KIND, its options")
    verb.usage = "mlkata add [KIND NAME … [--OPTION VALUE …] | QUESTION=ANSWER …] [-n] [--json] [-q]"
    _rendering(verb)
    verb.add_argument("-n", "--dry-run", action="store_true", help="say what would happen")


def _remove(verb: argparse.ArgumentParser) -> None:
    _rendering(verb)
    verb.add_argument("words", nargs="+", metavar="WORD", help="a kind and names, or an answer to take back")
    verb.add_argument("-n", "--dry-run", action="store_true", help="say what would happen")
    verb.add_argument("--force", action="store_true", help="also what was edited since")


def _relink(verb: argparse.ArgumentParser) -> None:
    _rendering(verb)
    verb.add_argument("url", type=_text, metavar="URL", help="the template's new address")
