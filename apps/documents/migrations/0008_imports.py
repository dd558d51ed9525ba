"""Documents take their data from imports."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0006_files'),
    ]

    operations = [
        migrations.AddField(
            model_name='document',
            name='import_job_id',
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='documentbatch',
            name='import_job_id',
            field=models.UUIDField(blank=True, null=True),
        ),
    ]
