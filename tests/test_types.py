"""Every output of the matrix type-checks, strictly."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from rendering import Rendered


def python_tree(output: Rendered) -> str:
    """What mypy sees of an output: outputs with the same digest need one run."""
    digest = sha256()
    for file in [*output.files("*.py"), output.path / "pyproject.toml"]:
        text = file.read_text(encoding="utf-8")
        if file.name == "pyproject.toml":
            text = text[text.index("[tool.mypy]") : text.index("[tool.pytest")]
        digest.update(f"{file.relative_to(output.path)}\0{text}\0".encode())
    return digest.hexdigest()


def test_every_output_type_checks(matrix: list[Rendered], tmp_path: Path) -> None:
    distinct = {python_tree(output): output for output in matrix}
    assert len(distinct) >= 2  # the package names of the matrix, at least
    for output in distinct.values():
        command = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache")]
        done = subprocess.run(command, cwd=output.path, capture_output=True, text=True, check=False)
        assert done.stdout.startswith("Success: no issues found in "), done.stdout
        assert done.returncode == 0
