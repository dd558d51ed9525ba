"""By which index words are found, on each database; the figures are in docs/adr/0013."""

from collections.abc import Sequence

from django.db import connections
from django.db.models import Q, QuerySet
from django.db.models.expressions import Combinable

from apps.audit.domain.queries import LogQuery
from apps.audit.domain.search import Terms
from apps.audit.lookups import HasPart, HasWord, Part, Words, by_view, index_first
from apps.audit.models import AuditLog
from kernel.errors import InvalidInputError

#: What an index finds is read whole and sorted. Words that as many of so many of the newest logs
#: have are looked for in the logs instead, in their order: there a page of them is soon full.
SAMPLE, FREQUENT = 500, 25
#: On SQLite that is done as well when the index finds more than this.
MOST_SORTED = 2_000
#: The index that finds parts of words, where an operator has made it.
PARTS = "audit_parts"

_COUNT = "SELECT count(*) FROM (SELECT 1 FROM {index} WHERE words MATCH %s LIMIT %s)"
_THERE = {
    "sqlite": "SELECT 1 FROM sqlite_master WHERE name = %s",
    "postgresql": "SELECT 1 FROM pg_class WHERE relname = %s",
}


def worded(logs: QuerySet[AuditLog], query: LogQuery, tenant: str) -> QuerySet[AuditLog]:
    """Return those of the logs that have the words of a question, and the parts of words.

    `tenant` is the token of the tenant whose logs these are, or nothing when they are everybody's.
    Raises InvalidInputError when parts of words are looked for and there is no index of them.
    """
    terms, parts = query.terms, query.parts
    if parts and not parts_indexed(logs.db):
        raise InvalidInputError(
            "parts of words are not searched here until an operator runs `manage.py audit_parts on`"
        )
    if not terms and not parts:
        return logs
    read = [*map(HasWord, terms.asked), *map(HasPart, parts)]
    if read and _frequent(query, read, tenant, logs.db):
        return logs.filter(*read)
    if connections[logs.db].vendor == "sqlite":
        return _on_sqlite(logs, terms, parts, tenant).filter(*read)
    if tenant:
        logs = by_view(logs)
    logs = logs.filter(*map(Part, parts))
    return logs.filter(Words(terms.tsquery(tenant))) if terms else logs


def _frequent(query: LogQuery, read: Sequence[Combinable], tenant: str, using: str) -> bool:
    """Say whether many of the newest logs, of the time that is asked for, have the words."""
    if tenant:
        newest = AuditLog.objects.using(using).order_by("-occurred_at", "-id")
        if query.occurred_from is not None:
            newest = newest.filter(occurred_at__gte=query.occurred_from)
        if query.occurred_before is not None:
            newest = newest.filter(occurred_at__lt=query.occurred_before)
    else:
        # Of all tenants they are read in the order of recording, which has no index by time.
        newest = AuditLog.across_tenants.using(using).order_by("-id")
    found = newest.annotate(found=Q(*read)).values_list("found", flat=True)[:SAMPLE]
    return sum(map(bool, found)) >= FREQUENT


def parts_indexed(using: str = "default") -> bool:
    """Say whether there is an index of parts of words."""
    with connections[using].cursor() as cursor:
        cursor.execute(_THERE[connections[using].vendor], [PARTS])
        return cursor.fetchone() is not None


def _on_sqlite(
    logs: QuerySet[AuditLog], terms: Terms, parts: Sequence[str], tenant: str
) -> QuerySet[AuditLog]:
    asked = {"audit_words": terms.fts5(tenant)} if terms else {}
    if parts:
        asked[PARTS] = " AND ".join(f'"{part}"' for part in parts)
    for index, text in asked.items():
        with connections[logs.db].cursor() as cursor:
            cursor.execute(_COUNT.format(index=index), [text, MOST_SORTED + 1])
            (count,) = cursor.fetchone()
        if count <= MOST_SORTED:
            return index_first(logs, index, text)
    return logs
