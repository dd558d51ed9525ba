"""Events in tests: handed over and handled where the test stands, in its transaction and time."""

from typing import TypeVar

from contracts.event import Event
from kernel.events.in_process import InProcess
from kernel.events.inbox import deliver, redeliver
from kernel.events.models import OutboxEvent
from kernel.events.registry import groups_of

E = TypeVar("E", bound=Event)


def drain_events() -> int:
    """Hand over what was published, and handle it as consumers would; return how many arrived.

    What fails is left to its next attempt; move the clock on and drain again.
    """
    transport, arrived = InProcess(isolated=False), 0
    for group in groups_of():
        redeliver(group, 1_000)
    while transport.relay(1_000):
        for group in groups_of():
            reader = transport.subscribe(group)
            while arrivals := reader.fetch(1_000):
                deliver(group, arrivals)
                arrived += len(arrivals)
            reader.commit()
    return arrived


def published() -> list[Event]:
    """Return every event that was published, in order."""
    return [row.envelope().event() for row in OutboxEvent.objects.order_by("position")]


def told(kind: type[E]) -> list[E]:
    """Return every event of this type that was published, in order."""
    return [event for event in published() if isinstance(event, kind)]
