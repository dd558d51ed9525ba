"""A schedule may stand behind a feature flag."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduler", "0006_seldom_runs")]

    operations = [
        migrations.AddField(
            model_name="jobschedule",
            name="flag",
            field=models.CharField(blank=True, db_default="", default="", max_length=200),
        ),
    ]
