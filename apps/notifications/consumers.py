"""Every event of the platform may begin a workflow, by a rule of its tenant."""

from apps.notifications.services.triggering import follow_event
from apps.notifications.services.workflows import events_for_rules
from contracts.catalogue import event_types
from contracts.codec import to_data
from contracts.event import Event
from kernel.events.inbox import current_envelope
from kernel.events.registry import consumes
from kernel.tenancy.context import told_tenant

_TYPES = events_for_rules()


@consumes(
    *(event for type_, event in event_types().items() if type_ in _TYPES),
    group="notifications.rules",
)
def follow_rules(event: Event) -> None:
    """Begin the workflows that have a rule for the event; what concerns no tenant begins none."""
    if told_tenant() is not None:
        envelope = current_envelope()
        follow_event(event.TYPE, str(envelope.id), event.subject, to_data(event))
