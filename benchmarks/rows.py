"""Make and compare Parquet files; a script of its own, because who measures memory stays small.

python rows.py TARGET ROWS PART…    the parts one after the other, repeated up to ROWS (0: once)
python rows.py --same A B           stop unless both hold the same predictions
"""

import sys

import polars as pl
import pyarrow.parquet as pq

GROUP = 250_000


def make(target: str, rows: int, parts: list[str]) -> None:
    """Write the target in row groups, a few at a time in memory; every row has an id of its own."""
    whole = pl.concat([pl.read_parquet(part) for part in parts])
    rows = rows or len(whole)
    schema = whole.to_arrow().schema
    with pq.ParquetWriter(target, schema) as writer:
        for start in range(0, rows, len(whole)):
            piece = whole.head(rows - start).with_columns(id=pl.int_range(start, start + pl.len()))
            writer.write_table(piece.to_arrow().cast(schema), row_group_size=GROUP)


def same(left: str, right: str) -> None:
    """Stop with a message unless ids, predictions and probabilities are the same."""
    names = ["id", "prediction", "probability"]
    here = pl.scan_parquet(left).select(names)
    there = pl.scan_parquet(right).select(pl.col(names).name.suffix("2"))
    pair = pl.concat([here, there], how="horizontal")
    differs = (pl.col("id") != pl.col("id2")) | (pl.col("prediction") != pl.col("prediction2"))
    far = (pl.col("probability") - pl.col("probability2")).abs() > 1e-9
    number = pair.filter(differs | far).collect().height
    if number:
        sys.exit(f"{number} predictions differ between {left} and {right}")


if __name__ == "__main__":
    if sys.argv[1] == "--same":
        same(*sys.argv[2:])
    else:
        make(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
