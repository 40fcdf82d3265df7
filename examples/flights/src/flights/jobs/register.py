"""Push the predictions to the SQL table where they are read.

Examples:
    register                                   to the SQLite file in outputs/
    register register=postgresql               to PostgreSQL, at the address in DATABASE_URL
    register register.table=scores             into another table

Running it twice changes nothing: a row is known by its id and model version. It is one transaction:
killed half-way, it has written nothing.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from ..configurations import Settings
from ..middleware.errors import UserError
from ..middleware.files import exclusive, write
from ..middleware.logger import log, progress, redact
from ..repository.data_manager import batches
from ..repository.schema import prediction_table
from ..repository.sources import connect


def register(settings: Settings) -> None:
    """Write every prediction exactly once; outputs/register/receipt.json says what went where."""
    import sqlalchemy as sa

    source, to, data = Path(settings.predict.output), settings.register_, settings.data.name
    if not source.exists():
        raise UserError(f"{source} is not there: run `predict` first")
    table = prediction_table(settings.data, to.table)
    rows, frames = batches(source, to.batch_size, table.columns.keys(), settings.data)
    count = sa.select(sa.func.count()).select_from(table)
    with exclusive("register", settings.outputs), connect(to.url, "register.url", create=True) as connection:
        address = redact(to.url)
        table.create(connection, checkfirst=True)
        there = {c["name"]: c["type"] for c in sa.inspect(connection).get_columns(to.table)}
        need = {column.name: column.type for column in table.columns}
        if there.keys() != need.keys() or any(there[n].python_type is not need[n].python_type for n in need):
            had, wanted = (", ".join(f"{n} {kind}" for n, kind in of.items()) for of in (there, need))
            raise UserError(
                f"table {to.table!r} has the columns {had}; predictions of {data!r} need {wanted}:"
                " name another, register.table=…"
            )
        before = connection.execute(count).scalar_one()
        seen: list[pl.Series] = []
        for number, frame in enumerate(progress(frames, "batches", total=-(-rows // to.batch_size))):
            if set(frame.columns) != need.keys():
                raise UserError(f"{source} holds no predictions of {data!r}: run `predict` again")
            if not number:
                _refuse_another_model(connection, table, frame.row(0, named=True))
            connection.execute(_upsert(connection.dialect.name, table), frame.to_dicts())
            seen.append(frame.select(table.primary_key.columns.keys()).hash_rows())
        new = connection.execute(count).scalar_one() - before
        repeated = rows - (pl.concat(seen).n_unique() if seen else 0)
        if repeated:  # a batch of predict sees its own rows alone
            raise UserError(f"{source}: {repeated} rows have an {settings.data.id!r} that others have")
    receipt = {"database": address, "table": table.name, "rows": rows, "new": new}
    receipt["at"] = datetime.now(UTC).isoformat(timespec="seconds")
    write(settings.outputs / "register" / "receipt.json", json.dumps(receipt) + "\n")
    log.info("%s rows are in table %s of %s (%s new)", f"{rows:,}", table.name, address, f"{new:,}")


def _refuse_another_model(connection: Any, table: Any, row: dict[str, Any]) -> None:
    """Refuse to replace what a model of the same version, but of another name or store, predicted."""
    import sqlalchemy as sa

    version, run = table.c.model_version, table.c.run_id
    same = sa.select(run).where(version == row["model_version"], run != row["run_id"]).limit(1)
    if other := connection.execute(same).scalar():
        raise UserError(
            f"table {table.name!r} has predictions of another version {row['model_version']} (run {other}):"
            " name another table, register.table=…"
        )


def _upsert(dialect: str, table: Any) -> Any:
    """Return the statement that inserts a row, or replaces the one with the same key."""
    from sqlalchemy.dialects import postgresql, sqlite

    kinds: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
    if dialect not in kinds:
        raise UserError(f"register.url: {dialect} is not supported; {' and '.join(kinds)} are")
    statement = kinds[dialect](table)
    values = {c.name: statement.excluded[c.name] for c in table.columns if not c.primary_key}
    return statement.on_conflict_do_update(index_elements=table.primary_key.columns, set_=values)
