"""`manage.py schedule`, as operators use it."""

import json
import sqlite3
from contextlib import closing
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


def beat(model: str, pk: int, **fields: Any) -> dict[str, Any]:
    return {"model": f"django_celery_beat.{model}", "pk": pk, "fields": fields}


def periodic(pk: int, name: str, **fields: Any) -> dict[str, Any]:
    said = {"name": name, "task": f"app.{name}", "args": "[1]", "kwargs": '{"a": 2}'}
    return beat("periodictask", pk, **said | {"enabled": True, "headers": "{}"} | fields)


CRON = {"minute": "30", "hour": "2", "day_of_week": "mon-fri", "day_of_month": "*"}
DUMP = [
    {"model": "auth.user", "pk": 1, "fields": {}},
    beat("crontabschedule", 1, **CRON, month_of_year="*", timezone="Europe/Amsterdam"),
    beat("crontabschedule", 2, **CRON | {"day_of_month": "1-7"}, month_of_year="*"),
    beat("crontabschedule", 3, **CRON | {"hour": "24"}, month_of_year="*"),
    beat("intervalschedule", 1, every=10, period="minutes"),
    beat("intervalschedule", 2, every=100, period="microseconds"),
    beat("clockedschedule", 1, clocked_time="2999-01-01T10:00:00Z"),
    beat("clockedschedule", 2, clocked_time="2001-01-01T10:00:00Z"),
    beat("solarschedule", 1, event="sunset", latitude="52.0", longitude="5.0"),
    periodic(1, "nightly", crontab=1, queue="slow", expire_seconds=600),
    periodic(2, "first weekdays", crontab=2, one_off=True),
    periodic(3, "wrong hour", crontab=3),
    periodic(4, "often", interval=1, last_run_at="2026-05-01T10:00:00.123Z"),
    periodic(5, "too often", interval=2),
    periodic(6, "once", clocked=1, enabled=False),
    periodic(7, "past", clocked=2),
    periodic(8, "evening", solar=1),
    periodic(9, "no time"),
    periodic(10, "cleanup", crontab=1, task="celery.backend_cleanup"),
    periodic(11, "gone", interval=9),
    periodic(12, "expired", interval=1, expires="2020-01-01T00:00:00Z"),
    periodic(13, "bad arguments", interval=1, args="[1"),
]


def dump(tmp_path: Path, rows: list[dict[str, Any]] | None = None) -> str:
    file = tmp_path / "beat.json"
    file.write_text(json.dumps(DUMP if rows is None else rows))
    return str(file)


def test_schedules_of_celery_beat_are_brought_over_and_what_cannot_be_is_named(
    tenant: Tenant, tmp_path: Path
) -> None:
    out, err = StringIO(), StringIO()

    with pytest.raises(CommandError, match="9 tasks were passed over"):
        call_command(
            "schedule",
            "import-celery-beat",
            dump(tmp_path),
            "--tenant",
            tenant.slug,
            stdout=out,
            stderr=err,
        )

    rows = {one.name: one for one in JobSchedule.objects.all()}
    assert sorted(rows) == ["first weekdays", "nightly", "often", "once"]
    assert not any(one.enabled for one in rows.values())
    nightly, weekdays = rows["nightly"], rows["first weekdays"]
    assert (nightly.cron, nightly.time_zone) == ("30 2 * * mon-fri", "Europe/Amsterdam")
    assert (nightly.catch_up_seconds, nightly.tags) == (600, ["celery-beat"])
    assert nightly.parameters == {
        "task": "app.nightly",
        "args": [1],
        "kwargs": {"a": 2},
        "enabled": True,
    }
    # Celery wants both the day and the weekday, where a cron takes either.
    assert (weekdays.cron, weekdays.maximum_runs) == ("30 2 1-7 * +mon-fri", 1)
    assert (rows["often"].kind, rows["often"].every_seconds) == ("interval", 600)
    assert str(rows["often"].anchor_at) == "2026-05-01 10:00:00+00:00"
    assert (rows["once"].kind, rows["once"].parameters["enabled"]) == ("once", False)
    assert out.getvalue() == "4 schedules were made, and are off\n"
    told = dict(line.split(": ", 1) for line in err.getvalue().splitlines())
    assert told == {
        "bad arguments": "its arguments are no JSON: '[1'",
        "cleanup": "celery.backend_cleanup is Celery's own work",
        "evening": "it follows the sun, which no schedule here does",
        "expired": "it has expired, at 2020-01-01 00:00 UTC",
        "gone": "its interval 9 is not in the dump",
        "nightly": "queue is not carried over",
        "no time": "it says no time, or several",
        "past": "its moment is past",
        "too often": "an interval of 100 microseconds is too short",
        "wrong hour": "hour: 24 is not within 0 to 23, at character 4; midnight is hour 0",
    }


def test_a_dry_run_of_celery_beat_makes_nothing(tenant: Tenant, tmp_path: Path) -> None:
    out = StringIO()

    with pytest.raises(CommandError):
        call_command(
            "schedule",
            "import-celery-beat",
            dump(tmp_path),
            "--tenant",
            tenant.slug,
            "--dry-run",
            "--json",
            stdout=out,
        )

    told = json.loads(out.getvalue())
    assert (told["schedules"], len(told["problems"])) == (4, 9)
    assert told["notes"] == [{"name": "nightly", "notes": ["queue is not carried over"]}]
    assert JobSchedule.objects.count() == 0


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("nothing.json", "is no file"),
        ("mysql://host/name", "mysql is no database that is read here"),
        ("sqlite:////nowhere/at/all.sqlite3", "the database cannot be read"),
        ("postgresql://127.0.0.1:1/nothing", "the database cannot be read"),
    ],
)
def test_a_source_that_is_none_is_refused(tenant: Tenant, source: str, problem: str) -> None:
    with pytest.raises(CommandError, match=problem) as refused:
        run("import-celery-beat", source, "--tenant", tenant.slug)

    assert refused.value.returncode == 2


def test_celery_beat_is_read_from_its_database(tenant: Tenant, tmp_path: Path) -> None:
    path = tmp_path / "beat.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        for row in DUMP[1:]:
            table = row["model"].replace(".", "_")
            fields = {
                f"{name}_id" if name in ("crontab", "interval", "clocked", "solar") else name: value
                for name, value in row["fields"].items()
            }
            columns = {"id": row["pk"]} | fields
            known = database.execute(f"SELECT name FROM pragma_table_info('{table}')").fetchall()
            if not known:
                database.execute(f"CREATE TABLE {table} (id)")
            for name in columns.keys() - {one for (one,) in known} - {"id"}:
                database.execute(f"ALTER TABLE {table} ADD COLUMN {name}")
            marks = ", ".join("?" for _ in columns)
            database.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",
                list(columns.values()),
            )
        database.commit()

    with pytest.raises(CommandError, match="9 tasks were passed over"):
        run("import-celery-beat", f"sqlite:///{path}", "--tenant", tenant.slug)

    names = JobSchedule.objects.order_by("name").values_list("name", flat=True)
    assert list(names) == ["first weekdays", "nightly", "often", "once"]
