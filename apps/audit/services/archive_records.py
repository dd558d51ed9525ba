"""What becomes of archives is on record in the log that they are of, and told."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from apps.audit.domain.entries import Actor, Entry, Target
from apps.audit.models import Archive
from apps.audit.services.comparing import AlteredError
from apps.audit.services.recording import record_event
from contracts.audit import AuditArchiveFailed
from kernel import clock
from kernel.events.actors import current_actor
from kernel.events.publishing import publish

#: Of what differs, as it is told.
MOST_REASON = 1_000


def tell(verb: str, archive: Archive, **more: Any) -> None:
    """Record what becomes of an archive, in the transaction in which it does."""
    actor = current_actor()
    record_event(
        Entry(
            action=f"audit.archive.{verb}",
            occurred_at=clock.now(),
            actor=Actor(type=actor.type, id=actor.id, name=actor.name),
            targets=(Target(type="AuditArchive", id=str(archive.pk), name=str(archive)),),
            metadata={
                "logs": archive.logs,
                "sha256": bytes(archive.sha256).hex(),
                "firstPosition": archive.first_position,
                "lastPosition": archive.last_position,
                **more,
            },
        )
    )


def named(archive: Archive) -> dict[str, Any]:
    """Return what every event about an archive tells of it."""
    return {
        "archive_id": str(archive.pk),
        "month": f"{archive.month:%Y-%m}",
        "actions": archive.actions,
        "logs": archive.logs,
    }


@contextmanager
def failure_told(archive: Archive) -> Iterator[None]:
    """Put on record, and tell, when an archive is not as it was sealed; the error goes on."""
    try:
        yield
    except AlteredError as error:
        reason = str(error)[:MOST_REASON]
        with transaction.atomic():
            tell("failed", archive, reason=reason)
            publish(AuditArchiveFailed(**named(archive), reason=reason))
        raise
