"""What services make beside their migrations, made in a database that another is moved to."""

from uuid import UUID

from django.conf import settings

from kernel import clock
from kernel.ids import made_at
from kernel.moving.source import Source

_LOGS = "audit_auditlog"


def make_room(source: Source) -> None:
    """Make the partitions of the months that have audit logs, before any log comes."""
    if "audit" not in settings.SERVICES:
        return
    # Not installed in a process of other services.
    from apps.audit.selectors.months import Month  # noqa: PLC0415
    from apps.audit.services.partitions import make_for  # noqa: PLC0415

    first = source.first(_LOGS, "id")
    month = Month.of(made_at(UUID(hex=first)) if first else clock.now())
    while month < Month.of(clock.now()):
        make_for(month)
        month = month.later()


def make_tables() -> int:
    """Make the tables that tenants have described; return how many there are."""
    if "importexport" not in settings.SERVICES:
        return 0
    from apps.importexport.services.table_upkeep import make_tables as make  # noqa: PLC0415

    return make()
