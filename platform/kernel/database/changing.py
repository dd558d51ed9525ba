"""Changes of tables that are in use, as operations of migrations on both databases."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently as _AddIndexConcurrently
from django.db.migrations.operations import AddIndex


class AddIndexConcurrently(_AddIndexConcurrently):
    """Make an index while others write; on SQLite as any other.

    Its migration says `atomic = False`, and does nothing else: broken off, it is done again.
    """

    def database_forwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Make it; what a try before has left is dropped first."""
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)
            return
        with schema_editor.connection.cursor() as cursor:
            name = schema_editor.quote_name(self.index.name)
            cursor.execute("SELECT current_setting('lock_timeout')")
            before = cursor.fetchone()
            cursor.execute("SELECT set_config('lock_timeout', '0', false)")
            cursor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        super().database_forwards(app_label, schema_editor, from_state, to_state)
        # What migrates after it waits as briefly as what came before.
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", before)

    def database_backwards(
        self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any
    ) -> None:
        """Drop it."""
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)
            return
        super().database_backwards(app_label, schema_editor, from_state, to_state)
