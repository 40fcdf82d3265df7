"""`mlkata remove`: what was added goes again, as long as it is as it was added."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from difflib import unified_diff
from pathlib import Path

from mlkata import components, made, parts, project, render, worktree
from mlkata.commands import common, offers, update
from mlkata.components import Catalogue, Kind
from mlkata.errors import ExitCode, MlkataError
from mlkata.merge import Change
from mlkata.objects import Tree
from mlkata.report import Report
from mlkata.template import Version


def run(args: Namespace) -> Report:
    """Remove components, or take back answers: a yes, or some of a list.

    Raises:
        MlkataError: It is not there, or was edited (code 5); nothing was written.
    """
    found = project.find(Path(args.directory), args.answers_file)
    if found.top is None:
        raise MlkataError(f"{found.folder} is a bare repository", "Remove in a working copy.")
    with common.held(found):
        common.check_ended(found)
        offered = offers.at(found, args)
        if offers.are_answers(offered, args.words, "remove"):
            return update.answered(found, offers.answers(found, offered, args.words, "remove"), args)
        kind = offers.kind(offered, args.words, "remove")
        return _remove(found, offered, kind, args.words[1:], args)


def _remove(
    found: project.Project, offered: Catalogue, kind: Kind, names: list[str], args: Namespace
) -> Report:
    what = f"{kind.name} {', '.join(names)}"
    base: Tree = {}
    edited: dict[str, int] = {}
    notes: list[str] = []
    gone: set[str] = set()
    for name in names:
        here = _Component(found, offered, kind, name, args)
        base |= here.base
        edited |= here.edited
        notes += here.notes
        gone |= here.untracked
    _check_own(found, [*base, *edited, *gone], args)
    if edited and not args.force:
        lost = ", ".join(
            f"{path} ({count} line{'s' * (count > 1)})" if count else path for path, count in edited.items()
        )
        raise MlkataError(
            f"edited since it was generated: {lost}; nothing was written",
            "--force removes it with your edits; mlkata undo would bring it back.",
            ExitCode.UNSAFE,
        )
    base |= worktree.present(found, edited)
    part = parts.plan(found, base, {})
    part.loose |= dict.fromkeys(gone)
    going = {*part.tracked, *part.loose}
    report = offers.report("remove", found)
    report.files = [
        Change(path, "delete", "with your edits" if path in edited else "as it was generated")
        for path in sorted(going)
    ]
    report.notes = notes + _referring(found, names, going)
    if args.dry_run:
        report.status, report.headline = "planned", f"{what} would go; nothing was written:"
        return report
    report.headline = f"Removed {what}:"
    report.next = ["git commit", "mlkata undo   (all as it was)"]
    parts.apply(found, part, report)
    return report


class _Component:
    """What of a component is on disk.

    Attributes:
        base: Its files that are as they were generated.
        edited: Those that are not, and how many lines of them are the person's.
        untracked: What its jobs made that git doesn't track, as it was made.
        notes: What stays, and why.
    """

    def __init__(
        self, found: project.Project, offered: Catalogue, kind: Kind, name: str, args: Namespace
    ) -> None:
        self.base: Tree = {}
        self.edited: dict[str, int] = {}
        self.untracked: set[str] = set()
        self.notes: list[str] = []
        known: list[Tree] = []
        there: Tree = {}
        makes: list[str] = []
        for batch in _renderings(found, offered, kind, name, args):
            makes = makes or made.paths(batch[0], offered)
            new = {path for rendered in batch for path in rendered.tree if path not in there}
            there |= worktree.present(found, sorted(new))
            known += [rendered.tree for rendered in batch]
            if there and all(any(tree.get(path) == entry for tree in known) for path, entry in there.items()):
                break
        for path, entry in there.items():
            if any(tree.get(path) == entry for tree in known):
                self.base[path] = entry
            else:
                sources = (tree[path].oid for tree in known if path in tree)
                self.edited[path] = min(_lines(found, source, entry.oid) for source in sources)
        self._made(found, kind, name, [path for path in makes if (found.folder / path).exists()])
        if not (self.base or self.edited or self.untracked):
            looked = sorted({path for tree in known for path in tree} | set(makes))
            raise MlkataError(
                f"there is no {kind.name} {name} here", f"It would be in {', '.join(looked[:4])}."
            )

    def _made(self, found: project.Project, kind: Kind, name: str, makes: list[str]) -> None:
        files = made.files(found.folder, makes) if makes else []
        tracked = worktree.indexed(found, files)
        same = made.unedited(found, kind.name, name, files, tracked)
        there = worktree.present(found, [path for path in files if path in tracked])
        self.base |= {path: entry for path, entry in there.items() if path in same}
        self.edited |= dict.fromkeys((path for path in there if path not in same), 0)
        self.untracked |= {path for path in files if path in same and path not in tracked}
        left = [path for path in files if path not in same and path not in tracked]
        if left:
            self.notes.append(f"Left, as git doesn't track it and it may be yours: {', '.join(left[:8])}")


def _renderings(
    found: project.Project, offered: Catalogue, kind: Kind, name: str, args: Namespace
) -> Iterator[list[render.Rendered]]:
    """All that may have been generated, whatever was chosen: by this version, then by those before."""

    def batch(kind: Kind, version: Version) -> list[render.Rendered]:
        chosen = list(kind.variants())
        # What is there may go, also where it could not be added any more.
        free = {n: {k: v for k, v in q.items() if k != "validator"} for n, q in kind.questions.items()}

        def done(kind: Kind, name: str) -> list[render.Rendered]:
            asked = [offers.request(found, offered, kind, name, of, args, version) for of in chosen]
            return list(render.several(asked, found.git))

        mine, shared = done(replace(kind, questions=free), name), set[str]()
        with suppress(MlkataError):  # nothing can be called so
            for other in done(kind, name[:-1] + ("1" if name.endswith("0") else "0")):
                shared |= other.tree.keys()
        return [replace(one, tree={p: e for p, e in one.tree.items() if p not in shared}) for one in mine]

    yield batch(kind, offered.version)
    for version in components.earlier(offered.template, offered.version, kind):
        older = components.catalogue(offered.template, version, found.git).kinds.get(kind.name)
        if older and not older.broken:
            yield batch(older, version)


def _lines(found: project.Project, old: str, new: str) -> int:
    """How many lines two texts differ in."""
    one, other = (found.git.blob(oid).decode("utf-8", "replace").splitlines() for oid in (old, new))
    changes = list(unified_diff(one, other, n=0, lineterm=""))[2:]
    return sum(line[0] in "+-" for line in changes)


def _check_own(found: project.Project, paths: list[str], args: Namespace) -> None:
    """Stop where a file comes with the project, not from `mlkata add`."""
    _, base = common.rendered(found, args)
    if theirs := [path for path in paths if path in base]:
        raise MlkataError(
            f"{', '.join(theirs[:4])} came with the project, not by mlkata add; nothing was written",
            f"git rm {theirs[0]} takes it away; an update does not bring back what you deleted.",
        )


# Where a file names a component as such: a value of YAML, an argument, a part of a path; an import.
_VALUE = r"^[^#]*([:,[\"'/-][[:space:]]*{0}[[:space:]]*($|#|[],}}\"'/])|={0}($|[[:space:]\"']))"
_IMPORT = r"^[[:space:]]*(from|import)[[:space:]](.*[^[:alnum:]_])?{0}([^[:alnum:]_]|$)"


def _referring(found: project.Project, names: list[str], gone: set[str]) -> list[str]:
    """Say which other files name a component that goes; words in prose don't."""
    notes = []
    for name in names:
        others: list[str] = []
        for pattern, ends in ((_VALUE, (".yaml", ".yml")), (_IMPORT, (".py",))):
            ere = pattern.format(name.replace(".", r"\."))
            out = found.git.run("grep", "-lzIE", "-e", ere, "--", ".", ok=(0, 1), cwd=found.folder)
            paths = [path.decode("utf-8", "replace") for path in out.split(b"\0")[:-1]]
            others += [path for path in paths if path.endswith(ends) and path not in gone]
        if others:
            more = f" and {len(others) - 8} more" if len(others) > 8 else ""
            notes.append(f"{name} is also named in: {', '.join(others[:8])}{more}")
    return notes
