from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0006_queue'),
    ]

    operations = [
        migrations.AddField(
            model_name='job',
            name='caused_by',
            field=models.CharField(blank=True, db_default='', default='', max_length=55),
        ),
        migrations.AddField(
            model_name='job',
            name='trace_id',
            field=models.UUIDField(null=True),
        ),
    ]
