"""Trying again what failed, by one process at a time for each group."""

from collections.abc import Collection, Sequence

from kernel import clock
from kernel.events.inbox import redeliver
from kernel.events.leases import claim
from kernel.events.models import Redelivery, RedeliveryState
from kernel.events.registry import Group

#: Events of one group before another has its turn.
BATCH = 200


def groups_due(names: Collection[str]) -> set[str]:
    """Return those of the groups that have an event whose time to be tried again has come."""
    due = Redelivery.objects.filter(state=RedeliveryState.WAITING, due_at__lte=clock.now())
    if not due.filter(group__in=names).exists():
        return set()
    # One look for each: to ask which groups there are reads all that a replay has given.
    return {name for name in names if due.filter(group=name).exists()}


class Redeliverer:
    """Tries again for groups whose events others read. Used by one thread."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self._claims = [(group, claim(f"group {group.name}")) for group in groups]
        self._held: list[str] = []

    def step(self, paused: Collection[str]) -> int:
        """Try what is due of groups that are ours and not paused; return how many there were."""
        self._held = []
        due = groups_due([group.name for group, _ in self._claims])
        tried = 0
        for group, ours in self._claims:
            if group.name in paused:
                ours.give_up()
            elif ours.hold():
                self._held.append(group.name)
                tried += redeliver(group, BATCH) if group.name in due else 0
        return tried

    def held(self) -> list[str]:
        """Return the groups that are ours."""
        return self._held

    def stop(self) -> None:
        """Let another process try."""
        for _, ours in self._claims:
            ours.give_up()
