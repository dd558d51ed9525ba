"""The Merkle log over audit logs, and the walls that let it grow and do nothing else."""

import kernel.clock
import kernel.ids
import kernel.secrets.fields
import kernel.tenancy.context
from django.db import migrations, models


from apps.audit.domain.canonical import CanonicalError
from apps.audit.domain.merkle import leaf_hash
from apps.audit.domain.records import record_of

BATCH = 500
#: What an UPDATE of these tables may do; of the others' rows nothing ever changes.
MAY_CHANGE = {
    "audit_leaf": "false",
    "audit_checkpoint": "false",
    "audit_unsealed": "false",
    "audit_tile": """
        NEW.id = OLD.id AND NEW.tenant_id = OLD.tenant_id AND NEW.level = OLD.level
        AND NEW.number = OLD.number AND substr(NEW.hashes, 1, length(OLD.hashes)) = OLD.hashes
    """,
    "audit_loghead": """
        NEW.tenant_id = OLD.tenant_id AND NEW.origin = OLD.origin AND NEW.size > OLD.size
        AND NEW.checkpoints = OLD.checkpoints + 1
    """,
    "audit_signingkey": """
        NEW.id = OLD.id AND NEW.tenant_id = OLD.tenant_id AND NEW.serial = OLD.serial
        AND NEW.public = OLD.public AND NEW.made_at = OLD.made_at
    """,
}
#: The sealer takes what it has sealed out of this one.
MAY_BE_EMPTIED = "audit_unsealed"

SQLITE_UPDATE = """
CREATE TRIGGER {table}_no_UPDATE BEFORE UPDATE ON {table} WHEN NOT ({may}) BEGIN
    SELECT RAISE(ABORT, 'audit logs are append-only');
END;
"""
SQLITE_DELETE = """
CREATE TRIGGER {table}_no_DELETE BEFORE DELETE ON {table}
WHEN NOT EXISTS (SELECT 1 FROM audit_erasure WHERE tenant_id = OLD.tenant_id) BEGIN
    SELECT RAISE(ABORT, 'audit logs are append-only');
END;
"""
POSTGRESQL_UPDATE = """
CREATE TRIGGER {table}_keep_columns BEFORE UPDATE ON {table}
    FOR EACH ROW WHEN (NOT ({may})) EXECUTE FUNCTION audit_append_only();
"""
POSTGRESQL_DELETE = """
CREATE TRIGGER {table}_keep_rows BEFORE DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER {table}_keep_all BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
"""


def add_record(apps, editor):
    # Django would make the table anew on SQLite, without its triggers.
    kind, empty = ("BLOB", "x''") if editor.connection.vendor == "sqlite" else ("bytea", "''")
    editor.execute(f"ALTER TABLE audit_auditlog ADD COLUMN record {kind} NOT NULL DEFAULT {empty}")


def queue_recorded(apps, editor):
    """What was recorded before is sealed as it is now, the oldest first."""
    logs = apps.get_model("audit", "AuditLog")._base_manager.using(editor.connection.alias)
    unsealed = apps.get_model("audit", "Unsealed")
    _let_update(editor, "DISABLE")
    found = list(logs.order_by("pk")[:BATCH])
    while found:
        for log in found:
            try:
                log.sealed = None
                log.record = record_of(log)
            except CanonicalError as error:
                raise ValueError(f"the audit log {log.pk} cannot be sealed: {error}") from None
        logs.bulk_update(found, ["record"])
        unsealed._base_manager.using(editor.connection.alias).bulk_create(
            unsealed(log_id=log.pk, tenant_id=log.tenant_id, leaf_hash=leaf_hash(log.record))
            for log in found
        )
        found = list(logs.order_by("pk").filter(pk__gt=found[-1].pk)[:BATCH])
    _let_update(editor, "ENABLE")


def _let_update(editor, verb):
    if editor.connection.vendor != "sqlite":
        # With changes of its rows still to be checked, a table is not altered.
        editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        editor.execute(f"ALTER TABLE audit_auditlog {verb} TRIGGER audit_auditlog_keep_rows")
    elif verb == "DISABLE":
        editor.execute("DROP TRIGGER audit_auditlog_no_UPDATE")
    else:
        editor.execute(SQLITE_UPDATE.format(table="audit_auditlog", may="false"))


def guard(apps, editor):
    sqlite = editor.connection.vendor == "sqlite"
    for table, may in MAY_CHANGE.items():
        update = SQLITE_UPDATE if sqlite else POSTGRESQL_UPDATE
        editor.execute(update.format(table=table, may=may))
        if table != MAY_BE_EMPTIED:
            editor.execute((SQLITE_DELETE if sqlite else POSTGRESQL_DELETE).format(table=table))


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0003_erasure'),
    ]

    operations = [
        migrations.CreateModel(
            name='LogHead',
            fields=[
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False, primary_key=True, serialize=False)),
                ('origin', models.CharField(max_length=200)),
                ('size', models.PositiveBigIntegerField(default=0)),
                ('checkpoints', models.PositiveBigIntegerField(default=0)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add_record)],
            state_operations=[
                migrations.AddField("auditlog", "record", models.BinaryField(default=b""), preserve_default=False)
            ],
        ),
        migrations.CreateModel(
            name='Checkpoint',
            fields=[
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('number', models.PositiveBigIntegerField()),
                ('size', models.PositiveBigIntegerField()),
                ('root', models.BinaryField(max_length=32)),
                ('note', models.TextField()),
                ('made_at', models.DateTimeField(default=kernel.clock.now)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'number'), name='audit_one_checkpoint_a_number'), models.UniqueConstraint(fields=('tenant_id', 'size'), name='audit_one_checkpoint_a_size')],
            },
        ),
        migrations.CreateModel(
            name='Leaf',
            fields=[
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('log_id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveBigIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'position'), name='audit_one_leaf_a_place')],
            },
        ),
        migrations.CreateModel(
            name='SigningKey',
            fields=[
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('serial', models.PositiveIntegerField()),
                ('public', models.BinaryField(max_length=32)),
                ('secret', kernel.secrets.fields.EncryptedTextField(editable=False)),
                ('made_at', models.DateTimeField(default=kernel.clock.now)),
                ('signs_until', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'serial'), name='audit_one_key_a_serial')],
            },
        ),
        migrations.CreateModel(
            name='Tile',
            fields=[
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('level', models.PositiveSmallIntegerField()),
                ('number', models.PositiveBigIntegerField()),
                ('hashes', models.BinaryField(max_length=8192)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'level', 'number'), name='audit_one_tile_a_place')],
            },
        ),
        migrations.CreateModel(
            name='Unsealed',
            fields=[
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('log_id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('leaf_hash', models.BinaryField(max_length=32)),
            ],
            options={
                'indexes': [models.Index(fields=['tenant_id', 'log_id'], name='audit_to_seal')],
            },
        ),
        migrations.RunPython(queue_recorded),
        migrations.RunPython(guard),
    ]
