"""Runs that did not end well, and those that somebody asked for, found among very many."""

from django.db import migrations, models

from kernel.database.changing import AddIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("scheduler", "0005_progress")]

    operations = [
        AddIndexConcurrently(
            model_name="jobrun",
            index=models.Index(
                condition=models.Q(("state__in", ("failed", "skipped", "cancelled", "terminated"))),
                fields=["state", "id"],
                name="scheduler_runs_not_well",
            ),
        ),
        AddIndexConcurrently(
            model_name="jobrun",
            index=models.Index(
                condition=models.Q(("kind__in", ("manual", "backfill", "following"))),
                fields=["tenant_id", "kind", "fire_time", "id"],
                name="scheduler_runs_asked_for",
            ),
        ),
    ]
