"""Every event of the other apps and of the kernel leaves an audit log."""

from apps.audit.domain.trail import entry_of
from apps.audit.services import record_event
from contracts.catalogue import event_types
from contracts.event import Event, app_of
from kernel.events.inbox import current_envelope
from kernel.events.registry import consumes
from kernel.tenancy.context import PLATFORM, in_tenant

#: What this app says of its own logs would be a log about each log.
RECORDED = [event for event in event_types().values() if app_of(event.TYPE) != "audit"]


@consumes(*RECORDED, group="audit.trail")
def record_what_happened(event: Event) -> None:
    """Record the event, once however often it is told."""
    envelope = current_envelope()
    if envelope.tenant:
        record_event(entry_of(event, envelope))
        return
    with in_tenant(PLATFORM):
        record_event(entry_of(event, envelope))
