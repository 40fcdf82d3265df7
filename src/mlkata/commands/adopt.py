"""`mlkata adopt`: bring an existing repository under a template, as a commit on a branch."""

from __future__ import annotations

import re
import sys
from argparse import Namespace
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mlkata import addresses, branches, project, render, sync, template
from mlkata.adopt import (
    bases,
    imports,
    infer,
    mapping,
    metadata,
    moves,
    origin,
    packaging,
    planning,
    requirements,
    telling,
)
from mlkata.adopt.infer import Fact, Facts, Files
from mlkata.adopt.origin import Origin
from mlkata.commands import common
from mlkata.errors import ExitCode, MlkataError
from mlkata.objects import Tree
from mlkata.privacy import clean
from mlkata.report import Report
from mlkata.trust import Trust

_ORDER = [
    "conflict",
    "skipped",
    "kept",
    "delete",
    "change",
    "rename",
    "add",
]  # what needs a person comes first


@dataclass
class Adoption(Report):
    """A report, and what only an adoption has.

    Attributes:
        base: What the repository was made from, in words.
        answers: Each answer, and where it is from.
        moves: What to move where, and the command.
    """

    base: str = ""
    answers: list[dict[str, Any]] = field(default_factory=list)
    moves: list[dict[str, str]] = field(default_factory=list)


def run(args: Namespace) -> Report:
    """Adopt a repository, or a folder of one.

    Raises:
        MlkataError: It can't be done; nothing was written.
    """
    found = project.at(Path(args.directory) / (args.path or "."), args.answers_file)
    with common.held(found):
        common.check_ended(found)
        url = args.template or addresses.default_url()
        source = template.Template(url, Path(args.directory), offline=args.offline)
        if source.local:
            source.url = source.address  # a relative path means nothing from inside the project
        source.url = clean(source.url)  # a password is for git to remember, not for the project
        report = Adoption("adopt", project=str(found.folder), template=source.url)
        address, said = _recorded(found)
        if address and not addresses.same(address, source.address):
            if not args.template:
                shown = re.sub(r"(?<=://)[^/@]*@", "", address)
                raise MlkataError(
                    f"{found.folder} is managed by {shown} at version {said}; nothing was written",
                    f"Stay with it: {telling.again(args, 'update')}. Bring it under another template: "
                    "mlkata adopt --template URL. Did its template move? mlkata relink URL.",
                )
        elif address:
            report.status, report.new = "up-to-date", said
            report.headline = f"It is under this template already: {said} of {source.url}."
            report.next = [telling.again(args, "update")]
            return report
        common.progress(f"Looking at {url}", args)
        source.fetch()
        return _adopt(found, source, args, report)


def _recorded(found: project.Project) -> tuple[str, str]:
    """The template that the folder is under, and its version; empty where there is none."""
    entry = found.tree().get(found.answers_file)
    try:
        answers = project.parse(found.git.blob(entry.oid), found.answers_file) if entry else {}
    except MlkataError:
        return "", ""  # what it says of another template is read later
    if not answers:
        return "", ""
    return addresses.expand(str(answers["_src_path"]), found.folder), str(answers["_commit"])


