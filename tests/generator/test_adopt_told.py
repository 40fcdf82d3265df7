"""What `mlkata adopt` tells a person: nothing is left out or lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from adopting import actions, adopt, files, repository, target
from evolving import Repository


@pytest.fixture
def new(tmp_path: Path) -> Repository:
    return target(tmp_path / "target")


def notes(done: object) -> str:
    return "\n".join(done.data["notes"])  # type: ignore[attr-defined]


def test_files_of_the_template_come_although_the_repository_ignores_them(
    new: Repository, tmp_path: Path
) -> None:
    new.commit(
        {
            "template/.gitignore.jinja": "/outputs/\n",
            "template/outputs/seed.txt": "seed\n",
            "template/src/{{ package_name }}/models/net.py": "net = 1\n",
            "template/data/README.md": "data\n",
        },
        tag="v1.0.1",
    )
    made = repository(tmp_path / "made", {"apps/a/x.txt": "x\n", "apps/a/local.txt": "x\n"})
    made.commit({"apps/.gitignore": "models/\n*.log\n"})
    (made.path / ".git/info/exclude").write_text("data/\n")
    done = adopt(made.path / "apps/a", new)
    assert [path for path in files(made, "mlkata/adopt-apps-a") if "models" in path or "data/" in path] == [
        "apps/a/data/README.md",
        "apps/a/src/pkg/models/net.py",
    ]
    assert actions(done)["outputs/seed.txt"] == "skipped"
    assert (
        "Your rule models/ in apps/.gitignore ignores files of the template; they are on the branch all the "
        "same: src/pkg/models/net.py. New files beside them need git add -f; narrow the rule (/models/)."
    ) in done.data["notes"]
    assert "Your rule data/ in .git/info/exclude ignores" in notes(done)
    assert "outputs" not in notes(done)
