"""Rows that failed are kept as they came, counted, and mended one by one."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('importexport', '0003_imports'),
    ]

    operations = [
        migrations.AddField(
            model_name='importjob',
            name='mended_rows',
            field=models.JSONField(default=list, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='importjob',
            name='mends',
            field=models.JSONField(default=list, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='importjob',
            name='problems',
            field=models.JSONField(default=list, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='rowerror',
            name='cells',
            field=models.JSONField(editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name='importjob',
            index=models.Index(condition=models.Q(('retry_of__isnull', False)), fields=['tenant_id', 'retry_of', 'created_at', 'id'], name='importexport_retries'),
        ),
    ]
