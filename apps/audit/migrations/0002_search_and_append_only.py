"""The full-text index, and the walls that keep a recorded log as it was."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TABLES = ("audit_auditlog", "audit_auditlogtarget")

SQLITE_SEARCH = """
CREATE VIRTUAL TABLE audit_words USING fts5(log_id UNINDEXED, words);
CREATE TRIGGER audit_words_fill AFTER INSERT ON audit_auditlog BEGIN
    INSERT INTO audit_words (log_id, words) VALUES (NEW.id, NEW.words);
END;
"""
SQLITE_GUARD = """
CREATE TRIGGER {table}_no_{verb} BEFORE {verb} ON {table} BEGIN
    SELECT RAISE(ABORT, 'audit logs are append-only');
END;
"""
POSTGRESQL_SEARCH = """
CREATE INDEX audit_words ON audit_auditlog USING GIN (to_tsvector('simple', words));
"""
POSTGRESQL_REFUSE = """
CREATE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit logs are append-only';
END $$;
"""
# A row trigger does not see TRUNCATE, so that has one of its own.
POSTGRESQL_GUARD = """
CREATE TRIGGER {table}_keep_rows BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER {table}_keep_all BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
"""


def add(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for statement in _sqlite() if editor.connection.vendor == "sqlite" else _postgresql():
        editor.execute(statement)


def _sqlite() -> list[str]:
    create_index, _, create_trigger = SQLITE_SEARCH.partition("CREATE TRIGGER")
    guards = [
        SQLITE_GUARD.format(table=table, verb=verb)
        for table in TABLES
        for verb in ("UPDATE", "DELETE")
    ]
    return [create_index, f"CREATE TRIGGER{create_trigger}", *guards]


def _postgresql() -> list[str]:
    guards = [POSTGRESQL_GUARD.format(table=table) for table in TABLES]
    return [POSTGRESQL_SEARCH, POSTGRESQL_REFUSE, *guards]


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunPython(add)]
