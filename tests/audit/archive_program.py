"""A process of its own for tests of crashes of archives and of what is published; see `VERBS`."""

import json
import sys
from collections.abc import Callable
from uuid import UUID

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from apps.audit.domain.queries import LogQuery  # noqa: E402
from apps.audit.models import Archive, AuditLog, AuditStream, Leaf, RetentionPolicy  # noqa: E402
from apps.audit.selectors.archived import ArchiveSearch  # noqa: E402
from apps.audit.selectors.months import Month  # noqa: E402
from apps.audit.selectors.partitions import LOGS, partitions  # noqa: E402
from apps.audit.services import delivering, removing, restoring  # noqa: E402
from apps.audit.services.partitions import attach  # noqa: E402
from apps.audit.services.publishing import publish_checkpoint  # noqa: E402
from apps.audit.services.restoring import restore_archive, restore_logs  # noqa: E402
from apps.audit.services.retaining import retain  # noqa: E402
from apps.audit.services.streams import create_stream  # noqa: E402
from apps.audit.services.verification import verify_log  # noqa: E402
from apps.audit.services.whole_months import drop_whole_months  # noqa: E402
from kernel.events.models import OutboxEvent  # noqa: E402
from kernel.tenancy.context import in_tenant  # noqa: E402
from kernel.testing.jobs import drain  # noqa: E402
from tests.audit.archiving import MARCH, a_policy, recorded  # noqa: E402

TENANT = UUID(int=7)
COUNT = 45
PARTITION = f"{LOGS}_2024_03"


def say(told: object) -> None:
    sys.stdout.write(f"{json.dumps(told)}\n")


def prepare() -> None:
    recorded(COUNT)
    a_policy()


def partition() -> None:
    """Give the logs of the month a partition, before they are recorded."""
    with connection.cursor() as cursor:
        attach(cursor, "2024_03", Month(2024, 3).bounds)


def restore() -> None:
    archive = Archive.objects.get()
    if archive.state == "archived":
        archive = restore_archive(id=str(archive.pk), days=3)
    restore_logs(archive)


def expire() -> None:
    RetentionPolicy.objects.update(archived_days=30)
    Archive.objects.update(expires_at=MARCH)
    retain()


def deliver() -> None:
    """Send what waits in a stream to a topic, ten logs a message."""
    delivering.BATCH = 10
    stream = (
        AuditStream.objects.first()
        or create_stream(name="lake", address="kafka://lake", from_position=0)[0]
    )
    say(delivering.deliver_stream(stream.pk))


def show() -> None:
    """Say where the logs of the month are, and whether all is as it was sealed."""
    live = AuditLog.objects.filter(action__startswith="step.")
    archives = Archive.objects.all()
    told = OutboxEvent.objects.filter(type__startswith="audit.archive.")
    on_record = AuditLog.objects.filter(action__startswith="audit.archive.")
    places = Leaf.objects.order_by("position").values_list("position", flat=True)
    say(
        {
            "problem": verify_log().problem,
            "live": live.count(),
            "alone": ArchiveSearch(LogQuery()).count(),
            "found": len({one.pk for one in _found()} | set(live.values_list("pk", flat=True))),
            "states": [one.state for one in archives],
            "files": sum(one.is_file() for one in (settings.DATA_DIR / "files").rglob("*")),
            "told": sorted(told.values_list("type", flat=True)),
            "on_record": sorted(on_record.values_list("action", flat=True)),
            "places": list(places) == list(range(len(places))),
            "partition": PARTITION in [one.name for one in partitions()],
        }
    )


def _found() -> list[AuditLog]:
    return ArchiveSearch(LogQuery()).page(None, COUNT + 1, descending=True)


VERBS: dict[str, Callable[[], object]] = {
    "prepare": prepare,
    "partition": partition,
    "retain": retain,
    "drop": drop_whole_months,
    "restore": restore,
    "expire": expire,
    "jobs": drain,
    "publish": publish_checkpoint,
    "deliver": deliver,
    "show": show,
}

# A transaction each: of so few logs there are several.
removing.AT_ONCE = restoring.AT_ONCE = 20

with in_tenant(TENANT):
    VERBS[sys.argv[1]]()
