"""What witnesses have put under checkpoints, kept as it came."""

import kernel.clock
import kernel.tenancy.context
from django.db import migrations, models

SQLITE = (
    """
    CREATE TRIGGER audit_cosignature_no_UPDATE BEFORE UPDATE ON audit_cosignature BEGIN
        SELECT RAISE(ABORT, 'audit logs are append-only');
    END;
    """,
    """
    CREATE TRIGGER audit_cosignature_no_DELETE BEFORE DELETE ON audit_cosignature
    WHEN NOT EXISTS (SELECT 1 FROM audit_erasure WHERE tenant_id = OLD.tenant_id) BEGIN
        SELECT RAISE(ABORT, 'audit logs are append-only');
    END;
    """,
)
POSTGRESQL = (
    """
    CREATE TRIGGER audit_cosignature_keep_rows BEFORE UPDATE OR DELETE ON audit_cosignature
        FOR EACH ROW EXECUTE FUNCTION audit_append_only();
    CREATE TRIGGER audit_cosignature_keep_all BEFORE TRUNCATE ON audit_cosignature
        FOR EACH STATEMENT EXECUTE FUNCTION audit_append_only();
    """,
)


def guard(apps, editor):
    for statement in SQLITE if editor.connection.vendor == "sqlite" else POSTGRESQL:
        editor.execute(statement)


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0014_viewers'),
    ]

    operations = [
        migrations.CreateModel(
            name='Cosignature',
            fields=[
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('size', models.PositiveBigIntegerField()),
                ('witness', models.CharField(max_length=400)),
                ('line', models.CharField(max_length=600)),
                ('made_at', models.DateTimeField(default=kernel.clock.now)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'size', 'witness'), name='audit_one_line_a_witness')],
            },
        ),
        migrations.RunPython(guard),
    ]
