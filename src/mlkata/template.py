"""Where a template comes from and which versions it has.

A local repository is read where it is. Any other address is mirrored once into the user's cache, under
a lock; the mirror may be deleted at any time. Tags that moved or vanished stay readable in it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from mlkata.addresses import cache_dir, expand
from mlkata.checkout import Checkout, Place
from mlkata.errors import ExitCode, MlkataError
from mlkata.git import Git
from mlkata.locking import locked
from mlkata.process import GitError
from mlkata.versions import is_prerelease, order


@dataclass(frozen=True)
class Version:
    """One commit of a template.

    Attributes:
        name: As Copier records it (`git describe --tags --always`).
        sha: The commit.
    """

    name: str
    sha: str


class Template:
    """A template's repository.

    Args:
        url: As recorded in the answers file.
        base: The project's folder, for a relative `url`.
        offline: Use what the cache has.
        since: A mirror that was brought up to date after this time is new enough.

    Raises:
        MlkataError: It can't be reached (code 6), or is no git repository.
    """

    def __init__(
        self, url: str, base: Path | None = None, *, offline: bool = False, since: float | None = None
    ) -> None:
        self.url = url
        self.address = expand(url, base)
        self.local = Path(self.address).is_dir()
        self.offline = offline
        self._since = since
        self._fetched = False
        self._seen: tuple[int, int] | None = None
        self._known: dict[str, str] | None = None
        if self.local:
            self.git = Git(Path(self.address))
            if not self._is_repository():
                raise MlkataError(
                    f"the template {url} is a folder without git, so it has no versions",
                    "Point to its repository, or use `copier copy` for a one-off.",
                )
        else:
            key = hashlib.sha256(self.address.encode()).hexdigest()[:20]
            self.folder = cache_dir() / f"{key}.git"
            self.git = Git(self.folder, mirror=True)

    def _is_repository(self) -> bool:
        try:
            layout = self.git.layout()
        except GitError as error:
            if "not a git repository" not in error.what:
                raise
            return False
        folder = layout.folder
        if folder.name != ".git" and (folder / "HEAD").is_file():
            # A repository that is committed into another one brings a configuration that can run commands.
            around = Git(folder.parent).call("ls-files", "--", f"{folder.name}/HEAD", ok=range(256))
            if around.stdout:
                raise MlkataError(
                    f"the template {self.url} is a repository that is a file of another one; it is not used",
                    "Clone it to a place of its own.",
                )
        return layout.top is None or layout.prefix == ""

    def fetch(self) -> None:
        """Bring the mirror up to date; nothing, for a local repository.

        Raises:
            MlkataError: The template can't be reached (code 6).
        """
        if self.local or self._fetched:
            return
        present = (self.folder / "HEAD").is_file()
        if self.offline:
            if not present:
                raise MlkataError(
                    f"the template {self.url} is not in the cache",
                    "Try again without --offline.",
                    ExitCode.UNREACHABLE,
                )
            return
        asked = self._since or time.time()
        try:
            self.folder.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MlkataError(
                f"the cache {self.folder.parent} can't be made: {error.strerror}",
                "Set MLKATA_CACHE_DIR to a folder that you may write to.",
            ) from error
        with locked(self.folder.with_suffix(".lock"), wait=True):
            stamp = self.folder / "mlkata-fetched"
            if _since(stamp, asked):  # another process did it
                self._fetched, self._known, self._seen = True, None, self._identity()
                return
            try:
                self._fetch()
            except (GitError, OSError) as error:
                # A mirror that a kill or a disk left broken is made anew; without a network it stays.
                words = str(error)
                sound = (self.folder / "HEAD").is_file() and not re.search(r"fsck|\.lock\b", words)
                if isinstance(error, GitError) and sound and not self._broken():
                    raise self._unreachable(error) from error
                self._make_anew()
            with suppress(OSError):  # deleted since
                stamp.touch()
            self._seen = self._identity()
        self._fetched = True

    def _make_anew(self) -> None:
        for pause in (0.1, 0.3, 1, 2, None):
            shutil.rmtree(self.folder, ignore_errors=True)
            try:
                self._fetch()
                return
            except (GitError, OSError) as error:
                words = getattr(error, "words", str(self.folder))
                signs = (str(self.folder), "not a git repository", "current working directory")
                deleted = any(sign in words for sign in signs)
                if pause is None or not (deleted or not (self.folder / "HEAD").is_file()):
                    shutil.rmtree(self.folder, ignore_errors=True)
                    if isinstance(error, GitError):
                        raise self._unreachable(error) from error
                    raise
                time.sleep(pause)  # somebody is deleting it

    def vanished(self, error: MlkataError | None = None) -> bool:
        """Whether the mirror that `fetch` left was deleted since, or is being deleted.

        Args:
            error: What reading it gave.
        """
        if isinstance(error, GitError) and not self.local and str(self.folder) in error.what:
            return True
        return self._fetched and (self._seen is None or self._identity() != self._seen)

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = (self.folder / "HEAD").stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns

    def _fetch(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if not (self.folder / "HEAD").is_file():
            self.git.run("init", "-q", "--bare", ".")
        before = self._tags()
        refs = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*", "+HEAD:refs/mlkata/head")
        self.git.run(
            "-c", "fetch.fsckObjects=false", "fetch", "-q", "--prune", "--force", "--no-auto-gc",
            "--", self.address, *refs,
        )  # fmt: skip
        self._known = after = self._tags()
        for tag, sha in before.items():
            if after.get(tag) != sha:
                self.git.run("update-ref", f"refs/former/{tag}/{sha}", sha)

    def _broken(self) -> bool:
        done = self.git.call("fsck", "--connectivity-only", "--no-dangling", ok=range(256))
        return done.returncode != 0

    def _unreachable(self, error: GitError) -> MlkataError:
        lines = [line for line in error.words.splitlines() if not line.startswith(("warning:", "remote:"))]
        words = lines[0].removeprefix("fatal: ") if lines else "git failed"
        return MlkataError(
            f"the template {self.url} can't be reached: {words}",
            "Check the address and the network. `mlkata relink URL` names another; --offline uses the cache.",
            ExitCode.UNREACHABLE,
        )

    def has(self, sha: str) -> bool:
        """Whether a commit is (still) there."""
        return sha in self.tags().values() or self.git.oid(f"{sha}^{{commit}}") == sha

    def tags(self) -> dict[str, str]:
        """Each tag's commit, asked once after a fetch."""
        if self._known is None:
            self._known = self._tags()
        return self._known

    def _tags(self) -> dict[str, str]:
        form = "--format=%(objectname) %(*objectname) %(refname:strip=2)"
        lines = [line.split(" ", 2) for line in self.git.text("for-each-ref", form, "refs/tags").splitlines()]
        return {name: peeled or oid for oid, peeled, name in lines}

    def releases(self) -> list[str]:
        """Its tags that are versions (PEP 440), oldest first."""
        return order(self.tags())

    def remote_releases(self) -> list[str]:
        """As `releases`, asked from the remote without fetching.

        Raises:
            MlkataError: The template can't be reached (code 6).
        """
        if self.local:
            return self.releases()
        if self.offline or self._since:
            self.fetch()
            return self.releases()
        try:
            lines = Git(Path.cwd()).text("ls-remote", "--tags", "--refs", "--", self.address)
        except GitError as error:
            raise self._unreachable(error) from error
        return order(line.split("\trefs/tags/", 1)[1] for line in lines.splitlines())

    def latest(self, *, prereleases: bool = False) -> Version:
        """The newest release; the head, where there is none."""
        names = [name for name in self.releases() if prereleases or not is_prerelease(name)]
        return self.version(names[-1] if names else "HEAD")

    def version(self, ref: str) -> Version:
        """What a tag, branch, commit or Copier's recorded `_commit` stands for.

        Raises:
            MlkataError: The template has no such commit (any more).
        """
        found = self.find(ref)
        if found is None:
            raise MlkataError(
                f"the template {self.url} has no {ref!r}",
                "Its versions: " + (", ".join(self.releases()[-8:]) or "none is tagged") + ".",
            )
        return found

    def find(self, ref: str) -> Version | None:
        """As `version`; None where there is no such commit."""
        if not self.local and not (self.folder / "HEAD").is_file():
            return None
        tags = self.tags()
        name = "refs/mlkata/head" if ref == "HEAD" and not self.local else ref
        if sha := tags.get(ref) or self.git.oid(f"{name}^{{commit}}"):
            here = [tag for tag, oid in tags.items() if oid == sha]  # the release, where there are several
            if here and (len(here) == 1 or (here := order(here))):
                return Version(here[-1], sha)
            return Version(self.git.text("describe", "--tags", "--always", sha), sha)
        if not self.local:
            former = self.git.text("for-each-ref", "--format=%(objectname)", f"refs/former/{ref}")
            for line in former.splitlines():
                if sha := self.git.oid(f"{line}^{{commit}}"):
                    return Version(ref, sha)
        return None

    def renew(self) -> bool:
        """Make the mirror anew, where there is one that lost objects."""
        if self.local or self.offline:
            return False
        shutil.rmtree(self.folder, ignore_errors=True)
        self._fetched, self._known = False, None
        self.fetch()
        return True

    def checkout(self, folder: Path) -> Place:
        """A place for the files of one version at a time.

        Args:
            folder: Where to put them; made here.
        """
        return Checkout(self.git, self.url, folder)


def _since(stamp: Path, moment: float) -> bool:
    try:
        return stamp.stat().st_mtime >= moment
    except OSError:
        return False
