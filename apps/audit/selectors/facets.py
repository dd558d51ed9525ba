"""What logs have in common, counted by one statement over no more of them than are bearable."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connections
from django.db.models import QuerySet

from apps.audit.domain.histogram import Span, spans, step_for
from apps.audit.models import AuditLog

#: The newest logs that are counted; of more it is said that the counts are not complete.
MOST_COUNTED = 20_000
#: The columns of each facet: what is counted by, and what people call it.
COLUMNS = {
    "ACTION": ("action", "''"),
    "ACTOR": ("actor_id", "max(actor_name)"),
    "ACTOR_TYPE": ("actor_type", "''"),
    "TARGET_TYPE": ("targets", "''"),
}

_PLAIN = (
    "SELECT '{kind}' AS kind, {column} AS value, {label} AS label, count(*) AS found FROM newest"
)
_EACH_TARGET = {
    "sqlite": """
        SELECT '{kind}' AS kind, json_extract(one.value, '$.type') AS value, '' AS label,
            count(DISTINCT newest.id) AS found
        FROM newest, json_each(newest.targets) AS one
    """,
    "postgresql": """
        SELECT '{kind}' AS kind, one ->> 'type' AS value, '' AS label,
            count(DISTINCT newest.id) AS found
        FROM newest, jsonb_array_elements(newest.targets) AS one
    """,
}
_MOST = "SELECT * FROM ({counted} GROUP BY 2 ORDER BY 4 DESC, 2 LIMIT {first}) AS of_{kind}"
_UNITS = {
    "sqlite": "CAST(strftime('%%s', occurred_at) AS INTEGER) / {seconds}",
    "postgresql": "floor(extract(epoch FROM occurred_at) / {seconds})::bigint",
}


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value that so many logs have."""

    value: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Facet:
    """The most frequent values of one kind; not complete when only the newest logs are counted."""

    by: str
    values: list[FacetValue]
    complete: bool


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many logs there are in each span of time, the oldest first."""

    step: str
    spans: list[Span]
    complete: bool


def facets_of(logs: QuerySet[AuditLog], kinds: Sequence[str], *, first: int) -> list[Facet]:
    """Return these facets in their order, each with its most frequent values."""
    kinds = list(dict.fromkeys(kinds))
    vendor = connections[logs.db].vendor
    parts = ["SELECT '' AS kind, '' AS value, '' AS label, count(*) AS found FROM newest"]
    for kind in kinds:
        column, label = COLUMNS[kind]
        counted = _EACH_TARGET[vendor] if kind == "TARGET_TYPE" else _PLAIN
        counted = counted.format(kind=kind, column=column, label=label)
        parts.append(_MOST.format(counted=counted, first=first, kind=kind.lower()))
    columns = {"id", *(COLUMNS[kind][0] for kind in kinds)}
    if "ACTOR" in kinds:
        columns.add("actor_name")
    found = _of_newest(logs, sorted(columns), " UNION ALL ".join(parts))
    complete = next(count for kind, _, _, count in found if kind == "") <= MOST_COUNTED
    return [
        Facet(
            kind,
            [FacetValue(value, label, count) for of, value, label, count in found if of == kind],
            complete,
        )
        for kind in kinds
    ]


def histogram_of(logs: QuerySet[AuditLog], zone: ZoneInfo, *, most: int) -> Histogram:
    """Return at most so many spans, of the shortest step with which they are no more."""
    minutes = _by_unit(logs, 60 * 15)
    if not minutes:
        return Histogram("MINUTE", [], complete=True)
    step = step_for(min(minutes), max(minutes), most)
    counts = _by_unit(logs, 60) if step == "MINUTE" else minutes
    return Histogram(step, spans(counts, step, zone), sum(counts.values()) <= MOST_COUNTED)


def _by_unit(logs: QuerySet[AuditLog], seconds: int) -> dict[datetime, int]:
    unit = _UNITS[connections[logs.db].vendor].format(seconds=seconds)
    found = _of_newest(logs, ["occurred_at"], f"SELECT {unit}, count(*) FROM newest GROUP BY 1")  # noqa: S608  names of ours # nosec B608
    return {datetime.fromtimestamp(one * seconds, tz=UTC): count for one, count in found}


def _of_newest(logs: QuerySet[AuditLog], columns: Sequence[str], asked: str) -> list[Any]:
    """Return what is asked of `newest`: the newest of the logs."""
    newest = logs.order_by("-occurred_at", "-id").values_list(*columns)[: MOST_COUNTED + 1]
    sql, bound = newest.query.get_compiler(logs.db).as_sql()
    named = ", ".join(columns)
    with connections[logs.db].cursor() as cursor:
        cursor.execute(f"WITH newest ({named}) AS MATERIALIZED ({sql}) {asked}", bound)
        found: list[Any] = cursor.fetchall()
    return found
