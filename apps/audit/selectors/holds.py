"""Legal holds of the current tenant, and what of it they hold."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from uuid import UUID

from django.db.models import QuerySet

from apps.audit.domain.queries import LogQuery
from apps.audit.lookups import HasPart, HasWord
from apps.audit.models import Archive, AuditLog, LegalHold
from apps.audit.selectors.archived import ArchiveSearch, archives, logs_by_id
from apps.audit.selectors.logs import narrowed

#: Ids of one question to the database.
ASKED_AT_ONCE = 500

#: The ids of a hold and of an archive.
Pair = tuple[UUID, UUID]


def active_holds() -> QuerySet[LegalHold]:
    """Return the holds that nobody has released."""
    return LegalHold.objects.filter(released_at=None).order_by("pk")


def holds_on(log_ids: Iterable[UUID]) -> list[LegalHold]:
    """Return the holds on any of these logs: before they are released, the logs stay as they are.

    Whoever erases asks within his transaction, behind the door (`services.holds.hold_still`): from
    there on nobody places one.
    """
    holds = list(active_holds())
    found: dict[UUID, LegalHold] = {}
    remaining = iter(log_ids)
    while len(found) < len(holds) and (some := list(islice(remaining, ASKED_AT_ONCE))):
        archived = logs_by_id(some).values()
        for hold in holds:
            query = LogQuery.of(hold.query)
            if _of(query).filter(pk__in=some).exists() or any(map(query.matches, archived)):
                found[hold.pk] = hold
    return list(found.values())


def holds_among(logs: QuerySet[AuditLog]) -> list[LegalHold]:
    """Return the holds on any of these logs; when it is to stay so, see `holds_on`."""
    return [one for one in active_holds() if narrowed(logs, LogQuery.of(one.query)).exists()]


def pairs_to_look_at() -> set[Pair]:
    """Return every hold with every archive that has records: neither of them ever changes."""
    kept = archives().filter(has_records=True).values_list("pk", flat=True)
    return {
        (hold, archive) for hold in active_holds().values_list("pk", flat=True) for archive in kept
    }


def holds_in_archives(key_id: UUID, free: set[Pair]) -> list[LegalHold]:
    """Return the holds on any archived log in which something is sealed under this key.

    Pairs of which one was looked at and the other holds nothing in it are passed over, and more of
    them put there: files are read before anybody stands in the door, and only these behind it.
    """
    kept, found = list(archives().filter(has_records=True)), []
    for hold in active_holds():
        query = LogQuery.of(hold.query)
        # By the key alone files are narrowed best; the hold is asked of what is left.
        sealed = LogQuery(
            subject_key=key_id.hex,
            occurred_from=query.occurred_from,
            occurred_before=query.occurred_before,
        )
        for archive in kept:
            if (hold.pk, archive.pk) in free:
                continue
            if ArchiveSearch(sealed, [archive]).has(query):
                found.append(hold)
                break
            free.add((hold.pk, archive.pk))
    return found


def not_held(logs: QuerySet[AuditLog]) -> QuerySet[AuditLog]:
    """Return those of the logs that no hold is on."""
    for hold in active_holds():
        logs = logs.exclude(pk__in=_of(LogQuery.of(hold.query)).values("pk"))
    return logs


def held_in(archive: Archive) -> bool:
    """Say whether a hold is on any log of an archive."""
    for hold in active_holds():
        search = ArchiveSearch(LogQuery.of(hold.query), [archive])
        if search.page(None, 1, descending=True):
            return True
    return False


def _of(query: LogQuery) -> QuerySet[AuditLog]:
    """Return what is looked for in a form that other queries take up: words by reading them."""
    logs = narrowed(AuditLog.objects.all(), replace(query, text=None, containing=None))
    return logs.filter(*map(HasWord, query.tokens), *map(HasPart, query.parts))
