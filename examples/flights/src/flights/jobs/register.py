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

from ..configurations import Settings
from ..middleware.errors import UserError
from ..middleware.files import atomic, exclusive
from ..middleware.logger import log, progress
from ..repository.data_manager import batches
from ..repository.schema import prediction_table
from ..repository.sources import connect


def register(settings: Settings) -> None:
    """Write every prediction exactly once; outputs/register/receipt.json says what went where."""
    import sqlalchemy as sa

    source = Path(settings.predict.output)
    if not source.exists():
        raise UserError(f"{source} is not there: run `predict` first")
    table = prediction_table(settings.data, settings.register_.table)
    names = list(table.columns.keys())
    rows, frames = batches(source, settings.register_.batch_size, names, settings.data)
    url = settings.register_.url
    with exclusive("register", settings.output_dir), connect(url, "register.url", create=True) as connection:
        address = connection.engine.url.render_as_string(hide_password=True)
        table.create(connection, checkfirst=True)
        there = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
        if there != set(table.columns.keys()):
            raise UserError(
                f"table {table.name!r} has the columns {sorted(there)}, but predictions of"
                f" {settings.data.name!r} need {sorted(table.columns.keys())}: name another, register.table=…"
            )
        before = connection.scalar(sa.select(sa.func.count()).select_from(table))
        total = -(-rows // settings.register_.batch_size)
        for frame in progress(frames, "batches", total=total):
            if set(frame.columns) != set(names):
                raise UserError(
                    f"{source} holds no predictions of {settings.data.name!r}: run `predict` again"
                )
            connection.execute(_upsert(connection.dialect.name, table), frame.to_dicts())
        after = connection.scalar(sa.select(sa.func.count()).select_from(table))
    new = (after or 0) - (before or 0)
    with atomic(settings.output_dir / "register" / "receipt.json") as path:
        receipt = {"database": address, "table": table.name, "rows": rows, "new": new}
        path.write_text(json.dumps({**receipt, "at": datetime.now(UTC).isoformat(timespec="seconds")}) + "\n")
    log.info("%s rows are in table %s of %s (%s new)", f"{rows:,}", table.name, address, f"{new:,}")


def _upsert(dialect: str, table: Any) -> Any:
    """Return the statement that inserts a row, or replaces the one with the same key."""
    from sqlalchemy.dialects import postgresql, sqlite

    kinds: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
    if dialect not in kinds:
        raise UserError(f"register.url: {dialect} is not supported; {' and '.join(kinds)} are")
    statement = kinds[dialect](table)
    keys = [column.name for column in table.primary_key]
    values = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=values)
