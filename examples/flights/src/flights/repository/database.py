"""SQL databases by URL: SQLite, PostgreSQL, or what else SQLAlchemy speaks."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..middleware.errors import UserError

if TYPE_CHECKING:
    from sqlalchemy import Connection

SECONDS_TO_CONNECT = 10


@contextmanager
def connect(url: str, key: str, *, create: bool = False) -> Iterator["Connection"]:
    """Yield a connection in one transaction: committed when the block succeeds, else nothing has changed.

    Args:
        url: SQLAlchemy's form, as in `postgresql://user:password@host/database`.
        key: the configuration's key that holds it, for messages.
        create: make a SQLite file that is not there yet.

    Raises:
        UserError: the URL is malformed, or the database does not answer or refuses what it is told.
    """
    import sqlalchemy as sa

    try:
        address = sa.make_url(url)
        if address.get_backend_name() == "postgresql" and address.drivername == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        if address.get_backend_name() == "sqlite" and address.database:
            if create:
                Path(address.database).parent.mkdir(parents=True, exist_ok=True)
            elif not Path(address.database).exists():
                raise UserError(f"{key}: {address.database} is not there")
        limits: dict[str, Any] = {}
        if address.get_backend_name() == "postgresql" and "connect_timeout" not in address.query:
            limits = {"connect_timeout": SECONDS_TO_CONNECT}  # psycopg would wait for ever
        engine = sa.create_engine(address, connect_args=limits)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError) as error:
        raise UserError(f"{key}: no database can be reached like this: {_plain(error)}") from error
    try:
        with engine.begin() as connection:
            yield connection
    except sa.exc.SQLAlchemyError as error:
        shown = address.render_as_string(hide_password=True)
        raise UserError(f"{key}: {shown}: {_plain(error)}") from error
    finally:
        engine.dispose()


def _plain(error: Exception) -> str:
    """Return the database's own first line, without the statement and its values."""
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
