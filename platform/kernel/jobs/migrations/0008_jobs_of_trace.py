from django.db import migrations, models

from kernel.database.changing import AddIndexConcurrently


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('jobs', '0007_trace'),
    ]

    operations = [
        AddIndexConcurrently(
            model_name='job',
            index=models.Index(condition=models.Q(('trace_id__isnull', False)), fields=['trace_id'], name='jobs_of_trace'),
        ),
    ]
