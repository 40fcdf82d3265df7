"""What a run was made of: one record, whose key is in MLflow, in `outputs/` and in every registered row."""

import json
import os
import subprocess
from hashlib import md5, sha256
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from ..configurations import Settings
from .files import write, written_by
from .logger import redact

BY_DVC = (":!dvc.lock", ":!data/.gitignore")  # what the pipeline itself writes is no change of the code


class Lineage(BaseModel, frozen=True):
    """Code, data, configuration and environment of one trained model, and what it became."""

    git_commit: str | None
    git_dirty: bool
    dvc_revision: str | None
    data_hash: str
    config_hash: str
    lock_hash: str | None
    run_id: str = ""
    model_name: str = ""
    model_version: int = 0
    test_from: float | None = None  # where the test part began in time: it may have learnt what is older
    metrics: dict[str, float] = {}
    config: str = ""

    @property
    def key(self) -> str:
        """Return 16 hexadecimal digits: equal for runs made of the same things."""
        made_of = self.model_dump(
            exclude={"run_id", "model_name", "model_version", "test_from", "metrics", "config"}
        )
        return sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:16]

    def data(self) -> dict[str, Any]:
        """Return the settings of its data set, as values."""
        return dict(yaml.safe_load(self.config)["data"])

    def save(self, path: Path) -> None:
        """Write the record as JSON, whole or not at all."""
        write(path, json.dumps({"key": self.key, **self.model_dump()}, indent=2) + "\n")


def read(path: Path) -> Lineage | None:
    """Return the record that `save` wrote, or None where there is none."""
    with written_by("train", path):
        return Lineage.model_validate_json(path.read_bytes()) if path.exists() else None


def collect(settings: Settings, data_hash: str) -> Lineage:
    """Return what a run of these settings on this data is made of, before it has run."""
    values = settings.model_dump(include={"data", "model", "metric", "seed"})  # what training depends on
    config = redact(yaml.safe_dump(values, sort_keys=False, allow_unicode=True))
    lock = Path("requirements.txt")
    return Lineage(
        git_commit=_git("rev-parse", "HEAD") or os.environ.get("GIT_COMMIT") or None,  # an image has no git
        git_dirty=bool(_git("status", "--porcelain", "--", ".", *BY_DVC) or os.environ.get("GIT_DIRTY")),
        dvc_revision=_dvc_revision(settings.split_dir),
        data_hash=data_hash,
        config_hash=sha256(config.encode()).hexdigest(),
        lock_hash=sha256(lock.read_bytes()).hexdigest() if lock.exists() else None,
        config=config,
    )


def _git(*arguments: str) -> str | None:
    """Return what git says, or None outside a repository (or without git)."""
    try:
        done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True)  # noqa: S603, S607
    except (OSError, subprocess.CalledProcessError):
        return None
    return done.stdout.strip()


def _dvc_revision(folder: Path) -> str | None:
    """Return DVC's name of the folder as it is (an MD5), if that is what dvc.lock has."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = [{"md5": _md5(path.read_bytes()), "relpath": str(path.relative_to(folder))} for path in paths]
    name, lock = f"{_md5(json.dumps(files).encode())}.dir", Path("dvc.lock")
    return name if lock.exists() and name in lock.read_text() else None


def _md5(content: bytes) -> str:
    return md5(content, usedforsecurity=False).hexdigest()
