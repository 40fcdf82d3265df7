"""What `draft` writes of data that it has not seen before."""

from pathlib import Path

import polars as pl
import pytest
import yaml
from conftest import Run

SIGNS = "a,b\n" + "\n".join(f"{number},${number}" for number in range(30))


def test_draft_is_a_data_set(project: Path, run: Run, task: str) -> None:
    name = Path("tiny.csv").rename("it's ${here}\\.csv").name  # none of its marks is Hydra's
    assert run("draft", name, "draft.name=drafted") == 0
    written = yaml.safe_load(Path("hydra/data/drafted.yaml").read_text())
    assert written["task"] == task
    assert {name: column["role"] for name, column in written["columns"].items()} == {
        "id": "id", "when": "time", "amount": "feature", "count": "feature", "colour": "feature",
        "member": "feature", "group": "feature", "target": "target",
    }  # fmt: skip
    assert run("retrieve", "data=drafted") == 0
    assert run("draft", name, "draft.name=drafted") == 1


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_draft_guesses_what_can_be_used(project: Path, run: Run) -> None:
    days = ["", *(f"2024-01-0{day}" for day in range(2, 9))]
    rows = [f"{number},{day},0{number}:00:00,{number % 2}" for number, day in enumerate(days)]
    Path("données 1.csv").write_text(",day,clock,target\n" + "\n".join(rows))
    assert run("draft", "données 1.csv", "--cfg", "job") == 0  # only shows
    assert run("draft", "données 1.csv") == 0
    written = yaml.safe_load(Path("hydra/data/donn_es_1.yaml").read_text())
    assert {name: column["role"] for name, column in written["columns"].items()} == {
        "": "ignore", "day": "ignore", "clock": "ignore", "target": "target",
    }  # fmt: skip
    assert written["split"]["by"] == "hash"
    assert run("draft", "tiny.csv", "draft.name=../my data") == 0
    assert Path("hydra/data/my_data.yaml").exists()
    Path("2024.csv").write_text("code,x,y\n" + "\n".join(f"{2**63 + n},{n},{n or ''}" for n in range(30)))
    assert run("draft", "2024.csv", "draft.target=y") == 0
    columns = yaml.safe_load(Path("hydra/data/data_2024.yaml").read_text())["columns"]
    assert columns["code"] == {"dtype": "str", "role": "id"}
    assert columns["x"] == {"dtype": "int", "role": "ignore"}  # it numbers the rows, too
    assert columns["y"] == {"dtype": "int", "role": "target"}


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_draft_keeps_what_is_written(project: Path, run: Run) -> None:
    rows = "\n".join(f"00{row},{row % 3},{'a' if row % 2 else '${b}'}" for row in range(1, 9))
    Path("codes.csv").write_text("id,${x},target\n" + rows)
    assert run("draft", "codes.csv") == 0
    assert run("retrieve", "data=codes", "data.split.test_size=0.5", "data.split.stratify=true") == 0
    kept = pl.read_parquet("data/codes/*.parquet").sort("id")
    assert kept["id"].to_list() == [f"00{row}" for row in range(1, 9)]
    assert kept["${x}"].to_list() == [1, 2, 0, 1, 2, 0, 1, 2]
    assert set(kept["target"]) == {"a", "${b}"}
    Path("rooms.csv").write_text("rooms,kind,target\n1,N/A,1.5\nN/A,b,2.5\n3,c,?\n")
    assert run("draft", "rooms.csv") == 0
    written = yaml.safe_load(Path("hydra/data/rooms.yaml").read_text())
    assert written["source"]["null_values"] == ["?", "N/A"]
    assert [column["dtype"] for column in written["columns"].values()] == ["int", "str", "float"]
    Path("sums.csv").write_text("a,b,target\n1,c,0\n2,d,1\n3,e,0\n")
    query = "SELECT a * 2 AS a, b, target FROM self WHERE a > 1 AND b <> 'x, y'"
    assert run("draft", "sums.csv", f"draft.query={query}") == 0
    written = yaml.safe_load(Path("hydra/data/sums.yaml").read_text())
    assert (written["source"]["query"], written["columns"]["a"]["dtype"]) == (query, "int")


@pytest.mark.parametrize("task", ["classification"], indirect=True)
@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        ("Größe,b\n1,2\n".encode("latin-1"), 1, "its first line is no UTF-8: save it as UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), 1, "its first line is no UTF-8: save it as UTF-8"),
        (b"a;b;c\n1,5;2;3\n", 1, "more fields than defined in 'Schema': are its values separated by commas?"),
        (SIGNS.encode(), 0, "column 'a' merely numbers the rows, so it is no feature"),
        (SIGNS.encode(), 0, "value of 'b' is another text: is it a number, written with signs?"),
        (b"a,b\n1,2\n2,3\n", 0, "no column is called an id: give the one that tells rows apart that role"),
    ],
)  # fmt: skip
def test_draft_tells_what_is_odd(
    project: Path, run: Run, content: bytes, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("odd.csv").write_bytes(content)
    assert run("draft", "odd.csv") == code
    assert said in capsys.readouterr().err
    Path("named.csv").write_text(SIGNS.replace("a,b", "id,b"))
    assert run("draft", "named.csv") == 0
    assert "merely numbers the rows" not in capsys.readouterr().err
