"""Templates; a version that was published never changes but that it is withdrawn."""

import django.db.models.deletion
import kernel.clock
import kernel.ids
import kernel.tenancy.context
from django.db import migrations, models

SAID = ("template_id", "number", "body", "schema", "sample", "assets", "resolved", "published_at")

SQLITE = """
CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table}
WHEN OLD.state <> 'draft' AND (NEW.state = 'draft' OR {changed}) BEGIN
    SELECT RAISE(ABORT, 'a published version never changes');
END;
"""
POSTGRESQL = """
CREATE FUNCTION {table}_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a published version never changes';
END $$;
CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table} FOR EACH ROW
    WHEN (OLD.state <> 'draft' AND (NEW.state = 'draft' OR {changed}))
    EXECUTE FUNCTION {table}_stays();
"""


def keep_published(apps, editor):
    sqlite = editor.connection.vendor == "sqlite"
    other = "IS NOT" if sqlite else "IS DISTINCT FROM"
    changed = " OR ".join(f"NEW.{column} {other} OLD.{column}" for column in SAID)
    told = SQLITE if sqlite else POSTGRESQL
    editor.execute(told.format(table="documents_templateversion", changed=changed))


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Partial',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('name', models.CharField(max_length=60)),
                ('description', models.CharField(blank=True, max_length=500)),
                ('body', models.TextField()),
                ('created_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
                ('updated_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'partial',
                'indexes': [models.Index(fields=['tenant_id', 'created_at', 'id'], name='documents_partials_newest')],
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'name'), name='documents_one_partial')],
            },
        ),
        migrations.CreateModel(
            name='Theme',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('name', models.CharField(max_length=60)),
                ('size', models.FloatField(default=10)),
                ('color', models.CharField(default='#1a1a1a', max_length=7)),
                ('accent', models.CharField(default='#1d4ed8', max_length=7)),
                ('stripe', models.CharField(default='#f3f4f6', max_length=7)),
                ('logo_id', models.UUIDField(blank=True, null=True)),
                ('logo_version', models.PositiveIntegerField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'theme',
                'indexes': [models.Index(fields=['tenant_id', 'created_at', 'id'], name='documents_themes_newest')],
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'name'), name='documents_one_theme')],
            },
        ),
        migrations.CreateModel(
            name='Template',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('name', models.CharField(max_length=60)),
                ('title', models.CharField(max_length=255)),
                ('description', models.CharField(blank=True, max_length=1000)),
                ('formats', models.JSONField(blank=True, default=list)),
                ('published_id', models.UUIDField(blank=True, editable=False, null=True)),
                ('archived_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('created_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
                ('theme', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='templates', to='documents.theme')),
            ],
            options={
                'verbose_name': 'template',
            },
        ),
        migrations.CreateModel(
            name='TemplateVersion',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('number', models.PositiveIntegerField(editable=False)),
                ('state', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published'), ('withdrawn', 'Withdrawn')], default='draft', editable=False, max_length=9)),
                ('body', models.TextField()),
                ('markdown', models.TextField(blank=True)),
                ('schema', models.TextField(blank=True)),
                ('sample', models.TextField(default='{}')),
                ('assets', models.JSONField(blank=True, default=dict)),
                ('resolved', models.TextField(blank=True, editable=False)),
                ('note', models.CharField(blank=True, max_length=1000)),
                ('author_type', models.CharField(editable=False, max_length=100)),
                ('author_id', models.CharField(editable=False, max_length=500)),
                ('author_name', models.CharField(blank=True, editable=False, max_length=500)),
                ('created_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
                ('saved_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
                ('published_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('template', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='documents.template')),
            ],
            options={
                'verbose_name': 'template version',
                'indexes': [models.Index(fields=['tenant_id', 'created_at', 'id'], name='documents_versions_newest')],
                'constraints': [models.UniqueConstraint(fields=('template', 'number'), name='documents_one_version'), models.UniqueConstraint(condition=models.Q(('state', 'draft')), fields=('template',), name='documents_one_draft')],
            },
        ),
        migrations.AddIndex(
            model_name='template',
            index=models.Index(fields=['tenant_id', 'created_at', 'id'], name='documents_templates_newest'),
        ),
        migrations.AddIndex(
            model_name='template',
            index=models.Index(fields=['tenant_id', 'title', 'id'], name='documents_templates_by_title'),
        ),
        migrations.AddConstraint(
            model_name='template',
            constraint=models.UniqueConstraint(fields=('tenant_id', 'name'), name='documents_one_template'),
        ),
        migrations.RunPython(keep_published),
    ]
