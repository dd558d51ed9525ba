"""On PostgreSQL logs and their targets go into partitions by month; keys get a table of their own.

The rows that are there stay where they are: the old tables become the first partitions, up to the
end of this month, and are not copied. Yet until this migration ends, all that use audit logs wait:
the old tables are locked (ACCESS EXCLUSIVE), the keys are copied, the primary key of the targets is
built, and each old table is read once to see that its ids are within the bounds. That is about
15 seconds for each million logs. Nothing but the copy of the keys grows the database.

SQLite has no partitions. There both tables are written anew, with their keys elsewhere.
"""

from datetime import UTC, datetime

import kernel.tenancy.context
from django.db import migrations, models

from apps.audit.selectors.months import Month
from apps.audit.services.partitions import make_first
from kernel.ids import made_at

TABLES = ("audit_auditlog", "audit_auditlogtarget")
KEEP_KEYS = """
INSERT INTO audit_knownkey (tenant_id, key, log_id, content_sha256)
SELECT tenant_id, idempotency_key, id, content_sha256 FROM audit_auditlog
WHERE idempotency_key IS NOT NULL
"""

SQLITE_UPDATE = """
CREATE TRIGGER {table}_no_UPDATE BEFORE UPDATE ON {table} BEGIN
    SELECT RAISE(ABORT, 'audit logs are append-only');
END;
"""
SQLITE_DELETE = """
CREATE TRIGGER {table}_no_DELETE BEFORE DELETE ON {table}
WHEN NOT EXISTS (SELECT 1 FROM audit_erasure WHERE tenant_id = OLD.tenant_id) BEGIN
    SELECT RAISE(ABORT, 'audit logs are append-only');
END;
"""
SQLITE_WORDS = """
CREATE TRIGGER audit_words_fill AFTER INSERT ON audit_auditlog BEGIN
    INSERT INTO audit_words (log_id, words) VALUES (NEW.id, NEW.words);
END;
"""
SQLITE_TARGETS = (
    """
    CREATE TABLE audit_targets_anew (
        log_id char(32) NOT NULL, type varchar(100) NOT NULL, target_id varchar(500) NOT NULL,
        tenant_id char(32) NOT NULL, PRIMARY KEY (log_id, type, target_id)
    )
    """,
    """
    INSERT INTO audit_targets_anew
    SELECT log_id, type, target_id, tenant_id FROM audit_auditlogtarget
    """,
    "DROP TABLE audit_auditlogtarget",
    "ALTER TABLE audit_targets_anew RENAME TO audit_auditlogtarget",
    """
    CREATE INDEX audit_by_target ON audit_auditlogtarget (tenant_id, target_id, type, log_id)
    """,
)

# Names of indexes are the schema's, not the table's.
POSTGRESQL_ASIDE = """
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT conname FROM pg_constraint
        WHERE conrelid = '{table}'::regclass AND contype IN ('f', 'u')
    LOOP EXECUTE format('ALTER TABLE {table} DROP CONSTRAINT %%I', one.conname); END LOOP;
    ALTER TABLE {table} DROP COLUMN {column};
    FOR one IN SELECT indexrelid::regclass::text AS name FROM pg_index
        WHERE indrelid = '{table}'::regclass
    LOOP EXECUTE format('ALTER INDEX %%s RENAME TO %%I', one.name, 'first_' || one.name); END LOOP;
END $$;
DROP TRIGGER {table}_keep_rows ON {table};
DROP POLICY IF EXISTS one_tenant ON {table};
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} RENAME TO {table}_first;
CREATE TABLE {table} (LIKE {table}_first INCLUDING DEFAULTS) PARTITION BY RANGE ({key});
ALTER TABLE {table} ADD PRIMARY KEY ({primary});
CREATE TRIGGER {table}_keep_rows BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER {table}_keep_all BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
"""
POSTGRESQL_LOGS = """
CREATE INDEX audit_by_time ON audit_auditlog (tenant_id, occurred_at, id);
CREATE INDEX audit_by_actor ON audit_auditlog (tenant_id, actor_id, occurred_at, id);
CREATE INDEX audit_by_action ON audit_auditlog (tenant_id, action, occurred_at, id);
CREATE INDEX audit_words ON audit_auditlog USING GIN (to_tsvector('simple', words));
"""
# The index of the foreign key is one of the log too, as the primary key is from here on.
POSTGRESQL_TARGETS = """
CREATE INDEX audit_by_target ON audit_auditlogtarget (tenant_id, target_id, type, log_id);
ALTER TABLE audit_auditlogtarget_first ADD PRIMARY KEY (log_id, type, target_id);
"""
POSTGRESQL_FIRST = """
ALTER TABLE {table} ATTACH PARTITION {table}_first FOR VALUES FROM (MINVALUE) TO ('{end}')
"""
POSTGRESQL_KEYS = """
CREATE TRIGGER audit_knownkey_keep_columns BEFORE UPDATE ON audit_knownkey
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
"""


