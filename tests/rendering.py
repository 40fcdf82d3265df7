"""Render the template in tests: which answers there are, and one call that gives a generated repository."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Any

import copier
import yaml

ROOT = Path(__file__).resolve().parent.parent
Answers = dict[str, Any]
Pair = frozenset[tuple[str, Any]]

# What a question without choices is answered with in the matrix: its default (None), and what breaks a file
# that was put together carelessly. No braces: those that are left after rendering were forgotten. Of a list:
# all (None), none, and each alone.
TYPED: Mapping[str, Sequence[Any]] = {
    "example": [True, False],
    "all_questions": [None],  # decides what is asked, not what is generated
    "project_name": ["Churn", "Kündigung \"2\" \\ 'Ω' # 顧客 🦊"],
    "package_name": ["churn", "a_2b"],
    "description": [None, "x: \"y\" \\n 'z' # 日本語 & <b> - [1, 2] " + "w" * 250],
    "author": [None, 'Ana "Ñ" O\'Neil \\ 太郎'],
    "email": [None, "team@example.com"],
    "tracking_uri": [None, "https://mlflow.example.com:5000/x"],
    "data_remote_url": [None],  # follows from data_remote
    "more_jobs": [None, (), ("optimize",), ("draft",), ("reproduce",), ("rollback",)],
}


def questions() -> dict[str, dict[str, Any]]:
    """Each question of copier.yml in its order, without what is only computed."""
    config: dict[str, Any] = yaml.safe_load((ROOT / "copier.yml").read_text(encoding="utf-8"))
    asked = {name: details for name, details in config.items() if not name.startswith("_")}
    return {name: details for name, details in asked.items() if details.get("when") is not False}


def values() -> dict[str, Sequence[Any]]:
    """Each question with the answers that the matrix combines: all its choices, or what TYPED has for it."""
    found: dict[str, Sequence[Any]] = {}
    for name, details in questions().items():
        choices = details.get("choices")
        if name in TYPED:
            found[name] = TYPED[name]
        else:
            found[name] = list(choices.values() if isinstance(choices, dict) else choices or ())
    return found


def pairs(row: Mapping[str, Any]) -> set[Pair]:
    """Every two answers of one row."""
    return {frozenset(pair) for pair in combinations(row.items(), 2)}


def pairwise(parameters: Mapping[str, Sequence[Any]]) -> Iterator[Answers]:
    """Rows in which any two values of any two parameters meet at least once (greedy, deterministic)."""
    missing = {
        frozenset({(a, x), (b, y)}): None  # a dict, as an ordered set
        for a, b in combinations(parameters, 2)
        for x in parameters[a]
        for y in parameters[b]
    }
    while missing:
        row: Answers = dict(next(iter(missing)))  # a pair that is missing for sure: each row gets further
        for name in parameters:
            if name not in row:
                gains = Counter[Any]()
                for value in parameters[name]:
                    gains[value] = sum(frozenset({(name, value), seen}) in missing for seen in row.items())
                row[name] = gains.most_common(1)[0][0]
        for pair in pairs(row):
            missing.pop(pair, None)
        yield {name: row[name] for name in parameters}


@dataclass(frozen=True)
class Rendered:
    """A generated repository and the answers that were given for it."""

    path: Path
    answers: Answers

    def files(self, *patterns: str) -> list[Path]:
        """Its files that match one of the patterns (all, where there is none)."""
        found = {file for pattern in patterns or ("*",) for file in self.path.rglob(pattern)}
        return sorted(file for file in found if file.is_file())

    def text(self, name: str) -> str:
        """One of its files."""
        return (self.path / name).read_text(encoding="utf-8")

    def recorded(self) -> Answers:
        """Read its answers file."""
        answers: Answers = yaml.safe_load(self.text(".copier-answers.yml"))
        return answers


def render(template: Path, destination: Path, answers: Mapping[str, Any] | None = None) -> Rendered:
    """Generate a repository as `copier copy --defaults` does, which refuses tasks and extensions."""
    given = {name: value for name, value in (answers or {}).items() if value is not None}
    given |= {name: list(value) for name, value in given.items() if isinstance(value, tuple)}
    copier.run_copy(str(template), destination, data=given, defaults=True, quiet=True)
    return Rendered(destination, given)


def run(*command: str | Path, cwd: Path) -> str:
    """Run a command that has to succeed, and give what it said."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{(done.stdout + done.stderr)[-4000:]}"
    return done.stdout


def git(*arguments: str, cwd: Path) -> str:
    """Run git as nobody in particular."""
    who = ("-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main")
    return run("git", *who, *arguments, cwd=cwd)
