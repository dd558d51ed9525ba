"""`manage.py schedule`, as operators use it."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.scheduler.models import JobSchedule
from kernel.identity.models import Tenant

CRONTAB = """# nightly work
MAILTO=root
*/5 * * * * /usr/bin/sweep --all
CRON_TZ="Europe/Amsterdam"
@daily /usr/bin/report  > /dev/null 2>&1
61 * * * * never
0 3 * * 1-5
"""


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("schedule", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_an_expression_is_told_with_its_times_and_what_to_look_at() -> None:
    told = run("preview", "30 2 * * *", "--zone", "Europe/Amsterdam", "--count", "3")
    as_json = json.loads(run("preview", "0 0 29 2 *", "--language", "nl", "--json"))

    lines = told.splitlines()
    assert lines[0] == "At 02:30, Europe/Amsterdam"
    assert len([line for line in lines if line.startswith("  ")]) == 3
    assert "does not exist, so it fires right after the change of clocks" in told
    assert as_json["description"] == "Om 00:00 op dag 29 van de maand in februari"
    assert len(as_json["next"]) == 10


def test_what_is_no_expression_is_pointed_at() -> None:
    with pytest.raises(CommandError) as refused:
        run("preview", "0 24 * * *")
    with pytest.raises(CommandError) as never:
        run("preview", "0 0 30 2 *")
    with pytest.raises(CommandError) as misused:
        run("preview", "0 0 * * *", "--zone", "Mars/Base")

    assert str(refused.value) == (
        "0 24 * * *\n  ^ hour: 24 is not within 0 to 23\nmidnight is hour 0"
    )
    assert [one.value.returncode for one in (refused, never, misused)] == [1, 1, 2]


def test_a_crontab_becomes_schedules_that_are_off(tenant: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "crontab"
    file.write_text(CRONTAB)
    dry: Any = [str(file), "--tenant", tenant.slug, "--dry-run", "--json"]

    with pytest.raises(CommandError, match="2 lines were passed over"):
        run("crontab", *dry)
    before = JobSchedule.objects.count()
    with pytest.raises(CommandError, match="2 lines were passed over"):
        run("crontab", str(file), "--tenant", tenant.slug)

    assert before == 0
    rows = JobSchedule.objects.order_by("id").values_list(
        "cron", "time_zone", "parameters", "enabled"
    )
    assert list(rows) == [
        (
            "*/5 * * * *",
            "UTC",
            {"command": "/usr/bin/sweep --all", "from": "crontab:3"},
            False,
        ),
        (
            "@daily",
            "Europe/Amsterdam",
            {"command": "/usr/bin/report  > /dev/null 2>&1", "from": "crontab:5"},
            False,
        ),
    ]


def test_a_crontab_of_the_system_names_users(tenant: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "crontab"
    file.write_text("17 * * * *\troot\tcd / && run-parts /etc/cron.hourly\n")

    told = run("crontab", str(file), "--tenant", tenant.slug, "--system")

    made = JobSchedule.objects.get()
    assert told == "1 schedules were made, and are off\n"
    assert (made.owner, made.name) == ("root", "cd / && run-parts /etc/cron.hourly")
