"""Which logs of the current tenant may go, and when: what the policies come to."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import Left
from django.db.models.lookups import Exact

from apps.audit.conf import default_archived_days, default_live_days
from apps.audit.domain.archives import month_after, month_of, start_of
from apps.audit.domain.retention import ALL, Rule
from apps.audit.models import Archive, ArchiveState, AuditLog, RetentionPolicy
from apps.audit.selectors.holds import active_holds, not_held
from kernel import clock
from kernel.ids import first_id_at, made_at

#: Their logs may be in the database and in the file.
UNFINISHED = (
    ArchiveState.VERIFIED,
    ArchiveState.REMOVING,
    ArchiveState.RESTORING,
    ArchiveState.RESTORED,
)
#: A plan counts no further than this.
MOST_COUNTED = 100_000


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of some logs of a month."""

    month: date
    rule: Rule
    #: None: never.
    due: datetime | None
    logs: int
    #: How many of them a hold is on.
    held: int


def rules() -> list[Rule]:
    """Return what the tenant's policies say, and for all other actions what the settings say."""
    told = [
        Rule(
            actions=one.actions,
            live_days=one.live_days,
            archived=one.archived,
            archived_days=one.archived_days,
        )
        for one in RetentionPolicy.objects.order_by("actions")
    ]
    if not any(one.actions == ALL for one in told):
        told.append(
            Rule(actions=ALL, live_days=default_live_days(), archived_days=default_archived_days())
        )
    return told


def logs_of(month: date, rule: Rule, among: Sequence[Rule]) -> QuerySet[AuditLog]:
    """Return the logs of a month for which a rule counts and that are in no archive yet."""
    logs = AuditLog.objects.filter(
        _fits(rule),
        pk__gte=first_id_at(start_of(month)),
        pk__lt=first_id_at(start_of(month_after(month))),
    )
    for better in rule.better(among):
        logs = logs.exclude(_fits(better))
    for archive in Archive.objects.filter(month=month, state__in=UNFINISHED):
        taken = Rule(actions=archive.actions, live_days=None)
        logs = logs.exclude(_fits(taken), pk__gte=archive.first_id, pk__lte=archive.last_id)
    return logs


def months() -> Iterator[date]:
    """Yield the months that have logs in the database, the oldest first."""
    oldest = _first_from(None)
    while oldest is not None:
        month = month_of(made_at(oldest))
        yield month
        oldest = _first_from(first_id_at(start_of(month_after(month))))


def plan() -> list[Step]:
    """Return what would go and when, month by month, by the policies as they are now."""
    told = rules()
    held_at_all = active_holds().exists()
    steps = []
    for month in months():
        for rule in told:
            logs = logs_of(month, rule, told)
            count = logs[:MOST_COUNTED].count()
            if count:
                free = not_held(logs)[:MOST_COUNTED].count() if held_at_all else count
                steps.append(Step(month, rule, rule.due(month), count, count - free))
    return steps


def due(now: datetime | None = None) -> Iterator[tuple[date, Rule]]:
    """Yield the months and rules by which logs may go now."""
    moment, told = now or clock.now(), rules()
    for month in months():
        for rule in told:
            from_then = rule.due(month)
            if from_then is not None and from_then <= moment:
                yield month, rule


def _fits(rule: Rule) -> Q:
    if rule.actions == ALL:
        return Q()
    if rule.exact:
        return Q(action=rule.actions)
    # To SQLite, `startswith` is the same in upper and lower case.
    return Q(Exact(Left("action", len(rule.beginning)), rule.beginning))


def _first_from(start: UUID | None) -> UUID | None:
    logs = AuditLog.objects.filter(pk__gte=start) if start else AuditLog.objects.all()
    first: UUID | None = logs.order_by("pk").values_list("pk", flat=True).first()
    return first
