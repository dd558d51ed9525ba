"""The rows that the shared operations ask for, and the keys to ask with."""

from datetime import UTC, datetime, timedelta
from typing import Any

from apps.audit.domain.entries import Actor, Change, Context, Entry, Target
from apps.audit.services.recording import record
from apps.audit.services.sealing import seal_log
from apps.config.services.flags import create_flag
from apps.documents.models import DocumentFormat
from apps.files.models import File, FileState
from apps.files.services import create_file
from apps.importexport.models import ImportFormat
from apps.importexport.services import create_import
from apps.notifications.models import NotificationChannel
from apps.notifications.services import create_notification
from apps.scheduler.services.schedules import create_schedule
from kernel.jobs.models import Job, JobState
from kernel.services import BY_NAME
from kernel.tenancy.context import in_tenant
from kernel.testing.tenants import make_key, make_tenant
from tests.documents.making import asked_for

START = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("runways.csv", "Zürich: Ausgaben.xlsx", "飛行場.csv", '"quoted", it is.txt', "🛬")
ACTIONS = ("invoice.approved", "invoice.rejected", "file.deleted")
PEOPLE = ("Ada", "Grüße", "李", "")


def make_rows() -> dict[str, Any]:
    """Make them for two tenants and return the ids by kind, and the keys by name."""
    ours, theirs = make_tenant("ours"), make_tenant("theirs")
    with in_tenant(theirs.pk):
        foreign = _file(0)
    with in_tenant(ours.pk):
        files = [_file(n) for n in range(25)]
        made = {
            "foreign file": [foreign],
            "file": files,
            **_few_of_each([None, files[0], files[1], files[0], _Gone(), foreign]),
        }
        everything = [row for rows in made.values() for row in rows]
        # One for each endpoint to change or to remove.
        made["own file"] = [_file(20) for _ in range(3)]
        made["own file to delete"] = [_file(21) for _ in range(3)]
        made["own document"] = [
            asked_for(title="Spare", format=DocumentFormat.PDF) for _ in range(3)
        ]
        made["filesJob"] = [
            Job.objects.create(
                name="files.test",
                queue="files",
                tenant_id=ours.pk,
                state=JobState.FAILED,
                finished_at=START,
                last_error="CONFLICT: it is at version 2",
                progress_done=n * 2**33,
            )
            for n in range(3)
        ]
        made["auditLog"] = [record(_entry(n, everything)) for n in range(120)]
        seal_log()
    return {
        "keys": {
            "all": make_key(ours).secret,
            "theirs": make_key(theirs).secret,
            "files only": make_key(ours, "files:read").secret,
            "documents only": make_key(ours, "documents:read").secret,
            "documents writer": make_key(ours, "documents:write").secret,
            "all but audit": make_key(
                ours, *(f"{name}:read" for name in BY_NAME if name != "audit")
            ).secret,
        },
        "ids": {kind: [str(row.pk) for row in rows] for kind, rows in made.items()},
    }


class _Gone:
    """A file that is not there, though somebody refers to it."""

    pk = "0190a1b2-0000-7000-8000-000000000000"


def _file(n: int) -> File:
    file = create_file(
        name=NAMES[n % len(NAMES)],
        content_type=("text/csv", "application/vnd.ms-excel")[n % 2],
        # More than 32 bits, and no more than a double holds exactly.
        size_bytes=n * 360_287_970_189_639,
    )
    file.state = list(FileState)[n % len(FileState)]
    file.save(update_fields=["state"])
    return file


def _entry(n: int, everything: list[Any]) -> Entry:
    """Tell of something that was done to up to two rows of any service."""
    about = everything[n % len(everything)], everything[(n * 7) % len(everything)]
    return Entry(
        action=ACTIONS[n % len(ACTIONS)],
        occurred_at=START + timedelta(hours=n // 2),
        actor=Actor(type="user", id=f"u-{n % 4}", name=PEOPLE[n % len(PEOPLE)]),
        targets=tuple(
            Target(type=type(row).__name__, id=str(row.pk)) for row in dict.fromkeys(about[: n % 3])
        ),
        context=Context(ip_address="192.0.2.7", user_agent="seed/1"),
        changes=(Change(field="state", before=None, after={"open": [1, 2.5, True]}),),
        metadata={"n": n, "deep": {"list": [None, "ä", {}]}},
    )


def _few_of_each(referred: list[Any]) -> dict[str, list[Any]]:
    """Make rows that refer to files: to none, to one or the same, to one gone or not theirs."""
    formats, imports = list(DocumentFormat), list(ImportFormat)
    # All but the one whose recipients are numbers.
    channels = [one for one in NotificationChannel if one != NotificationChannel.SMS]
    made: dict[str, list[Any]] = {
        "featureFlag": [create_flag(key=f"flag-{n}", description=f"Flag {n}") for n in range(7)],
        "document": [
            asked_for(title=f"Report {n}", format=formats[n % len(formats)]) for n in range(8)
        ],
        "importJob": [
            create_import(name=f"import {n}", format=imports[n % len(imports)]) for n in range(6)
        ],
        "notification": [
            create_notification(
                recipient=f"person-{n}@example.com",
                channel=channels[n % len(channels)],
                subject=f"Subject {n}",
            )
            for n in range(9)
        ],
        "jobSchedule": [
            create_schedule(name=f"job {n}", cron=f"{n} 3 * * *", time_zone="Europe/Amsterdam")
            for n in range(5)
        ],
    }
    for n, document in enumerate(made["document"]):
        _refer(document, output_id=getattr(referred[n % len(referred)], "pk", None))
    for n, job in enumerate(made["importJob"]):
        _refer(job, source_id=getattr(referred[n], "pk", None))
    for n, notification in enumerate(made["notification"]):
        _refer(notification, attachment_ids=[str(one.pk) for one in referred[1:][: n % 6]])
    return made


def _refer(row: Any, **column: Any) -> None:
    vars(row).update(column)
    row.save(update_fields=list(column))
