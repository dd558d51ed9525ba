"""What a database of SQLite needs from time to time; PostgreSQL looks after itself."""

from datetime import timedelta

from django.db import connection

from kernel.jobs.registry import periodic


@periodic("kernel.analyze_database", every=timedelta(days=1))
def analyze(_target: str) -> None:
    """Let SQLite count a part of each index anew: connections made from then on plan by that.

    `PRAGMA optimize` looks at no table that its own connection has not read, before SQLite 3.46.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        # Rows of each index that are read, so that writers wait for milliseconds.
        cursor.execute("PRAGMA analysis_limit = 400")
        cursor.execute("ANALYZE")
