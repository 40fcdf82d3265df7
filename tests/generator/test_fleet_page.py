"""The HTML report: one file, well-formed, with nothing in it that a repository's name could run."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest
from evolving import Repository, mlkata
from fleets import BRANCH, LINES, evolved, fleet, made

EVIL = "<script>alert(1)<|script> \"'&amp; 🚀"


class Page(HTMLParser):
    """The page's elements, attributes and texts; it must be well-formed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(" ".join(data.split()))


@pytest.fixture(autouse=True)
def ones(tmp_path: Path) -> dict[str, Repository]:
    found = made(tmp_path / "all", evolved(tmp_path / "template"), "plain", EVIL, "conflicting", "orphan")
    found["conflicting"].commit({"a.txt": LINES.replace("line 18\n", "mine\n")})
    found["orphan"].commit({".copier-answers.yml": None})
    return found


def test_the_report_tells_all_and_runs_nothing(tmp_path: Path) -> None:
    fleet("update", "all", "--html", "report.html", cwd=tmp_path, code=1)
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert "script" not in page.tags
    assert [value for name, value in page.attributes if name in ("src", "href", "action")] == ["data:,"]
    assert [name for name, _ in page.attributes if name.startswith("on")] == []
    assert "url(" not in text
    assert page.texts.count(str(tmp_path / "all" / EVIL)) == 1
    assert page.texts.count("a.txt") == 1
    assert page.texts.count(BRANCH) == 3
    assert sum("has no .copier-answers.yml" in said for said in page.texts) == 1
    assert "The template is ahead of" in page.texts
    assert ("lang", "en") in page.attributes
    assert ("name", "viewport") in page.attributes
    assert page.tags.count("h1") == page.tags.count("main") == 1
    assert page.tags.count("table") == page.tags.count("caption") == 4
    assert [path.name for path in tmp_path.iterdir() if "report" in path.name] == ["report.html"]


def test_links_lead_to_the_web_and_nowhere_else(tmp_path: Path) -> None:
    from mlkata.fleet.page import write
    from mlkata.fleet.rows import Row
    from mlkata.fleet.tally import Tally

    rows = [
        Row(
            "a", status="done", branch="x", link="https://example.com/tree/x", request="https://example.com/1"
        ),
        Row("b", status="done", branch="y", link="javascript:alert(1)", request='https://a/"onclick="x'),
    ]
    tally = Tally("update", 2)
    tally.add(rows)
    write(tmp_path / "r.html", tally, lambda: iter([row.data() for row in rows]))
    page = Page((tmp_path / "r.html").read_text())
    links = [value for name, value in page.attributes if name == "href"]
    assert links == ["data:,", "https://example.com/tree/x", "https://example.com/1", 'https://a/"onclick="x']


def test_a_check_counts_drift_both_ways(ones: dict[str, Repository], tmp_path: Path) -> None:
    ones["plain"].commit({"b.txt": "mine\n"})
    mlkata("update", ones[EVIL].path)
    fleet("check", "all", "--html", "report.html", cwd=tmp_path, code=1)
    texts = " ".join(Page((tmp_path / "report.html").read_text()).texts)
    assert "The template is ahead of 2 of 4 projects." in texts
    assert "In 2 of 4 files of the template are edited, moved or deleted." in texts


def test_a_report_that_cannot_be_written_is_an_error_before_anything_is_done(
    ones: dict[str, Repository], tmp_path: Path
) -> None:
    assert "there is no folder" in fleet("update", "all", "--html", "x/r.html", cwd=tmp_path, code=1).err
    assert ones["plain"].git("branch", "--list") == "* main"
