"""What a component's jobs made: which files, and what they were, so that `remove` knows an edited one.

They can't be rendered again, so what they were is written down under git's own folder; in a fresh clone,
what was first committed is what they were, and what git doesn't track is the person's.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

from mlkata.components import Catalogue
from mlkata.errors import MlkataError
from mlkata.operation import fingerprint
from mlkata.paths import check_path
from mlkata.project import Project
from mlkata.render import Rendered


def paths(rendered: Rendered, offered: Catalogue) -> list[str]:
    """The paths that a component's jobs make, files or folders.

    Raises:
        MlkataError: One is not in the project.
    """
    found = [PurePosixPath(str(path)).as_posix() for path in rendered.settings.get("makes") or ()]
    for path in found:
        check_path(".." if path == "." else path, offered.template.url)
    return found


def files(folder: Path, makes: Iterable[str]) -> list[str]:
    """The files that are at some paths, or in folders of that name."""
    found: list[Path] = []
    for path in makes:
        place = folder / path
        inside = sorted(place.rglob("*")) if place.is_dir() and not place.is_symlink() else [place]
        found += [file for file in inside if file.is_file() or file.is_symlink()]
    return [file.relative_to(folder).as_posix() for file in found]


def remember(project: Project, kind: str, name: str, makes: Sequence[str]) -> None:
    """Write down what was made."""
    record = _record(project, kind, name)
    with suppress(OSError, MlkataError):  # without it, `remove` is more careful
        record.parent.mkdir(parents=True, exist_ok=True)
        known = {path: fingerprint(project.folder / path) for path in files(project.folder, makes)}
        record.write_text(json.dumps(known))


def unedited(project: Project, kind: str, name: str, there: Iterable[str], tracked: set[str]) -> set[str]:
    """Which files are as they were made.

    Args:
        project: The project.
        kind: The component's kind.
        name: Its name.
        there: The files.
        tracked: Those that git tracks.
    """
    record = _record(project, kind, name)
    try:
        known = json.loads(record.read_text())
    except (OSError, ValueError):
        return {path for path in tracked if _as_committed_first(project, path)}
    return {path for path in there if known.get(path) == fingerprint(project.folder / path)}


def _as_committed_first(project: Project, path: str) -> bool:
    git, name = project.git, project.prefix + path
    commits = git.text("log", "--diff-filter=A", "--format=%H", "--", name).splitlines()
    entry = git.add_files(project.folder, [path])[path]
    return bool(commits) and git.oid(f"{commits[0]}:{name}") == entry.oid


def _record(project: Project, kind: str, name: str) -> Path:
    return project.git.private() / "made" / f"{project.prefix}{kind}" / f"{name}.json"
