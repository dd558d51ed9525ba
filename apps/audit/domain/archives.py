"""What an archive says of itself: its manifest, a signed note that lies beside its file.

The first line of the note is FORM, so that none passes for a checkpoint of the log; the second is a
canonical JSON object with the members of `Manifest`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson

from apps.audit.domain.canonical import canonical
from apps.audit.domain.notes import NoteError, VerifierKey, opened

FORM = "septet.audit-archive/1"
#: Of the columns of the file.
SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """An archive in full: which logs of which tenant, where, and the hash of the file."""

    archive: str
    #: The name of the log in checkpoints, and its tenant.
    log: str
    tenant: str
    month: str
    actions: str
    file: str
    sha256: str
    bytes: int
    logs: int
    #: Without records there are ids and places only: the logs were let go.
    records: bool
    first_id: str
    last_id: str
    first_position: int
    last_position: int
    occurred_from: str
    occurred_to: str
    #: A checkpoint over all of it, when it was made.
    checkpoint: str
    made_at: str
    schema: int = SCHEMA_VERSION

    def __str__(self) -> str:
        return f"{FORM}\n{canonical(asdict(self)).decode()}\n"

    @classmethod
    def opened(cls, note: str, keys: Sequence[VerifierKey]) -> "Manifest":
        """Read a note that one of the keys has signed; raises NoteError."""
        form, _, rest = opened(note, keys).partition("\n")
        try:
            if form != FORM:
                raise NoteError(f"a manifest of the form {FORM} was expected")
            return cls(**orjson.loads(rest))
        except (TypeError, orjson.JSONDecodeError) as error:
            raise NoteError(f"this is no manifest: {error}") from None


def columns_of(record: bytes) -> dict[str, Any]:
    """Return the columns of a log as its record tells them; raises ValueError, KeyError."""
    told: Mapping[str, Any] = orjson.loads(record)
    context = told["context"]
    return {
        "id": UUID(told["id"]),
        "tenant_id": UUID(told["tenantId"]),
        "occurred_at": datetime.fromisoformat(told["occurredAt"]),
        "recorded_at": datetime.fromisoformat(told["recordedAt"]),
        "action": told["action"],
        "actor_type": told["actor"]["type"],
        "actor_id": told["actor"]["id"],
        "actor_name": told["actor"]["name"],
        "targets": told["targets"],
        "context": {
            "ip_address": context["ipAddress"],
            "user_agent": context["userAgent"],
            "location": context["location"],
            "request_id": context["requestId"],
        },
        "changes": told["changes"],
        "metadata": told["metadata"],
        "idempotency_key": told["idempotencyKey"],
        "sealed": told.get("sealed"),
    }


def told_moment(moment: datetime | None) -> str:
    """Return a moment as a manifest tells it."""
    return moment.astimezone(UTC).isoformat() if moment else ""


def month_of(moment: datetime) -> date:
    """Return the first day of a moment's month, in UTC."""
    return moment.astimezone(UTC).date().replace(day=1)


def month_after(month: date) -> date:
    """Return the first day of the next month."""
    return month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)


def start_of(month: date) -> datetime:
    """Return the moment at which a month begins."""
    return datetime(month.year, month.month, 1, tzinfo=UTC)
