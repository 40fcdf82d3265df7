"""Data: what is read, refused and split."""

import gzip
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import polars as pl
import pytest
import sqlalchemy as sa
from conftest import configure, make_frame
from polars.testing import assert_frame_equal

from flights.configurations import Settings
from flights.middleware.errors import UserError
from flights.middleware.logger import log
from flights.repository.data_manager import DataManager, batches
from flights.repository.data_settings import Source
from flights.repository.schema import cast, convert
from flights.repository.sources import connect, read


def test_source_is_read_in_the_declared_types(settings: Settings, task: str) -> None:
    frame = DataManager(settings).read_source()
    assert_frame_equal(frame, make_frame(task))


@pytest.mark.parametrize("kind", ["parquet", "sql"])
def test_other_sources_give_the_same(project: Path, task: str, kind: str) -> None:
    frame = make_frame(task)
    uri, query = "tiny.parquet", "null"
    if kind == "parquet":
        frame.write_parquet(uri)
    else:
        uri, query = "sqlite:///tiny.db", "SELECT * FROM tiny"
        frame.write_database("tiny", uri, engine="sqlalchemy")
    source = (f"data.source.kind={kind}", f"data.source.uri='{uri}'", f"data.source.query={query}")
    settings = configure(task, *source)
    assert_frame_equal(DataManager(settings).read_source(), frame)


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_a_database_says_nothing_of_types(project: Path, task: str) -> None:
    values = [*range(150), 12.4517]
    with sa.create_engine("sqlite:///late.db").begin() as connection:
        connection.execute(sa.text("CREATE TABLE late (value, note)"))
        connection.execute(
            sa.text("INSERT INTO late VALUES (:value, 'a \\:b')"), [{"value": v} for v in values]
        )
    source = Source(kind="sql", uri="sqlite:///late.db", query="SELECT value FROM late WHERE note = 'a :b'")
    assert read(source, [])["value"].to_list() == values


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([1.0, None, 2.0], "str", ["1", None, "2"]),
        ([1.5], "str", [None]),
        ([True], "str", [None]),
        ([2023], "date", [None]),
        ([1704067200.0], "datetime", [None]),
        (["2024-02-29"], "date", [date(2024, 2, 29)]),
    ],
)
def test_what_a_value_means_is_not_guessed(values: list[Any], dtype: str, expected: list[Any]) -> None:
    assert convert(pl.Series("column", values), dtype).to_list() == expected


def test_query_derives_columns(project: Path, task: str) -> None:
    query = 'SELECT id, when, amount * 2 AS amount, count, colour, member, "group", target FROM self'
    settings = configure(task)
    source = settings.data.source.model_copy(update={"query": query})
    settings = settings.model_copy(update={"data": settings.data.model_copy(update={"source": source})})
    found = DataManager(settings).read_source()["amount"]
    assert found.to_list() == (make_frame(task)["amount"] * 2).to_list()


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_a_type_that_can_not_be_cast_is_named(project: Path, settings: Settings, task: str) -> None:
    frame = make_frame(task).with_columns(colour=pl.lit([1]))
    with pytest.raises(UserError, match=r"\n  column 'colour': cannot cast List"):
        cast(frame, settings.data, settings.data.kept, "rows")


def spoil(frame: pl.DataFrame, column: str, value: Any) -> pl.DataFrame:
    """Put a value into the third row."""
    values = frame[column].to_list()
    values[2] = value
    strict = isinstance(value, type(values[0])) or value is None
    return frame.with_columns(
        pl.Series(column, values if strict else [None if v is None else str(v) for v in values])
    )


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("amount", 99.0, "column 'amount': 1 values fail less_than_or_equal_to(10.0): 99.0"),
        ("amount", 1.8e308, "column 'amount': 1 values fail in_range(-3.4e+38, 3.4e+38)"),
        ("amount", None, "column 'amount' has null values; if they are right, say nullable: true"),
        ("target", None, "column 'target' has null values: leave those rows out"),
        ("amount", "much", "column 'amount': 1 of 160 values are not float: 'much'"),
        ("count", "1.5", "column 'count': 1 of 160 values are not int: 1.5"),
        ("id", 1000, "column 'id' is the id, but it repeats: 1000"),
        ("when", "soon", "column 'when': 1 of 160 values are not date: 'soon'"),
    ],
)
def test_wrong_values_are_named(
    project: Path, settings: Settings, task: str, column: str, value: Any, message: str
) -> None:
    spoil(make_frame(task), column, value).write_csv("tiny.csv")
    with pytest.raises(UserError) as error:
        DataManager(settings).read_source()
    assert message in str(error.value)


