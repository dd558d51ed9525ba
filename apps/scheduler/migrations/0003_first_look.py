
from typing import Any

from django.db import migrations

from kernel import clock


def look_at_all(apps: Any, editor: Any) -> None:
    """Let them be due now: of times that have passed, none is run."""
    schedules = apps.get_model("scheduler", "JobSchedule")
    rows = schedules.objects.using(editor.connection.alias)
    rows.filter(enabled=True, next_run_at=None).update(next_run_at=clock.now())


class Migration(migrations.Migration):
    dependencies = [("scheduler", "0002_engine")]

    operations = [migrations.RunPython(look_at_all, migrations.RunPython.noop)]
