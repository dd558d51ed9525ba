"""Audit logs as rows for export: the record is written by what happens, and by nothing else."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from apps.audit.access import EXPORT
from apps.audit.models import AuditLog
from apps.audit.selectors.subjects import may_see_personal, personal_fields, with_personal
from contracts.datasets import Dataset, Field, Kind, Page, Row, Wanted
from kernel.datasets.pages import Rows
from kernel.datasets.registry import register
from kernel.ids import first_id_at

#: How far the time in a log's id may be before that at which it was recorded.
APART = timedelta(hours=1)

LOGS = Dataset(
    name="audit.logs",
    title="Audit logs",
    description=(
        "What happened, by its time, as far as it is not archived. What is personal is there for"
        " who may see it; where it belongs there is nothing for others."
    ),
    key=("id",),
    read_scope=EXPORT,
    filters=("action", "actor_type", "actor_id"),
    cursor="recorded_at",
    fields=tuple(
        Field(name=name, title=title, kind=kind, read_only=True)
        for name, title, kind in (
            ("id", "Id", Kind.UUID),
            ("occurred_at", "Occurred", Kind.DATETIME),
            ("recorded_at", "Recorded", Kind.DATETIME),
            ("action", "Action", Kind.TEXT),
            ("actor_type", "Type of actor", Kind.TEXT),
            ("actor_id", "Id of actor", Kind.TEXT),
            ("actor_name", "Name of actor", Kind.TEXT),
            ("targets", "Targets", Kind.JSON),
            ("ip_address", "Address", Kind.TEXT),
            ("user_agent", "User agent", Kind.TEXT),
            ("location", "Location", Kind.TEXT),
            ("request_id", "Request", Kind.TEXT),
            ("changes", "Changes", Kind.JSON),
            ("metadata", "Metadata", Kind.JSON),
        )
    ),
)


def _tell(logs: Sequence[AuditLog]) -> list[Row]:
    personal = personal_fields(logs, shown=may_see_personal())
    return [_row(log, with_personal(log, personal.get(log.pk, ()))) for log in logs]


def _row(log: AuditLog, parts: dict[str, Any]) -> Row:
    actor, context = parts["actor"], parts["context"]
    return {
        "id": str(log.pk),
        "occurred_at": log.occurred_at.isoformat(),
        "recorded_at": log.recorded_at.isoformat(),
        "action": log.action,
        **{f"actor_{name}": actor[name] for name in ("type", "id", "name")},
        "targets": parts["targets"],
        **{name: context[name] for name in ("ip_address", "user_agent", "location", "request_id")},
        "changes": parts["changes"],
        "metadata": parts["metadata"],
    }


def _read(wanted: Wanted) -> Page:
    """Return a page; of logs since a time, only the partitions are looked at that have some."""

    def since() -> QuerySet[AuditLog]:
        begins = datetime.fromisoformat(wanted.since) - APART
        return AuditLog.visible().filter(pk__gte=first_id_at(begins))

    return replace(rows, of=since).read(wanted) if wanted.since else rows.read(wanted)


rows = Rows(
    of=AuditLog.visible, tell=_tell, order=("occurred_at", "id"), key="id", grows="recorded_at"
)
register(LOGS, read=_read)
