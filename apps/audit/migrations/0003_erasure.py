"""A door in the wall around recorded logs: a tenant's are deleted when the tenant is."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

TABLES = ("audit_auditlog", "audit_auditlogtarget")

SQLITE = """
CREATE TRIGGER {table}_no_DELETE BEFORE DELETE ON {table}
WHEN NOT EXISTS (SELECT 1 FROM audit_erasure WHERE tenant_id = OLD.tenant_id) BEGIN
    SELECT RAISE(ABORT, 'audit logs are append-only');
END;
"""
POSTGRESQL = """
CREATE OR REPLACE FUNCTION audit_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT 1 FROM audit_erasure WHERE tenant_id = OLD.tenant_id) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'audit logs are append-only';
END $$;
"""


def add(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor != "sqlite":
        editor.execute(POSTGRESQL)
        return
    for table in TABLES:
        editor.execute(f"DROP TRIGGER {table}_no_DELETE")
        editor.execute(SQLITE.format(table=table))


class Migration(migrations.Migration):
    dependencies = [("audit", "0002_search_and_append_only")]
    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[("tenant_id", models.UUIDField(primary_key=True, serialize=False))],
        ),
        migrations.RunPython(add),
    ]
