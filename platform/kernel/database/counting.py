"""What PostgreSQL says of the way that leads to it, for `manage.py doctor`."""

from contextlib import closing

import psycopg
from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from kernel.database.direct import own_connection


def room() -> int:
    """Return how many connections the server has for the role of DATABASE_URL."""
    with closing(own_connection(DEFAULT_DB_ALIAS)) as own, own.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('max_connections')::int"
            " - current_setting('superuser_reserved_connections')::int"
        )
        return int(cursor.fetchone()[0])


def wanted() -> int:
    """Return how many of them one embedded process may open."""
    web = settings.DATABASE_POOL_SIZE or settings.WEB_THREADS
    # A relay, a listener, a keeper of jobs, and whoever follows settings and hints.
    return web + settings.WORKER_THREADS + settings.CONSUMER_THREADS + 5


def keeps_prepared() -> bool:
    """Say whether a statement that was prepared is still there in the next transaction.

    A second connection takes meanwhile what a pooler had lent to the first.
    """
    with (
        closing(own_connection(DEFAULT_DB_ALIAS)) as first,
        closing(own_connection(DEFAULT_DB_ALIAS)) as second,
    ):
        for one in (first, second):
            one.ensure_connection()
        with psycopg.Cursor(first.connection) as cursor:
            try:
                cursor.execute("SELECT 1", prepare=True)
                second.set_autocommit(False)
                second.connection.execute("SELECT 1")
                cursor.execute("SELECT 1", prepare=True)
            except psycopg.Error:
                return False
    return True
