from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("jobs", "0005_jobs_of_target"),
    ]

    operations = [
        migrations.RenameModel("PausedQueue", "Queue"),
        migrations.RenameField("Queue", "since", "paused_at"),
        migrations.AlterField("Queue", "paused_at", models.DateTimeField(null=True)),
    ]
