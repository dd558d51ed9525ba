"""What is kept for how long."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from kernel import clock
from kernel.events.models import (
    ConsumerGroup,
    Handled,
    OutboxEvent,
    OutboxState,
    Redelivery,
    RedeliveryState,
    Replay,
)
from kernel.events.registry import GROUPS
from kernel.ids import first_id_at
from kernel.jobs.registry import periodic
from kernel.jobs.upkeep import delete_all

#: The inbox remembers longer than events can be replayed, or a replay would handle them twice.
REMEMBERED_LONGER = timedelta(days=7)


@periodic("kernel.clear_events", every=timedelta(hours=1))
def clear_events(_target: str) -> None:
    """Delete what was handed over and handled long ago.

    What a group here has not read yet stays, however old it is; so do dead letters, until a
    person has settled them.
    """
    kept_from = clock.now() - settings.EVENT_RETENTION
    delete_all(_sent_and_read(before=kept_from))
    delete_all(Handled.objects.filter(event_id__lt=first_id_at(kept_from - REMEMBERED_LONGER)))
    delete_all(
        Redelivery.objects.filter(
            state__in=[RedeliveryState.HANDLED, RedeliveryState.DISCARDED],
            settled_at__lt=kept_from,
        )
    )
    delete_all(Replay.objects.filter(finished_at__lt=kept_from))


def _sent_and_read(*, before: datetime) -> QuerySet[OutboxEvent]:
    places = dict(ConsumerGroup.objects.filter(pk__in=GROUPS).values_list("pk", "committed_offset"))
    read_by_all = min((places.get(name, 0) for name in GROUPS), default=0)
    return OutboxEvent.objects.filter(
        Q(offset__isnull=True) | Q(offset__lte=read_by_all),
        state=OutboxState.SENT,
        event_id__lt=first_id_at(before),
    )
