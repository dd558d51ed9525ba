"""What is sealed of an audit log: one JSON object in canonical form, which is the leaf's content.

docs/adr/0010 tells why. Whoever reads one passes over members that it does not know. A member may
be added when a record without it has the bytes it always had: `sealed` holds personal fields as
ciphertext, by their JSON pointers, where the members they belong into hold nothing.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from apps.audit.domain.canonical import canonical, is_ordinary, written

FORM = "septet.audit/1"


class Recorded(Protocol):
    """An audit log by its columns."""

    @property
    def id(self) -> UUID: ...
    @property
    def tenant_id(self) -> UUID: ...
    @property
    def occurred_at(self) -> datetime: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def action(self) -> str: ...
    @property
    def actor_type(self) -> str: ...
    @property
    def actor_id(self) -> str: ...
    @property
    def actor_name(self) -> str: ...
    @property
    def targets(self) -> Sequence[Mapping[str, str]]: ...
    @property
    def context(self) -> Mapping[str, str]: ...
    @property
    def changes(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def metadata(self) -> Mapping[str, Any]: ...
    @property
    def idempotency_key(self) -> str | None: ...
    @property
    def sealed(self) -> Mapping[str, Mapping[str, str]] | None: ...


def record_of(log: Recorded) -> bytes:
    """Return the bytes that stand for an audit log; raises CanonicalError."""
    sealed = {"sealed": log.sealed} if log.sealed else {}
    # The rest is texts under names of ours. A value is one level down in what it is a part of.
    ordinary = all([is_ordinary(part, 1) for part in (log.changes, log.metadata, sealed)])  # noqa: C419  all are looked at, for their depth
    return (written if ordinary else canonical)(
        {
            "form": FORM,
            "id": str(log.id),
            "tenantId": str(log.tenant_id),
            "occurredAt": _moment(log.occurred_at),
            "recordedAt": _moment(log.recorded_at),
            "action": log.action,
            "actor": {"type": log.actor_type, "id": log.actor_id, "name": log.actor_name},
            "targets": log.targets,
            "context": {
                "ipAddress": log.context["ip_address"],
                "userAgent": log.context["user_agent"],
                "location": log.context["location"],
                "requestId": log.context["request_id"],
            },
            "changes": log.changes,
            "metadata": log.metadata,
            "idempotencyKey": log.idempotency_key,
            **sealed,
        }
    )


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
