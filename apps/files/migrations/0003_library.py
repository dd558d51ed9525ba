"""What a file had for bytes becomes a blob of the same id, and the file's first version."""

import django.db.models.deletion
import kernel.clock
import kernel.ids
import kernel.tenancy.context
from django.db import migrations, models


BATCH = 500
TAKEN_OVER = ('tenant_id', 'storage_key', 'size_bytes', 'state', 'sha256', 'detected_type', 'scanner', 'finding', 'created_at')


def carry(apps, editor):
    # Jobs that wait to scan a file name it by its id: with the same id they scan its blob.
    alias = editor.connection.alias
    blob, file, version = (apps.get_model('files', name) for name in ('Blob', 'File', 'FileVersion'))
    rows = file._base_manager.using(alias).exclude(storage_key='').order_by('pk')
    found = list(rows[:BATCH])
    while found:
        blob._base_manager.using(alias).bulk_create(
            blob(id=one.pk, **{name: getattr(one, name) for name in TAKEN_OVER}) for one in found
        )
        version._base_manager.using(alias).bulk_create(
            version(
                tenant_id=one.tenant_id,
                file=one,
                number=1,
                blob_id=one.pk,
                content_type=one.content_type,
                author_type='system',
                author_id='septet',
                created_at=one.created_at,
            )
            for one in found
        )
        ids = [one.pk for one in found]
        file._base_manager.using(alias).filter(pk__in=ids).update(blob_id=models.F('id'), version=1)
        found = list(rows.filter(pk__gt=ids[-1])[:BATCH])


class Migration(migrations.Migration):

    dependencies = [
        ('files', '0002_uploads'),
    ]

    operations = [
        migrations.CreateModel(
            name='Blob',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('storage_key', models.CharField(max_length=100, unique=True)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('size_bytes', models.PositiveBigIntegerField()),
                ('state', models.CharField(choices=[('receiving', 'Receiving'), ('quarantined', 'Quarantined'), ('scanning', 'Scanning'), ('clean', 'Clean'), ('infected', 'Infected'), ('unscannable', 'Unscannable')], default='quarantined', max_length=12)),
                ('detected_type', models.CharField(blank=True, max_length=255)),
                ('scanner', models.CharField(blank=True, max_length=40)),
                ('finding', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'blob',
            },
        ),
        migrations.CreateModel(
            name='FileVersion',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('number', models.PositiveIntegerField(editable=False)),
                ('content_type', models.CharField(editable=False, max_length=255)),
                ('author_type', models.CharField(editable=False, max_length=100)),
                ('author_id', models.CharField(editable=False, max_length=500)),
                ('author_name', models.CharField(blank=True, editable=False, max_length=500)),
                ('note', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'version',
            },
        ),
        migrations.RemoveIndex(
            model_name='file',
            name='files_to_scan',
        ),
        migrations.AddField(
            model_name='file',
            name='version',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='uploadsession',
            name='follows',
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='uploadsession',
            name='file',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, to='files.file'),
        ),
        migrations.AddIndex(
            model_name='blob',
            index=models.Index(condition=models.Q(('state__in', ('quarantined', 'scanning'))), fields=['created_at'], name='files_to_scan'),
        ),
        migrations.AddIndex(
            model_name='blob',
            index=models.Index(condition=models.Q(('state', 'clean')), fields=['tenant_id', 'sha256', 'size_bytes'], name='files_twins'),
        ),
        migrations.AddField(
            model_name='file',
            name='blob',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='files', to='files.blob'),
        ),
        migrations.AddField(
            model_name='fileversion',
            name='blob',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='files.blob'),
        ),
        migrations.AddField(
            model_name='fileversion',
            name='file',
            field=models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='files.file'),
        ),
        migrations.AddConstraint(
            model_name='fileversion',
            constraint=models.UniqueConstraint(fields=('file', 'number'), name='files_one_version'),
        ),
        migrations.RunPython(carry, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='file',
            name='storage_key',
        ),
    ]
