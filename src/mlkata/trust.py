"""Which templates may run code: by address and commit, or by the key that signed the tag.

A template without tasks, migrations and Jinja extensions needs no trust.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlkata.errors import ExitCode, MlkataError
from mlkata.template import Template, Version


def trust_file() -> Path:
    """Where trust is recorded for a user (XDG)."""
    if own := os.environ.get("MLKATA_CONFIG_DIR"):
        return Path(own) / "trust.json"
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config") / "mlkata" / "trust.json"


@dataclass(frozen=True)
class Trust:
    """What a person said.

    Attributes:
        grant: Trust what is asked about now, and record it (`--trust`).
    """

    grant: bool = False

    def check(self, template: Template, version: Version, features: list[str]) -> None:
        """Stop unless a template may do what it wants to.

        Args:
            template: The template.
            version: Which version of it.
            features: What it wants: tasks, migrations, Jinja extensions.

        Raises:
            MlkataError: It is not trusted at this commit (code 4).
        """
        if not features:
            return
        known = _load().get(template.address, {})
        signer = _signer(template, version)
        if version.sha in known.get("commits", []) or (signer and signer in known.get("signers", [])):
            return
        if not self.grant:
            raise MlkataError(
                f"the template {template.url} at {version.name} wants to run code on this machine "
                f"({', '.join(features)}), and this commit is not trusted; nothing was run",
                "Read what it would run; then add --trust, which is remembered for this commit"
                + (" and the key that signed it." if signer else "."),
                ExitCode.UNTRUSTED,
            )
        _record(template.address, version.sha, signer)


def _load() -> dict[str, dict[str, list[str]]]:
    try:
        found: Any = json.loads(trust_file().read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise MlkataError(
            f"{trust_file()} can't be read: {error}", "Mend or delete it; trust is then asked for again."
        ) from error
    sound = isinstance(found, dict) and all(
        isinstance(entry, dict) and all(isinstance(value, list) for value in entry.values())
        for entry in found.values()
    )
    return found if sound else {}


def _record(address: str, sha: str, signer: str | None) -> None:
    known = _load()
    entry = known.setdefault(address, {})
    entry["commits"] = sorted({*entry.get("commits", []), sha})
    if signer:
        entry["signers"] = sorted({*entry.get("signers", []), signer})
    file = trust_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(f".{os.getpid()}")
    beside.write_text(json.dumps(known, indent=2) + "\n")
    beside.replace(file)


def _signer(template: Template, version: Version) -> str | None:
    """The fingerprint of the key whose good signature the version's tag carries."""
    if template.git.oid(f"refs/tags/{version.name}^{{commit}}") != version.sha:
        return None
    done = template.git.call("verify-tag", "--raw", version.name, ok=range(256))
    if done.returncode:
        return None
    words = (done.stdout + done.stderr).decode(errors="replace")
    if found := re.search(r"\[GNUPG:\] VALIDSIG (\w+)", words):
        return found[1]
    if found := re.search(r'Good "git" signature for .* key (SHA256:\S+)', words):
        return found[1]
    return None