class _OnSqlite:
    """An operation that PostgreSQL has done by then."""

    def database_forwards(self, app_label, editor, from_state, to_state):
        if editor.connection.vendor == "sqlite":
            super().database_forwards(app_label, editor, from_state, to_state)


class RemoveConstraint(_OnSqlite, migrations.RemoveConstraint):
    pass


class RemoveField(_OnSqlite, migrations.RemoveField):
    pass


def keep_keys(apps, editor):
    editor.execute(KEEP_KEYS)
    if editor.connection.vendor == "sqlite":
        editor.execute(SQLITE_UPDATE.format(table="audit_knownkey"))
    else:
        editor.execute(POSTGRESQL_KEYS)


def partition(apps, editor):
    if editor.connection.vendor == "sqlite":
        return
    # With changes of its rows still to be checked, a table is not altered.
    editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    # Made again when all is migrated: kernel.tenancy.policies.
    editor.execute(f"DROP VIEW IF EXISTS {', '.join(f'{table}_of_tenant' for table in TABLES)}")
    editor.execute(
        POSTGRESQL_ASIDE.format(
            table="audit_auditlogtarget",
            column="id",
            key="log_id",
            primary="log_id, type, target_id",
        )
    )
    editor.execute(
        POSTGRESQL_ASIDE.format(
            table="audit_auditlog", column="content_sha256", key="id", primary="id"
        )
    )
    editor.execute(POSTGRESQL_LOGS)
    editor.execute(POSTGRESQL_TARGETS)
    with editor.connection.cursor() as cursor:
        cursor.execute("SELECT id FROM audit_auditlog_first ORDER BY id DESC LIMIT 1")
        last = cursor.fetchone()
        month = Month.of(datetime.now(UTC))
        if last is None:
            cursor.execute("DROP TABLE audit_auditlog_first, audit_auditlogtarget_first")
        else:
            month = max(month, Month.of(made_at(last[0]))).later()
            for table in TABLES:
                cursor.execute(POSTGRESQL_FIRST.format(table=table, end=month.start))
        make_first(cursor, month)


def rewrite(apps, editor):
    if editor.connection.vendor != "sqlite":
        return
    for statement in SQLITE_TARGETS:
        editor.execute(statement)
    editor.execute(SQLITE_WORDS)
    for table in TABLES:
        editor.execute(SQLITE_UPDATE.format(table=table))
        editor.execute(SQLITE_DELETE.format(table=table))


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0005_retention'),
    ]

    operations = [
        migrations.CreateModel(
            name='KnownKey',
            fields=[
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('pk', models.CompositePrimaryKey('tenant_id', 'key', blank=True, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=255)),
                ('log_id', models.UUIDField(editable=False)),
                ('content_sha256', models.BinaryField(max_length=32)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.RunPython(keep_keys),
        migrations.RunPython(partition),
        RemoveConstraint('auditlog', 'audit_one_log_a_key'),
        RemoveField('auditlog', 'content_sha256'),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(rewrite)],
            state_operations=[
                migrations.DeleteModel('AuditLogTarget'),
                migrations.CreateModel(
                    name='AuditLogTarget',
                    fields=[
                        ('pk', models.CompositePrimaryKey('log_id', 'type', 'target_id', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('tenant_id', models.UUIDField()),
                        ('type', models.CharField(max_length=100)),
                        ('target_id', models.CharField(max_length=500)),
                        ('log', models.ForeignKey(db_constraint=False, db_index=False, on_delete=models.deletion.PROTECT, related_name='indexed_targets', to='audit.auditlog')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['tenant_id', 'target_id', 'type', 'log'], name='audit_by_target')],
                    },
                ),
            ],
        ),
    ]
