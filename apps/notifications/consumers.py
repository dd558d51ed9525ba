"""Events of the platform begin workflows and are posted to endpoints; so do services of others."""

from apps.notifications.adapters.kafka_messages import submitted
from apps.notifications.conf import intake_topic
from apps.notifications.services import intake
from apps.notifications.services.endpoints import events_for_endpoints
from apps.notifications.services.forwarding import forward
from apps.notifications.services.subscribers import close_own_inbox
from apps.notifications.services.triggering import follow_event
from apps.notifications.services.workflows import events_for_rules
from contracts.catalogue import event_types
from contracts.codec import to_data
from contracts.event import Event
from contracts.identity import MemberRemoved
from contracts.notifications import TriggerSubmitted
from kernel.events.foreign import reads_topic
from kernel.events.inbox import current_envelope
from kernel.events.registry import consumes
from kernel.tenancy.context import told_tenant

_TYPES = events_for_rules()
_POSTED = events_for_endpoints()


@consumes(
    *(event for type_, event in event_types().items() if type_ in _TYPES),
    group="notifications.rules",
)
def follow_rules(event: Event) -> None:
    """Begin the workflows that have a rule for the event; what concerns no tenant begins none."""
    if told_tenant() is not None:
        envelope = current_envelope()
        follow_event(event.TYPE, str(envelope.id), event.subject, to_data(event))


@consumes(
    *(event for type_, event in event_types().items() if type_ in _POSTED),
    group="notifications.webhooks",
)
def post_to_endpoints(_event: Event) -> None:
    """Have the event posted to the endpoints that hear it; what concerns no tenant has none."""
    if told_tenant() is not None:
        forward(current_envelope())


@consumes(MemberRemoved, group="notifications.members")
def close_inbox(event: MemberRemoved) -> None:
    """Close the inbox of who is no member any more: what opens it is good for hours otherwise."""
    close_own_inbox(event.user_id)


@consumes(TriggerSubmitted, group="notifications.intake")
def begin_submitted(event: TriggerSubmitted) -> None:
    """Begin what a service of others asks for, if it may; else it is a dead letter."""
    intake.begin_submitted(event)


reads_topic(intake_topic(), TriggerSubmitted, submitted)
