"""How much of the work is done that a run began, as a number."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduler", "0004_work_and_mutations")]

    operations = [
        migrations.AddField(
            model_name="jobrun",
            name="progress_done",
            field=models.PositiveBigIntegerField(db_default=0, default=0, editable=False),
        ),
        migrations.AddField(
            model_name="jobrun",
            name="progress_total",
            field=models.PositiveBigIntegerField(editable=False, null=True),
        ),
    ]
