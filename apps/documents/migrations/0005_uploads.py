"""Versions of templates that are files of Word or Excel."""

import django.db.models.deletion
import kernel.clock
import kernel.ids
import kernel.tenancy.context
from django.db import migrations, models

SAID = (
    "template_id",
    "number",
    "body",
    "schema",
    "sample",
    "assets",
    "uploaded_id",
    "resolved",
    "published_at",
)
TABLE = "documents_templateversion"
SQLITE = """
CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table}
WHEN OLD.state <> 'draft' AND (NEW.state = 'draft' OR {changed}) BEGIN
    SELECT RAISE(ABORT, 'a published version never changes');
END;
"""
POSTGRESQL = """
CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table} FOR EACH ROW
    WHEN (OLD.state <> 'draft' AND (NEW.state = 'draft' OR {changed}))
    EXECUTE FUNCTION {table}_stays();
"""


def keep_published(apps, editor):
    sqlite = editor.connection.vendor == "sqlite"
    # SQLite has made the table anew, and lost the trigger with the old one.
    where = "" if sqlite else f" ON {TABLE}"
    editor.execute(f"DROP TRIGGER IF EXISTS {TABLE}_stays{where}")
    other = "IS NOT" if sqlite else "IS DISTINCT FROM"
    changed = " OR ".join(f"NEW.{column} {other} OLD.{column}" for column in SAID)
    editor.execute((SQLITE if sqlite else POSTGRESQL).format(table=TABLE, changed=changed))


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0004_signing'),
    ]

    operations = [
        migrations.CreateModel(
            name='TemplateUpload',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('file_id', models.UUIDField(editable=False)),
                ('file_version', models.PositiveIntegerField(editable=False)),
                ('state', models.CharField(choices=[('checking', 'Checking'), ('ready', 'Ready'), ('refused', 'Refused')], default='checking', max_length=8)),
                ('kind', models.CharField(blank=True, max_length=4)),
                ('findings', models.JSONField(blank=True, default=list)),
                ('inferred', models.TextField(blank=True)),
                ('size_bytes', models.PositiveBigIntegerField(default=0)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('file_key', models.CharField(blank=True, editable=False, max_length=100)),
                ('asked_by', models.JSONField(blank=True, default=dict, editable=False)),
                ('error_code', models.CharField(blank=True, max_length=60)),
                ('error_message', models.CharField(blank=True, max_length=1000)),
                ('job_id', models.UUIDField(editable=False, null=True)),
                ('created_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'uploaded template',
                'indexes': [models.Index(condition=models.Q(('state', 'checking')), fields=['tenant_id'], name='documents_uploads_open')],
            },
        ),
        migrations.AddField(
            model_name='templateversion',
            name='uploaded',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='documents.templateupload'),
        ),
        migrations.RunPython(keep_published),
    ]
