"""Groups of this process: what they have to read and to try again, a batch at a time."""

from dataclasses import dataclass, field

from kernel import clock
from kernel.events.inbox import deliver, redeliver
from kernel.events.leases import Claim, claim
from kernel.events.models import Redelivery, RedeliveryState
from kernel.events.registry import Group
from kernel.events.transport import Subscription, Transport

#: Events of one group before another has its turn.
BATCH = 100


@dataclass(slots=True)
class Reader:
    """A group with its place, while we are the one process that reads for it."""

    group: Group
    claim: Claim
    subscription: Subscription | None = field(default=None)


class Consumer:
    """Reads for some groups in turn. Used by one thread."""

    def __init__(self, transport: Transport, groups: list[Group]) -> None:
        self._transport = transport
        self._readers = [Reader(group, claim(f"group {group.name}")) for group in groups]

    def step(self) -> int:
        """Handle a batch of each group that is ours to read; return how many events there were."""
        due = self._due()
        return sum(self._step(reader, due) for reader in self._readers)

    def stop(self) -> None:
        """Let another process read for our groups at once."""
        self.lost()
        for reader in self._readers:
            reader.claim.give_up()

    def lost(self) -> None:
        """Begin anew after an error: what was fetched and not committed comes again."""
        for reader in self._readers:
            if reader.subscription is not None:
                reader.subscription.close()
                reader.subscription = None

    def _step(self, reader: Reader, due: set[str]) -> int:
        if not reader.claim.hold():
            reader.subscription = None
            return 0
        if reader.subscription is None:
            reader.subscription = self._transport.subscribe(reader.group)
        again = redeliver(reader.group, BATCH) if reader.group.name in due else 0
        arrived = reader.subscription.fetch(BATCH)
        deliver(reader.group, arrived)
        reader.subscription.commit()
        return again + len(arrived)

    def _due(self) -> set[str]:
        names = [reader.group.name for reader in self._readers]
        due = Redelivery.objects.filter(
            state=RedeliveryState.WAITING, due_at__lte=clock.now(), group__in=names
        )
        return set(due.values_list("group", flat=True).distinct())
