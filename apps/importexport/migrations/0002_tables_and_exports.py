import kernel.clock
import kernel.ids
import kernel.tenancy.context
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('importexport', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='DataTable',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('name', models.CharField(max_length=60)),
                ('title', models.CharField(max_length=200)),
                ('description', models.CharField(blank=True, max_length=1000)),
                ('state', models.CharField(choices=[('ready', 'Ready'), ('changing', 'Changing'), ('archived', 'Archived')], default='ready', max_length=8)),
                ('schema', models.JSONField(default=list)),
                ('key', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
                ('changed_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
            ],
            options={
                'verbose_name': 'table',
                'indexes': [models.Index(fields=['tenant_id', 'created_at', 'id'], name='importexport_tables_newest'), models.Index(fields=['tenant_id', 'state', 'created_at', 'id'], name='importexport_tables_state')],
                'constraints': [models.UniqueConstraint(fields=('tenant_id', 'name'), name='importexport_one_table')],
            },
        ),
        migrations.CreateModel(
            name='ExportJob',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('name', models.CharField(max_length=255)),
                ('state', models.CharField(choices=[('queued', 'Queued'), ('running', 'Running'), ('ready', 'Ready'), ('failed', 'Failed'), ('cancelled', 'Cancelled'), ('expired', 'Expired')], default='queued', max_length=9)),
                ('dataset', models.CharField(blank=True, max_length=120)),
                ('query', models.JSONField(blank=True, default=dict)),
                ('columns', models.JSONField(blank=True, default=list)),
                ('filters', models.JSONField(blank=True, default=dict)),
                ('order', models.JSONField(blank=True, default=list)),
                ('format', models.CharField(choices=[('csv', 'Csv'), ('tsv', 'Tsv'), ('xlsx', 'Xlsx'), ('ods', 'Ods'), ('jsonl', 'Jsonl'), ('parquet', 'Parquet')], max_length=7)),
                ('compression', models.CharField(choices=[('none', 'None'), ('gzip', 'Gzip'), ('zstd', 'Zstd')], default='none', max_length=4)),
                ('guard', models.BooleanField(default=True)),
                ('part_bytes', models.PositiveBigIntegerField(default=0)),
                ('series', models.CharField(blank=True, max_length=120)),
                ('since', models.CharField(blank=True, max_length=40)),
                ('until', models.CharField(blank=True, max_length=40)),
                ('asked_by', models.JSONField(blank=True, default=dict, editable=False)),
                ('row_count', models.PositiveBigIntegerField(default=0)),
                ('size_bytes', models.PositiveBigIntegerField(default=0)),
                ('attempt', models.PositiveIntegerField(default=0, editable=False)),
                ('written', models.BooleanField(default=False, editable=False)),
                ('result_id', models.UUIDField(blank=True, help_text='Its file; the first, if there are more.', null=True)),
                ('error_code', models.CharField(blank=True, max_length=60)),
                ('error_message', models.CharField(blank=True, max_length=1000)),
                ('job_id', models.UUIDField(editable=False, null=True)),
                ('created_at', models.DateTimeField(default=kernel.clock.now, editable=False)),
                ('started_at', models.DateTimeField(editable=False, null=True)),
                ('finished_at', models.DateTimeField(editable=False, null=True)),
                ('expires_at', models.DateTimeField(editable=False, null=True)),
            ],
            options={
                'verbose_name': 'export',
                'indexes': [models.Index(fields=['tenant_id', 'created_at', 'id'], name='importexport_exports_newest'), models.Index(fields=['tenant_id', 'name', 'id'], name='importexport_exports_name'), models.Index(fields=['tenant_id', 'state', 'created_at', 'id'], name='importexport_exports_state'), models.Index(fields=['tenant_id', 'dataset', 'created_at', 'id'], name='importexport_exports_of'), models.Index(condition=models.Q(('series', ''), _negated=True), fields=['tenant_id', 'series', 'finished_at'], name='importexport_exports_series'), models.Index(condition=models.Q(('expires_at__isnull', False)), fields=['expires_at'], name='importexport_exports_expiry')],
            },
        ),
        migrations.CreateModel(
            name='ExportPart',
            fields=[
                ('id', models.UUIDField(default=kernel.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('tenant_id', models.UUIDField(default=kernel.tenancy.context.current_tenant_id, editable=False)),
                ('position', models.PositiveIntegerField()),
                ('name', models.CharField(max_length=300)),
                ('row_count', models.PositiveBigIntegerField(default=0)),
                ('size_bytes', models.PositiveBigIntegerField(default=0)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('file_key', models.CharField(blank=True, editable=False, max_length=100)),
                ('upload_id', models.UUIDField(editable=False, null=True)),
                ('file_id', models.UUIDField(editable=False, null=True)),
                ('export', models.ForeignKey(editable=False, on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='importexport.exportjob')),
            ],
            options={
                'verbose_name': 'export part',
                'constraints': [models.UniqueConstraint(fields=('export', 'position'), name='importexport_one_part')],
            },
        ),
    ]
