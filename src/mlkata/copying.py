"""The only place that calls Copier, held so that it renders into a folder of ours what we ask for.

Copier's public functions write whole projects. What is used beyond them (`Worker`, `Template`, cached
properties) is internal to it: it is bounded, and tests that compare outputs fail when it moves.
"""

from __future__ import annotations

import posixpath
import re
import warnings
from functools import partial
from pathlib import Path, PurePath
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from copier import Phase
from copier._jinja_ext import get_yield_context
from copier._main import Worker, _operation
from copier._settings import SettingsModel
from copier._template import Template as CopierTemplate
from copier._template import load_template_config
from copier._tools import cast_to_bool
from copier._types import LazyDict
from copier._user_data import load_answersfile_data
from copier.errors import ConfigFileError, ForbiddenPathError
from jinja2 import TemplateError, meta

from mlkata.components import check_given
from mlkata.errors import MlkataError
from mlkata.explaining import check_asked, check_named, check_recorded, own_errors, words
from mlkata.process import output_aside
from mlkata.versions import pep440

if TYPE_CHECKING:
    from mlkata.render import Request


class _Worker(Worker):
    """Copier's worker, which first plans, then draws."""

    request: Request

    # Copier's own lookups start a git process a file and work out the answers file's name a path.

    def _sync_git_index_executable_bit(self, dst_relpath: Path, src_mode: int) -> None:
        pass

    @property
    def answers_relpath(self) -> Path:
        if not hasattr(self, "_answers_relpath"):
            self._answers_relpath = super().answers_relpath
        return self._answers_relpath

    def _render_string(self, string: str, extra_context: Any = None) -> str:
        if not any(mark in string for mark in self._marks):
            loop = get_yield_context(self.jinja_env)  # rendering would end the loop of the path before
            loop.yield_name = loop.yield_iterable = None
            return string
        return super()._render_string(string, extra_context)

    def _render_context(self) -> Any:
        # The template sees the project's folder, not the one we render into.
        context = super()._render_context()
        destination = self.request.destination
        context["_copier_conf"]["dst_path"] = PurePath(destination)
        context["_copier_conf"]["src_path"] = PurePath(self.request.template.address)
        context["_folder_name"] = destination.name
        return context

    def _external_data(self) -> Any:
        folder = self.request.destination

        def load(path: str) -> Any:
            name = self._render_string(path)
            if not (folder / name).resolve().is_relative_to(folder.resolve()):
                raise ForbiddenPathError(path=Path(name))
            return load_answersfile_data(folder, name, warn_on_missing=True)

        known = self.template.external_data.items()
        return LazyDict({name: partial(load, path) for name, path in known})

    def _check_unsafe(self, mode: Any) -> None:  # noqa: ARG002
        raw = self.template._raw_config
        wants = {
            "tasks": self.template.tasks,
            "migrations": raw.get("_migrations"),
            "Jinja extensions": self.template.jinja_extensions,
        }
        features = [name for name, value in wants.items() if value]
        self.request.trust.check(self.request.template, self.request.version, features)

    def _check_migrations(self) -> None:
        """Stop where the way to this version leads over migrations; they are Copier's to run."""
        since = self.request.answers.get("_commit")
        if self.request.operation != "update" or since in (None, self.request.version.name):
            return
        old = CopierTemplate(url=self.request.template.url)
        old.__dict__ |= {"version": pep440(str(since)), "commit": str(since)}
        with warnings.catch_warnings(action="ignore"):
            pending = [*self.template.migration_tasks("before", old)]
            pending += self.template.migration_tasks("after", old)
        if pending:
            raise MlkataError(
                f"the template {self.request.template.url} has migrations between {since} and "
                f"{self.request.version.name}, which mlkata does not run; nothing was written",
                "Take this step with `copier update --trust`; mlkata update works again after it.",
            )

    def _render_file(self, src_relpath: Path, dst_relpath: Path, extra_context: Any = None) -> None:
        if self._drawing is None:
            self.planned.append((src_relpath, dst_relpath, dict(extra_context or {})))
        else:
            super()._render_file(src_relpath, dst_relpath, extra_context)

    def _render_symlink(self, src_relpath: Path, dst_relpath: Path) -> None:
        if self._drawing is None:
            self._links.append((src_relpath, dst_relpath))
            self.planned.append((src_relpath, dst_relpath, {}))
        else:
            super()._render_symlink(src_relpath, dst_relpath)

    def _render_folder(self, dst_relpath: Path) -> None:
        # git keeps no empty folders; a template's own tasks may count on them.
        if self.template.tasks:
            super()._render_folder(dst_relpath)

    # What `render` asks for.

    def plan(self) -> None:
        """Ask the questions and work out every path."""
        self.planned: list[tuple[Path, Path, dict[str, Any]]] = []
        self._links: list[tuple[Path, Path]] = []
        self._drawing: set[str] | None = None
        envops = {**_JINJA, **self.template.envops}
        self._marks = [envops[name] for name in _JINJA if envops.get(name)]
        self._check_unsafe("copy")
        self._check_migrations()
        asked = self.template.questions_data
        check_named(self.request, asked)
        check_given(asked, self.request.data)
        with Phase.use(Phase.PROMPT):
            try:
                self._ask()
            except (ValueError, TypeError) as error:
                left = self.answers.init.keys() - self.answers.user.keys()
                name = next((name for name in asked if name in left), "")
                said = not name or re.search(r"(?:question|choice for) '", str(error))  # Copier names it
                raise ValueError(error if said else f"{name}: {words(error)}") from error
        check_asked(self.request, self.answers)
        check_recorded(self.request, self.answers, asked, lambda q: cast_to_bool(self._render_string(q)))
        with Phase.use(Phase.RENDER):
            self._render_template()
        links = {path for _, path in self._links}
        for file, path, _ in self.planned:
            if links & {path, *path.parents} and (file, path) not in self._links:
                raise ForbiddenPathError(path=path, hint="It leads through a symlink of the template.")

    def draw(self, paths: set[str]) -> None:
        """Render some of the planned paths, and run the tasks of a trusted template."""
        self._drawing = paths
        links = set(self._links)
        for source, path, context in self.planned:
            if path.as_posix() not in paths:
                continue
            with own_errors(self.request, source), Phase.use(Phase.RENDER):
                if any((self.dst_path / part).is_symlink() for part in (path, *path.parents)):
                    raise ForbiddenPathError(path=path, hint="It leads through a symlink of the template.")
                if (source, path) in links:
                    self._render_symlink(source, path)
                else:
                    self._render_file(source, path, context)
        if self.template.tasks:
            with own_errors(self.request), Phase.use(Phase.TASKS), output_aside():
                self._execute_tasks(self.template.tasks)

    def context(self) -> dict[str, str]:
        """What decides a file's content beside its source; as text, for 1, 1.0 and True are equal."""
        values = self.answers.combined
        return {key: repr(value) for key, value in values.items() if key not in _PER_VERSION}

    def remembered(self) -> dict[str, Any]:
        """What goes into the answers file."""
        return dict(self._answers_to_remember())

    def secret(self) -> bool:
        """Whether an answer went in that is recorded nowhere."""
        values, questions = self.answers.combined, self.template.questions_data
        return any(
            values.get(name) not in (None, "", questions.get(name, {}).get("default"))
            for name in self.template.secret_questions
        )

    def references(self, content: bytes) -> set[str] | None:
        """Which files a template file includes; None where it can't be told."""
        try:
            found = meta.find_referenced_templates(self.jinja_env.parse(content.decode()))
            names = set(found)
        except (TemplateError, UnicodeDecodeError):
            return None
        return None if None in names else {posixpath.normpath(name.lstrip("/")) for name in names if name}

    def say(self, value: Any) -> Any:
        """What a component's setting says: its texts rendered, and those left out that turn out empty."""
        if isinstance(value, list):
            return [found for item in value if (found := self.say(item)) not in ("", [])]
        with own_errors(self.request), Phase.use(Phase.RENDER):
            return self._render_string(value) if isinstance(value, str) else value

    def message(self) -> str:
        """What the template says afterwards."""
        update = _operation.get() == "update"
        text = self.template.message_after_update if update else self.template.message_after_copy
        with own_errors(self.request):
            return self._render_string(text).strip("\n") if text else ""


