"""An index by which parts of names are found, where PostgreSQL has its trigrams."""

from django.db import migrations
from django.db.utils import DatabaseError

MAKE = """
    CREATE INDEX CONCURRENTLY IF NOT EXISTS files_names
    ON files_file USING GIN (upper(name::text) gin_trgm_ops) WITH (fastupdate = off)
"""


def index(_apps, editor):
    if editor.connection.vendor != "postgresql":
        return
    with editor.connection.cursor() as cursor:
        try:
            cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        except DatabaseError:
            # Not installed, or not for us to make: names are read one by one, as on SQLite.
            return
        # One that broke off.
        cursor.execute("DROP INDEX CONCURRENTLY IF EXISTS files_names")
        cursor.execute(MAKE)


def remove(_apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP INDEX IF EXISTS files_names")


class Migration(migrations.Migration):
    atomic = False  # Nobody waits while the index is made.

    dependencies = [
        ("files", "0011_rules_and_reasons"),
    ]

    operations = [
        migrations.RunPython(index, remove),
    ]
