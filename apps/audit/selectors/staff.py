"""Reads of the back office, which stands above the tenants."""

from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from apps.audit.domain.queries import LogQuery
from apps.audit.domain.retention import Rule
from apps.audit.models import Archive, AuditLog
from apps.audit.selectors.archived import SEARCHED, logs_by_id
from apps.audit.selectors.holds import not_held
from apps.audit.selectors.logs import matching
from apps.audit.selectors.retention import MOST_COUNTED, logs_of, months, rules
from kernel import clock
from kernel.jobs.models import Job
from kernel.tenancy.context import in_tenant

#: Logs that a question is said to find; of more it is said that they are more.
MOST_TOLD = 10_000


class Kept(NamedTuple):
    """A log that is in no table, and the archive that has it."""

    log: AuditLog
    archive: Archive


def archived_log(log_id: UUID) -> Kept | None:
    """Return a log of whichever tenant from the archive in which it lies; None if in none."""
    archives = Archive.across_tenants.filter(
        state__in=SEARCHED, has_records=True, first_id__lte=log_id, last_id__gte=log_id
    )
    for archive in archives.order_by("pk"):
        with in_tenant(archive.tenant_id):
            if found := logs_by_id([log_id]).get(log_id):
                return Kept(found, archive)
    return None


@dataclass(frozen=True, slots=True)
class Due:
    """What goes in the next round of the current tenant, counted to 100,000 a month and policy."""

    archived: int = 0
    deleted: int = 0
    #: Logs that a hold keeps.
    held: int = 0


def due_now(instead: Rule | None = None) -> Due:
    """Return what would go now by the policies as they are, or with this one in its place."""
    told = rules()
    if instead is not None:
        told = [one for one in told if one.actions != instead.actions] + [instead]
    archived = deleted = held = 0
    for month in months():
        for rule in told:
            due = rule.due(month)
            if due is None or due > clock.now():
                continue
            logs = logs_of(month, rule, told)
            count = logs[:MOST_COUNTED].count()
            free = not_held(logs)[:MOST_COUNTED].count() if count else 0
            held += count - free
            if rule.archived:
                archived += free
            else:
                deleted += free
    return Due(archived, deleted, held)


def found_by(query: LogQuery, most: int = MOST_TOLD) -> str:
    """Return how many live logs of the current tenant a question finds, in words."""
    count = matching(query)[: most + 1].count()
    return f"more than {most:,} logs" if count > most else f"{count:,} log{'s' * (count != 1)}"


def rounds(most: int = 5) -> list[Job]:
    """Return the last jobs of all tenants that archive, remove or restore."""
    named = Job.objects.filter(name__in=("audit.retain_tenant", "audit.restore"))
    return list(named.order_by("-pk")[:most])
