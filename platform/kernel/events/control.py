"""What a person does to a consumer group, put on record: pause, resume, begin elsewhere."""

from datetime import datetime

from django.db import transaction

from contracts.event import Event
from contracts.events import GroupPaused, GroupResumed, OffsetsReset
from kernel import clock
from kernel.errors import InvalidInputError
from kernel.events import groups
from kernel.events.actors import current_actor
from kernel.events.models import ConsumerGroup
from kernel.events.publishing import publish
from kernel.events.transport import Move, Place, Start, Transport
from kernel.events.wake import notifier
from kernel.tenancy.context import PLATFORM


@transaction.atomic
def pause(name: str) -> bool:
    """Pause a group, and tell it; False when it is paused already. Raises NotFoundError.

    Nothing is lost: what comes meanwhile waits.
    """
    if not groups.pause(name):
        return False
    by = current_actor().name[:255]
    ConsumerGroup.objects.filter(pk=name).update(paused_at=clock.now(), paused_by=by)
    _tell(GroupPaused(group=name))
    return True


@transaction.atomic
def resume(name: str) -> bool:
    """Let a group go on, and tell it; False when it is not paused. Raises NotFoundError."""
    if not groups.resume(name):
        return False
    ConsumerGroup.objects.filter(pk=name).update(paused_at=None, paused_by="")
    _tell(GroupResumed(group=name))
    transaction.on_commit(notifier.tell, robust=True)
    return True


def reset(transport: Transport, name: str, to: Start) -> Move:
    """Let a paused group begin elsewhere, and tell it; return what comes of it. It stays paused.

    Raises NotFoundError, ConflictError for a group that is not paused or still read for, and
    InvalidInputError for a place that is not there.
    """
    move = transport.distance(groups.known_group(name), to)
    groups.reset_offsets(transport, name, to)
    with transaction.atomic():
        _tell(
            OffsetsReset(
                group=name,
                place=shown(to),
                time=to if isinstance(to, datetime) else None,
                again=move.again,
                left_out=move.left_out,
            )
        )
    return move


def shown(to: Start) -> str:
    """Return a place in the log in words."""
    if isinstance(to, Place):
        return f"{to.topic}/{to.partition}/{to.offset}"
    return "time" if isinstance(to, datetime) else to


def place(text: str, time: datetime | None = None) -> Start:
    """Return the place that is called so; raises InvalidInputError."""
    match text:
        case "beginning" | "end":
            return text
        case "time" if time is not None:
            return time
    raise InvalidInputError(f"a place is beginning, end or time with its time, found {text}")


def _tell(event: Event) -> None:
    # It concerns all tenants, whichever of them the person who did it is a member of.
    publish(event, tenant_id=PLATFORM)