_JINJA = {
    "block_start_string": "{%", "variable_start_string": "{{", "comment_start_string": "{#",
    "line_statement_prefix": None, "line_comment_prefix": None,
}  # fmt: skip
_PER_VERSION = {"_src_path", "_commit", "_external_data", "_copier_conf", "_copier_answers"}


def prepare(request: Request, source: Path, target: Path) -> _Worker:
    """A worker that has asked the questions and planned the paths.

    Args:
        request: What to render.
        source: The version's files.
        target: Where to render to; an empty folder.

    Raises:
        MlkataError: The template or an answer is wrong, or it wants to run code untrusted (code 4).
    """
    template = CopierTemplate(url=request.template.url, ref=request.version.sha)
    template.__dict__ |= {
        "local_abspath": source.resolve(),
        "commit": request.version.name,
        "commit_hash": request.version.sha,
        "git_index_modes": {},
        "url_expanded": request.template.address,
        "vcs": "git",
        "version": pep440(request.version.name),
    }
    worker = _Worker(
        src_path=request.template.url,
        dst_path=target,
        answers_file=Path(request.answers_file) if request.answers_file else None,
        vcs_ref=request.version.sha,
        data=dict(request.data),
        settings=SettingsModel.from_file() if request.operation == "copy" else SettingsModel(),
        defaults=not request.ask,
        skip_answered=not request.ask_again,
        overwrite=True,
        quiet=True,
        unsafe=False,
    )
    worker.request = request
    worker.__dict__["template"] = template
    worker.subproject.__dict__["last_answers"] = {
        key: value
        for key, value in request.answers.items()
        if key in {"_src_path", "_commit"} or not key.startswith("_")
    }
    _operation.set(request.operation)  # type: ignore[arg-type]
    with own_errors(request):
        whole = _config(source)
        template.__dict__["_raw_config"] = request.component.config(whole) if request.component else whole
        worker.plan()
    return worker


def read(request: Request, source: Path) -> dict[str, Any]:
    """The template's settings and questions.

    Args:
        request: Which template and version.
        source: The version's files.

    Raises:
        MlkataError: They can't be read.
    """
    with own_errors(request):
        return _config(source)


def _config(source: Path) -> dict[str, Any]:
    """As `read`, once it is clear that they can be read."""
    found = [path for path in source.glob("copier.*") if path.suffix.lower() in (".yml", ".yaml")]
    if len(found) != 1:
        return dict(CopierTemplate.__dict__["_raw_config"].func(SimpleNamespace(local_abspath=source)))
    try:
        return load_template_config(found[0], quiet=True)
    except ConfigFileError as error:
        why = str(error.__cause__).replace(f'in "{found[0]}", ', "")
        raise ConfigFileError(f"{found[0].name} is no YAML: {words(ValueError(why))}") from error
    except (TypeError, ValueError) as error:
        raise ConfigFileError(f"{found[0].name} is no list of questions: {words(error)}") from error
