"""Every event of the other apps and of the kernel leaves an audit log."""

from uuid import UUID

from apps.audit.adapters.kafka_messages import submitted
from apps.audit.conf import intake_topic
from apps.audit.domain.trail import entries_of
from apps.audit.services import sources
from apps.audit.services.recording import record_events
from contracts.audit import AuditEntrySubmitted
from contracts.catalogue import event_types
from contracts.event import Event, app_of
from kernel.events.foreign import reads_topic
from kernel.events.inbox import current_envelope
from kernel.events.registry import consumes
from kernel.tenancy.context import PLATFORM, in_tenant

#: What this app says of its own logs would be a log about each log, and of an alert one that may
#: raise it again. What is done to searches is somebody's doing as any other.
RECORDED = [
    event
    for event in event_types().values()
    if (app_of(event.TYPE) != "audit" or event.TYPE.startswith("audit.search."))
    and not event.UNJUDGED
]


@consumes(*RECORDED, group="audit.trail")
def record_what_happened(event: Event) -> None:
    """Record the event, once however often it is told."""
    envelope = current_envelope()
    with in_tenant(UUID(envelope.tenant) if envelope.tenant else PLATFORM):
        record_events(entries_of(event, envelope))


@consumes(AuditEntrySubmitted, group="audit.intake")
def record_submitted(event: AuditEntrySubmitted) -> None:
    """Record what a service of others has told, if its source may; else it is a dead letter."""
    sources.record_submitted(event)


reads_topic(intake_topic(), AuditEntrySubmitted, submitted)
