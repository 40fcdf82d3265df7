"""Apply a result to a working tree so that it can be undone, byte for byte.

All that shall be written, and all that it replaces, is first put together under git's own folder; one
rename then makes it an operation. From there each step is a rename, can be repeated, and can be taken
back: a kill at any instant leaves the old state, or one that `--continue` or `--abort` ends.

    mlkata/next/        being put together; worth nothing
    mlkata/operation/   the last operation: journal.json, incoming/, backup/, the index before and after
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mlkata import index
from mlkata.errors import ExitCode, MlkataError, subject
from mlkata.git import Git
from mlkata.locking import alive, locked
from mlkata.operation import Operation, Write, edited_since, prepare
from mlkata.placing import Copy, copy, link, place, remove


class Journal:
    """The journal of one working tree.

    Args:
        git: Its repository.
        top: The working tree.
    """

    def __init__(self, git: Git, top: Path) -> None:
        self.git = git
        self.top = top
        self.folder = git.private()
        self.current = self.folder / "operation"
        self.next = self.folder / "next"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold this repository; what a killed run left half-made is removed.

        Raises:
            MlkataError: Another run holds it (code 7).
        """
        with locked(self.git.layout().common / "mlkata" / "lock"):
            self._tidy()
            try:
                yield
            finally:
                work = self.git.work()
                shutil.rmtree(work, ignore_errors=True)
                with suppress(OSError):
                    work.parent.rmdir()

    def _tidy(self) -> None:
        former = self.folder / "former"
        if former.exists() and not self.current.exists():
            former.rename(self.current)
        for left in (self.next, former):
            shutil.rmtree(left, ignore_errors=True)
        index.free(self.git)
        self._sweep_work()

    def _sweep_work(self) -> None:
        """Remove what killed runs, and a git killed with them, left half-made."""
        work = self.folder / "work"
        for left in work.iterdir() if work.is_dir() else ():
            if left.name.isdigit() and not alive(int(left.name)):
                shutil.rmtree(left, ignore_errors=True)
                for stale in (self.git.layout().common / "refs" / "mlkata").rglob("*.lock"):
                    stale.unlink(missing_ok=True)

    def load(self) -> Operation | None:
        """The last operation; None where there is none.

        One with conflicts is done when they were committed, or thrown away, by git itself.

        Raises:
            MlkataError: It was damaged.
        """
        file = self.current / "journal.json"
        try:
            found = Operation(**json.loads(file.read_bytes()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise MlkataError(
                f"the journal {file} is damaged, so the last operation can be neither ended nor taken back",
                f"{self.current / 'backup'} has what it replaced. Then remove {self.current}.",
            ) from error
        if found.state == "conflicts" and (self._moved(found) or self._thrown_away(found)):
            found.state = "done"
        return found

    def _moved(self, operation: Operation) -> bool:
        return operation.head != (self.git.oid("HEAD") or "")

    def _thrown_away(self, operation: Operation) -> bool:
        before, after = operation.paths.get(operation.last, (None, None))
        return (
            before != after and operation.at(self.top, operation.last) == before and not self._in_conflict()
        )

    def _in_conflict(self) -> list[str]:
        out = self.git.run("diff", "--name-only", "--diff-filter=U", "--no-ext-diff", "-z")
        return [os.fsdecode(name) for name in out.split(b"\0")[:-1]]

    def unfinished(self) -> Operation | None:
        """The operation that is under way: interrupted, or with conflicts to resolve."""
        found = self.load()
        return found if found and found.state != "done" else None

    def apply(
        self, verb: str, prefix: str, write: Write, report: dict[str, Any], last: str = ""
    ) -> Operation:
        """Make a result the working tree's state.

        Args:
            verb: The command.
            prefix: The managed folder.
            write: What shall change.
            report: What the command says of it.
            last: The path that is written last.

        Raises:
            MlkataError: It can't be written; all is then as it was.
        """
        head = self.git.oid("HEAD") or ""
        operation = Operation(verb, prefix, head, "applying", last, {}, [], report)
        with index.held(self.git):
            try:
                self._prepare(operation, write)
            except OSError as error:
                raise MlkataError(
                    f"{error.filename or self.folder}: {error.strerror}; nothing was changed",
                    "Make room, or give yourself the right to write there, then try again.",
                ) from error
            finally:
                shutil.rmtree(self.next, ignore_errors=True)
            try:
                self._carry_out(operation)
            except OSError as error:
                self._roll_back(operation)
                raise MlkataError(
                    f"{subject(error) or self.top}: {error.strerror}; all is as it was",
                    "Give yourself the right to write there, then try again.",
                ) from error
            index.refresh(self.git)
        return operation

    def _roll_back(self, operation: Operation) -> None:
        try:
            self._restore(operation)
        except OSError as error:
            raise MlkataError(
                f"{subject(error) or self.top}: {error.strerror}; part of it is written, and kept safe",
                "Make room or make it writable, then: mlkata update --abort (all as it was before).",
            ) from error

    def _prepare(self, operation: Operation, write: Write) -> None:
        """Put together what is to be written and what it replaces; the last rename makes it an operation."""
        self.next.mkdir()
        prepare(self.git, self.top, self.next, operation, write)
        self._save(operation, self.next)
        former = self.folder / "former"
        if self.current.exists():
            self.current.rename(former)
        self.next.rename(self.current)
        shutil.rmtree(former, ignore_errors=True)

    def _carry_out(self, operation: Operation) -> None:
        """Bring the working tree to the state after; may be repeated."""
        items = sorted(operation.paths.items(), key=lambda item: (item[0] == operation.last, item[0]))
        for path, (_, after) in items:
            if after is None and not operation.barred(self.top, path):
                remove(self.top / path, self.top)
        for path, (_, after) in items:
            if path == operation.last:
                self._replace_index("index.after")
            if after is not None and operation.at(self.top, path) != after:
                place(self.current / "incoming" / path, self.top / path, self.folder)
        if operation.last not in operation.paths:
            self._replace_index("index.after")
        operation.state = "conflicts" if operation.report.get("status") == "conflicts" else "done"
        self._save(operation, self.current)

    def finish(self, operation: Operation) -> None:
        """Complete what was interrupted, or end what had conflicts.

        Raises:
            MlkataError: There are still conflicts (code 3), or what was written since would be lost (code 5).
        """
        if operation.state != "conflicts":
            self.check_untouched(operation)
            with index.held(self.git):
                if operation.state == "undoing":
                    self._restore(operation)
                else:
                    self._carry_out(operation)
                    index.refresh(self.git)
            return
        if left := self._in_conflict():
            raise MlkataError(
                "still in conflict: " + ", ".join(left),
                "Resolve them (git mergetool, or edit), git add them, then --continue again.",
                ExitCode.CONFLICTS,
            )
        operation.state = "done"
        self._save(operation, self.current)

    def restore(self, operation: Operation, *, force: bool = False) -> None:
        """Bring back what was there before an operation, byte for byte.

        Args:
            operation: The last one.
            force: Also over what was edited since.

        Raises:
            MlkataError: Files were edited, or a commit was made, since (code 5); nothing is changed.
        """
        if not force:
            self.check_untouched(operation)
        with index.held(self.git):
            if operation.state != "applying":  # killed from here on, it is to be ended as one under way
                operation.state = "undoing"
                with suppress(OSError):  # without room for that it is taken back all the same
                    self._save(operation, self.current)
            self._restore(operation)

    def _restore(self, operation: Operation) -> None:
        for path, (before, _) in operation.paths.items():
            if before is None and not operation.barred(self.top, path):
                remove(self.top / path, (self.top / path).parent)
        for folder in reversed(operation.folders):
            with suppress(OSError):
                (self.top / folder).rmdir()
        for number, (path, (before, _)) in enumerate(sorted(operation.paths.items())):
            if before is not None and operation.at(self.top, path) != before:
                while above := operation.barred(self.top, path):
                    (self.top / above).unlink()  # by --force: the link goes, not what it leads to
                place(self.current / "backup" / str(number), self.top / path, self.folder, link)
        self._restore_index(operation)
        self.current.rename(self.next)  # in one step: half an operation would be none
        shutil.rmtree(self.next, ignore_errors=True)
        index.refresh(self.git)

    def check_untouched(self, operation: Operation) -> None:
        """Stop where taking an operation back would lose something.

        Raises:
            MlkataError: Files were edited, or a commit was made, since (code 5).
        """
        if self._moved(operation):
            what = f"a commit was made since this {operation.verb}"
            hint = "Undo it in git: git revert COMMIT (git log shows which)"
            if operation.state in ("applying", "undoing"):
                what = f"another commit is checked out than when this {operation.verb} was interrupted"
                hint = f"Go back to it first: git checkout {operation.head[:10]}"
            raise MlkataError(f"{what}; nothing was changed", f"{hint}.", ExitCode.UNSAFE)
        if edited := edited_since(self.git, self.top, self.current, operation):
            raise MlkataError(
                f"edited since this {operation.verb}: {', '.join(edited[:8])}; nothing was changed",
                "Save them elsewhere, or take them back too: mlkata undo --force",
                ExitCode.UNSAFE,
            )

    def _restore_index(self, operation: Operation) -> None:
        listing = ("ls-files", "-s", "-z")
        kept = [{"GIT_INDEX_FILE": str(self.current / name)} for name in ("index.before", "index.after")]
        if self.git.run(*listing) in [self.git.run(*listing, env=env) for env in kept]:
            self._replace_index("index.before", link)
            return
        mine = [*operation.paths, *operation.hidden]  # what else was staged stays
        index.put_back(self.git, self.current / "index.before", mine)

    def _save(self, operation: Operation, folder: Path) -> None:
        beside = folder / "journal.new"
        with beside.open("w") as file:
            json.dump(asdict(operation), file)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(folder / "journal.json")

    def _replace_index(self, name: str, how: Copy = copy) -> None:
        kept = self.current / name
        if kept.exists():
            place(kept, self.git.layout().index_file, self.folder, how)
        else:
            self.git.layout().index_file.unlink(missing_ok=True)