def test_wrong_frames_are_named(project: Path, settings: Settings, task: str) -> None:
    frame = make_frame(task)
    copy = frame.with_columns(amount=frame["target"]) if task == "regression" else None
    cases = {
        "column 'amount' is not there; did you mean 'amounts'?": frame.rename({"amount": "amounts"}),
        "there are no rows": frame.clear(),
        "target 'target' has a single value": frame.with_columns(target=pl.lit(frame["target"][0])),
        "column 'colour' holds nothing but nulls": frame.with_columns(colour=pl.lit(None, pl.String)),
    }
    for message, wrong in cases.items():
        wrong.write_csv("tiny.csv")
        with pytest.raises(UserError) as error:
            DataManager(settings).read_source()
        assert message in str(error.value)
    if copy is not None:
        copy.with_columns(pl.col("amount", "target") / 100).write_csv("tiny.csv")
        with pytest.raises(UserError, match="feature 'amount' is a copy of target"):
            DataManager(settings).read_source()


def test_a_missing_source_is_named(settings: Settings) -> None:
    Path("tiny.csv").unlink()
    with pytest.raises(UserError, match=r"csv 'tiny.csv' can't be read: .*No such file"):
        DataManager(settings).read_source()


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_a_column_may_change_its_look_late(project: Path, settings: Settings, task: str) -> None:
    rows = "\n".join(str(number) for number in range(10_050))
    Path("late.csv").write_text(f"amount\n{rows}\n1.5\n")
    assert read(Source(kind="csv", uri="late.csv"), [])["amount"].to_list() == [*range(10_050), 1.5]


@pytest.mark.parametrize("task", ["classification"], indirect=True)
@pytest.mark.parametrize("ending", ["gz", "zip"])
def test_a_spoilt_archive_is_named(project: Path, task: str, ending: str) -> None:
    path = Path(f"rows.csv.{ending}")
    if ending == "gz":
        path.write_bytes(gzip.compress(Path("tiny.csv").read_bytes())[:-200])
    else:
        path.write_bytes(b"no archive")
    with pytest.raises(UserError, match=f"csv '{path}' can't be read: "):
        read(Source(kind="csv", uri=str(path)), [])
    with ZipFile("two.csv.zip", "w") as archive:
        for name in ("a.csv", "b.csv"):
            archive.write("tiny.csv", name)
    ZipFile("none.csv.zip", "w").close()
    with pytest.raises(UserError, match=r"it holds 0 files"):
        read(Source(kind="csv", uri="none.csv.zip"), [])
    with pytest.raises(UserError, match=r"it holds 2 files; name one: zip://a.csv::two.csv.zip"):
        read(Source(kind="csv", uri="two.csv.zip"), [])
    assert len(read(Source(kind="csv", uri="zip://b.csv::two.csv.zip"), [])) == 160
    with ZipFile("mac.csv.zip", "w") as archive:
        archive.write("tiny.csv", "a.csv")
        archive.writestr("__MACOSX/._a.csv", b"\0")
    assert len(read(Source(kind="csv", uri="mac.csv.zip"), [])) == 160


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_nan_is_a_missing_value(project: Path, settings: Settings, task: str) -> None:
    frame = make_frame(task).with_columns(count=pl.Series([float("nan")] * 160))
    assert cast(frame, settings.data, ["count"], "rows")["count"].null_count() == 160
    limit = configure(
        task, "data.columns.when={dtype: datetime, role: time, min: '2024-01-01T01:00:00+01:00'}"
    )
    assert limit.data.columns["when"].typed("2024-01-01T01:00:00+01:00") == datetime(2024, 1, 1)


def test_rows_that_were_split_otherwise_are_refused(project: Path, task: str) -> None:
    DataManager(configure(task)).save(DataManager(configure(task)).split(make_frame(task)))
    assert len(DataManager(configure(task)).load("train")) == 108
    for change in ("data.split.test_size=0.6", "data.columns.id.role=ignore"):
        with pytest.raises(
            UserError, match=r"train.parquet was split otherwise than hydra/data/tiny.yaml says"
        ):
            DataManager(configure(task, change)).load("train")
    manager = DataManager(configure(task))
    assert (
        manager.by == '{"by":"hash","test_size":0.3,"cutoff":null,"stratify":false} id'
    )  # equal rows, equal files
    by_time = DataManager(configure(task, "data.split.by=time"))
    by_time.by = f"{by_time.data.split.model_dump_json()} id"  # as 0.5 wrote it
    by_time.save(by_time.split(make_frame(task)))
    assert len(DataManager(configure(task, "data.split.by=time")).load("train")) == 112
    nameless = ("data.columns.id.role=ignore", "data.columns.group.role=ignore")  # all that is kept is hashed
    manager = DataManager(configure(task, nameless[0]))
    manager.save(manager.split(manager.read_source()))
    with pytest.raises(UserError, match="was split otherwise"):
        DataManager(configure(task, *nameless)).load("train")


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_errors_within_a_transaction_are_their_own(project: Path, task: str) -> None:
    with pytest.raises(ValueError, match=r"^mine$"), connect("sqlite:///x.db", "url", create=True):
        raise ValueError("mine")


