"""Personal fields as ciphertext, and the keys of their subjects, which are erased and come not back."""

import kernel.clock
import kernel.ids
import kernel.secrets.fields
import kernel.tenancy.context
from django.db import migrations, models

#: What an UPDATE of a subject's key may do: wrap it anew, or erase it. Erased it stays.
MAY_CHANGE = """
    NEW.id = OLD.id AND NEW.tenant_id = OLD.tenant_id AND NEW.made_at = OLD.made_at
    AND OLD.erased_at IS NULL
    AND (NEW.erased_at IS NOT NULL OR NEW.subject_index = OLD.subject_index)
"""
SQLITE_UPDATE = f"""
CREATE TRIGGER audit_subjectkey_no_UPDATE BEFORE UPDATE ON audit_subjectkey
WHEN NOT coalesce({MAY_CHANGE}, 0) BEGIN
    SELECT RAISE(ABORT, 'audit logs are append-only');
END;
"""
POSTGRESQL_UPDATE = f"""
CREATE TRIGGER audit_subjectkey_keep_columns BEFORE UPDATE ON audit_subjectkey
    FOR EACH ROW WHEN (NOT coalesce({MAY_CHANGE}, false)) EXECUTE FUNCTION audit_append_only();
"""
SQLITE_DELETE = """
CREATE TRIGGER {table}_no_DELETE BEFORE DELETE ON {table}
WHEN NOT EXISTS (SELECT 1 FROM audit_erasure WHERE tenant_id = OLD.tenant_id) BEGIN
    SELECT RAISE(ABORT, 'audit logs are append-only');
END;
"""
POSTGRESQL_DELETE = """
CREATE TRIGGER {table}_keep_rows BEFORE DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION audit_append_only();
CREATE TRIGGER {table}_keep_all BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
"""


def guard(apps, editor):
    sqlite = editor.connection.vendor == "sqlite"
    editor.execute(SQLITE_UPDATE if sqlite else POSTGRESQL_UPDATE)
    for table in ("audit_subjectkey", "audit_subjectindexkey"):
        editor.execute((SQLITE_DELETE if sqlite else POSTGRESQL_DELETE).format(table=table))


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0008_sources'),
    ]

    operations = [
        migrations.CreateModel(
            name='SubjectIndexKey',
            fields=[
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False, primary_key=True, serialize=False)),
                ('secret', kernel.secrets.fields.EncryptedTextField(editable=False)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddField(
            model_name='auditlog',
            name='sealed',
            field=models.JSONField(null=True),
        ),
        migrations.CreateModel(
            name='SubjectKey',
            fields=[
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('subject_index', models.BinaryField(max_length=32, null=True)),
                ('secret', kernel.secrets.fields.EncryptedTextField(editable=False, null=True)),
                ('made_at', models.DateTimeField(default=kernel.clock.now)),
                ('erased_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'subject_index'), name='audit_one_key_a_subject'), models.CheckConstraint(condition=models.Q(models.Q(('erased_at', None), ('secret__isnull', False), ('subject_index__isnull', False)), models.Q(('erased_at__isnull', False), ('secret__isnull', True), ('subject_index', None)), _connector='OR'), name='audit_a_key_is_there_or_erased')],
            },
        ),
        migrations.RunPython(guard),
    ]