def _adopt(found: project.Project, source: template.Template, args: Namespace, report: Adoption) -> Report:
    version = source.version(args.ref) if args.ref else source.latest(prereleases=args.prereleases)
    common.check_template(source, version)
    report.new = version.name
    head, ours, trust = found.head(), found.tree(), Trust(grant=args.trust)
    files = Files(found.git, ours)
    known = mapping.load(source, version)
    facts = infer.facts(found, ours)
    made, other, old = _origin(found, known, files, args)
    common.progress(f"Rendering what it was made from: {made.url}" if old else "Reading it", args)
    told = made.context or mapping.context(other, facts, files)
    base = bases.find(found, replace(made, context=told), made.context, old, args.start or "", trust)
    stays = moves.among(other.data.get("keeps"), base.tree) if other else set()
    stays |= _imported(files, base.tree, stays)
    base = replace(base, tree={path: entry for path, entry in base.tree.items() if path not in stays})
    recorded = {key: Fact(value, f"{made.record}: {key}") for key, value in made.context.items()}
    recorded = {key: fact for key, fact in recorded.items() if made.record and not key.startswith("_")}
    answers, refused = mapping.answers(known, other, recorded, facts)
    given = common.answers(args)
    data = {name: fact.value for name, fact in answers.items()} | given
    common.progress(f"Rendering {version.name}", args)
    done = _rendered(found, source, version, data, answers, args)
    own = packaging.own(files, base.tree, metadata.read(files.text))
    sides = planning.Sides(base.tree, ours, done.tree, made.files, _required(files, base.tree), own)
    plan, notes, unmoved = planning.plan(found, sides, done, version)
    plan = replace(plan, head=head)
    report.old, report.base = (base.version.name if base.version else ""), base.said
    report.files = sorted(plan.changes, key=lambda change: (_ORDER.index(change.action), change))
    report.answers = [
        {"question": name, "answer": value, "source": _source(name, given, answers, asked=_asks(args))}
        for name, value in done.answers.items() if not name.startswith("_")
    ]  # fmt: skip
    rules = [*(other.data.get("moves") or [] if other else []), *(known.any.get("moves") or [])]
    found_moves = moves.find(rules, plan.merged.tree, done.tree, done.answers)
    report.moves = [moves.careful(move, unmoved)._asdict() for move in found_moves]
    report.notes = [
        *telling.answered(report.answers), *base.notes, *telling.staying(stays & ours.keys()), *notes,
        *(f"Not taken: {said}" for said in refused),
        *planning.collisions(found, plan), *telling.uncommitted(found, ours, plan.merged.tree),
        *telling.hosts(found, plan.merged.tree), *telling.to_move(found, report.moves),
    ]  # fmt: skip
    return _deliver(found, plan, report, args)


def _origin(
    found: project.Project, known: mapping.Known, files: Files, args: Namespace
) -> tuple[Origin, mapping.Other | None, template.Template | None]:
    """What the repository was made from: as a person says, else as it records, else as its files show."""
    tree = files.tree
    if args.nothing:
        records = tuple(name for name in (origin.CRUFT, *origin.CONTEXTS) if name in tree)
        made = Origin("hands", files=records)
        return made, None, None
    made = origin.detect(found.git, tree, found.answers_file)
    other = mapping.recognise(known, made, args.old_template or "", tree, files)
    about = other.data if other else {}
    made = replace(
        made, settings=str(about.get("settings") or made.settings), lenient=bool(about.get("lenient")),
        places=about.get("places") or {},
    )  # fmt: skip
    if other and not made.record and (left := mapping.state(other, files)):
        where = about["state"]["file"]
        made = replace(made, context=left, record=where)
    url = args.old_template or made.url or str(about.get("source") or "")
    if not url:
        if args.start:
            raise MlkataError(
                "--from names a version of the old template, and none is known",
                "Say which: --old-template URL",
            )
        return replace(made, kind="hands"), other, None
    beside = Path(args.directory) / url
    if args.old_template and beside.is_dir():
        url = str(beside.resolve())
    if url != made.url:
        made = replace(made, url=url, kind=str(about.get("kind") or "cookiecutter"))
        made = replace(
            made, directory=args.old_directory or made.directory or str(about.get("directory") or "")
        )
    elif args.old_directory:
        made = replace(made, directory=args.old_directory)
    old = bases.opened(found, made, offline=args.offline)
    assert old  # noqa: S101 - it has an address
    if args.old_template and made.commit and old.find(made.commit) is None:
        made = replace(made, commit="")  # recorded of another template
    return origin.settled(made, old, args.start or made.commit), other, old


