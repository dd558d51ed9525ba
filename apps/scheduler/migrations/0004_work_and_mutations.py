"""Runs that follow the work that they began, and mutations of the graph as what is done."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduler", "0003_first_look")]

    operations = [
        migrations.AddField(
            model_name="jobschedule",
            name="document",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="jobschedule",
            name="scopes",
            field=models.JSONField(blank=True, default=list),
        ),
        migrations.AlterField(
            model_name="jobschedule",
            name="target_kind",
            field=models.CharField(
                choices=[
                    ("chore", "Chore"),
                    ("graphql", "Graphql"),
                    ("webhook", "Webhook"),
                    ("event", "Event"),
                    ("ping", "Ping"),
                ],
                default="event",
                max_length=7,
            ),
        ),
        migrations.AddField(
            model_name="jobrun",
            name="work",
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
        migrations.AddField(
            model_name="jobrun",
            name="begun_anew",
            field=models.PositiveIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="jobrun",
            name="progress",
            field=models.CharField(blank=True, default="", editable=False, max_length=200),
            preserve_default=False,
        ),
    ]
