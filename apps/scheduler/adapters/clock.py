"""The time of the database: processes whose clocks differ agree on it."""

from datetime import datetime

from django.db import connection

from kernel import clock


def database_now() -> datetime:
    """Return the time of the database's server; SQLite's is that of this machine."""
    if connection.vendor != "postgresql":
        return clock.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (now,) = cursor.fetchone()
    found: datetime = now
    return found