def _rendered(
    found: project.Project, source: template.Template, version: template.Version, data: dict[str, Any],
    answers: Facts, args: Namespace,
) -> render.Rendered:  # fmt: skip
    request = render.Request(
        source, version, found.folder, args.answers_file, {}, data, common.named(args), ask=_asks(args),
        operation="copy", trust=Trust(grant=args.trust),
    )  # fmt: skip
    try:
        return render.render(request, found.git)
    except MlkataError as error:
        quoted = re.search(r"(?:question|choice for) '([^']+)'|is refused: (\w+): ", error.what)
        name = (quoted[1] or quoted[2]) if quoted else ""
        if name not in answers or name in common.answers(args) or error.code is not ExitCode.USER:
            raise
        value, where = answers[name]
        raise MlkataError(
            f"{error.what} (from {where}: {value!r})", f"Answer it yourself: -d {name}=…", error.code
        ) from error


def _asks(args: Namespace) -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and not (args.defaults or args.json or args.quiet)


def _required(files: Files, base: Tree) -> requirements.Required:
    """What the person requires: not what the old template wrote."""
    required = requirements.collect(files, metadata.read(files.text))
    before = Files(files.git, base)
    former = requirements.collect(before, metadata.read(before.text))
    required.entries = [entry for entry in required.entries if entry[0] not in {e for e, _ in former.entries}]
    required.left = [entry for entry in required.left if entry not in former.left]
    return required


def _imported(files: Files, base: Tree, stays: set[str]) -> set[str]:
    """Modules of the old template that the person's own code imports, or what of it stays anyhow."""
    same = {path for path, entry in base.items() if files.tree.get(path) == entry} - stays
    code = [path for path in files.tree if path.endswith((".py", ".ipynb"))] if same else []
    texts = {path: files.text(path) or "" for path in code}
    own = {path: text for path, text in texts.items() if path not in same}
    return imports.needed(own, {path: texts[path] for path in same if path.endswith(".py")})


def _source(name: str, given: dict[str, Any], answers: Facts, *, asked: bool) -> str:
    if name in given:
        return "you"
    return answers[name].source if name in answers else "you, or the default" if asked else "default"


def _deliver(found: project.Project, plan: sync.Plan, report: Adoption, args: Namespace) -> Report:
    conflicts = [change.path for change in plan.changes if change.action == "conflict"]
    what = f"{report.template} {report.new}"
    if args.diff:
        head = found.git.write_tree(found.tree())
        report.patch = common.patch(found, args, head, found.git.write_tree(plan.merged.tree))
        report.status, report.headline = "planned", "No file would change."
        return report
    if args.dry_run:
        report.status = "planned"
        report.headline = f"Under {what}, {report.base}; nothing was written:"
        diff = telling.again(args, "adopt", "--diff")
        report.next = [telling.again(args), f"{diff}   (the same as a patch)"]
        return report
    name = report.branch = args.branch or branches.name_for(found, "adopt")
    before = found.git.oid(f"refs/heads/{name}")
    commit = branches.to_branch(found, plan, name, _message(report, conflicts))
    report.next = telling.following(found, args, name, conflicts=bool(conflicts))
    if commit == before:
        report.status = "up-to-date"
        report.headline = f"The branch {name} ({commit[:10]}) brings it under {what} already."
        return report
    report.status = "conflicts" if conflicts else "done"
    report.code = ExitCode.CONFLICTS if conflicts else ExitCode.DONE
    report.headline = (
        f"Under {what}, {report.base}, on the branch {name} ({commit[:10]}); your working tree is untouched."
    )
    if conflicts:
        report.notes.append("The branch has conflict markers; resolve them there before you merge it.")
    return report


def _message(report: Adoption, conflicts: list[str]) -> str:
    lines = [f"Adopt the template {report.new}", "", f"{report.template} {report.new}; {report.base}"]
    lines += ["", "In conflict, with markers:", *(f"- {path}" for path in conflicts)] if conflicts else []
    return "\n".join(lines) + "\n"
