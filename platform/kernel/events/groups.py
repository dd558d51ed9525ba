"""What people decide about a consumer group: whether it reads, and from where.

The row of a group says so, and every process that reads for it sees it within a second. Who calls
these puts it on record.
"""

import time

from django.db import transaction

from kernel.errors import ConflictError, NotFoundError
from kernel.events.models import ConsumerGroup
from kernel.events.registry import GROUPS, Group
from kernel.events.transport import Start, Transport

#: How old what a process knows of paused groups may be.
LOOK_SECONDS = 1.0


def pause(name: str) -> bool:
    """Let no process handle events for a group until it is resumed; False when none does already.

    What is being handled is finished. Raises NotFoundError for a group that nobody has read for and
    that has no handlers here.
    """
    return _set_paused(name, paused=True)


def resume(name: str) -> bool:
    """Let a paused group go on where it stood; False when it is not paused.

    Raises NotFoundError.
    """
    return _set_paused(name, paused=False)


def reset_offsets(transport: Transport, name: str, to: Start) -> None:
    """Let a paused group begin again from the beginning, the end, a time or an offset.

    What it has handled is passed over also then. Raises NotFoundError for a group without handlers
    here, ConflictError while it is not paused or a process still reads for it.
    """
    group = known_group(name)
    if not ConsumerGroup.objects.filter(pk=name, paused=True).exists():
        raise ConflictError(f"the group {name} is not paused; pause it first")
    transport.reset_offsets(group, to)


def known_group(name: str) -> Group:
    """Return the group; raises NotFoundError where it has no handlers."""
    if name not in GROUPS:
        raise NotFoundError(
            f"no consumer group {name} here; there are {', '.join(sorted(GROUPS)) or 'none'}"
        )
    return GROUPS[name]


class Pauses:
    """Which groups are paused, as of a second ago. Used by one thread."""

    def __init__(self) -> None:
        self._names: frozenset[str] = frozenset()
        self._look_at = 0.0

    def names(self) -> frozenset[str]:
        """Return the names of the groups that are not to be read for."""
        now = time.monotonic()
        if now >= self._look_at:
            paused = ConsumerGroup.objects.filter(paused=True)
            self._names = frozenset(paused.values_list("name", flat=True))
            self._look_at = now + LOOK_SECONDS
        return self._names


@transaction.atomic
def _set_paused(name: str, *, paused: bool) -> bool:
    # Another process may have its handlers, and looks at the same row.
    if not ConsumerGroup.objects.filter(pk=name).exists():
        known_group(name)
        ConsumerGroup.objects.get_or_create(pk=name)
    rows = ConsumerGroup.objects.filter(pk=name, paused=not paused)
    return bool(rows.update(paused=paused))