def test_rows_stay_on_their_side_when_others_come(project: Path, settings: Settings, task: str) -> None:
    manager = DataManager(settings)
    whole = make_frame(task, rows=400)
    small = manager.split(whole.filter(pl.col("id") % 2 == 0))
    large = manager.split(whole.sample(fraction=1.0, shuffle=True, seed=1))
    for part in ("train", "test"):
        assert set(small[part]["id"]) <= set(large[part]["id"])
    assert 0.2 < len(large["test"]) / 400 < 0.4


def test_time_splits_after_the_cutoff(project: Path, task: str) -> None:
    frame = make_frame(task)
    with pytest.raises(UserError, match="cutoff: '04/01/2024' is no date, as 'when' is"):  # or 4 January?
        configure(task, "data.split.by=time", "data.split.cutoff=04/01/2024")
    with pytest.raises(UserError, match="the time column is no date, datetime or number"):
        configure(task, "data.split.by=time", "data.columns.when.dtype=str")
    settings = configure(task, "data.split.by=time", "data.split.cutoff=2024-04-01")
    parts = DataManager(settings).split(frame)
    assert (str(parts["train"]["when"].max()), str(parts["test"]["when"].min())) == (
        "2024-03-31",
        "2024-04-01",
    )
    with pytest.raises(UserError, match=r"is empty: set another data.split.cutoff or data.split.test_size"):
        DataManager(configure(task, "data.split.by=time", "data.split.cutoff=2035-01-01")).split(frame)
    latest = DataManager(configure(task, "data.split.by=time")).split(frame)["test"]
    assert len(latest) == round(0.3 * len(frame))
    years = frame.with_columns(
        when=pl.when(pl.col("id") < 1040).then(date(2022, 1, 1)).otherwise(date(2023, 1, 1))
    )
    months = frame.with_columns(when=pl.col("when").dt.truncate("1mo"))
    for rows, expected in ((years, 120), (months, 39)):  # of two sides, the one that is nearer to 48
        assert len(DataManager(configure(task, "data.split.by=time")).split(rows)["test"]) == expected


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_stratified_parts_have_every_class(project: Path, task: str) -> None:
    frame = make_frame(task).with_columns(
        target=pl.when(pl.col("id") < 1002).then(pl.lit("yes")).otherwise(pl.lit("no"))
    )
    parts = DataManager(configure(task, "data.split.stratify=true")).split(frame)
    assert [part["target"].n_unique() for part in parts.values()] == [2, 2]


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("columns", [["id", "amount"], ["id", "amount", "nothing"]])
def test_batches_are_bounded_and_complete(project: Path, task: str, ending: str, columns: list[str]) -> None:
    frame, path = make_frame(task).with_columns(pl.lit(1).alias("")), Path(f"rows.{ending}")
    frame.write_csv(path) if ending == "csv" else frame.write_parquet(path)
    rows, found = batches(path, 50, columns, configure(task).data)
    parts = list(found)
    assert rows == 160
    assert parts[0].columns == (columns if ending == "parquet" and len(columns) == 2 else frame.columns)
    assert max(len(part) for part in parts) <= 50
    assert pl.concat(parts)["id"].cast(pl.Int64).to_list() == frame["id"].to_list()


@pytest.mark.parametrize("task", ["classification"], indirect=True)
@pytest.mark.parametrize(("true", "false"), [("true", "False"), ("1", "0"), ("Yes", "no")])
def test_a_csv_is_read_for_prediction_as_on_retrieval(
    project: Path, task: str, true: str, false: str
) -> None:
    Path("rows.csv").write_text(
        "id,when,colour,amount,count,member\n"
        f'1,2024-02-29,007,1.5,1.0,{true}\n2,,,NA,,\n3,2024-01-01,"","NA",3,{false}\n'
    )
    names = ["id", "when", "colour", "amount", "count", "member"]
    source = Source(kind="csv", uri="rows.csv", null_values=["NA"])
    data = configure(task).data.model_copy(update={"source": source})
    _, found = batches(Path("rows.csv"), 50, names, data)
    batch = cast(pl.concat(found), data, names, "rows.csv")
    assert batch.row(0) == (1, date(2024, 2, 29), "007", 1.5, 1, True)
    assert batch.row(1) == (2, None, None, None, None, None)


@pytest.mark.parametrize("task", ["classification"], indirect=True)
def test_a_date_by_day_and_month_is_told(
    project: Path, task: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "propagate", True)
    monkeypatch.setattr(log, "handlers", [])
    Path("days.csv").write_text("iso,other,clock\n2024-01-31,NA,01:00:00\n2024-02-01,04/01/2024,02:00:00\n")
    read(Source(kind="csv", uri="days.csv", null_values=["NA"]), [])
    assert caplog.messages == ["column 'other': '04/01/2024' is read as 2024-01-04, day before month"]
