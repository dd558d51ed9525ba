"""Groups of this process: what they have to read and to try again, a batch at a time."""

from dataclasses import dataclass, field

from kernel.events.groups import Pauses
from kernel.events.inbox import deliver, redeliver
from kernel.events.leases import Claim, claim
from kernel.events.redeliverer import BATCH, groups_due
from kernel.events.registry import Group
from kernel.events.transport import Subscription, Transport


@dataclass(slots=True)
class Reader:
    """A group with its place, while we are the one process that reads for it."""

    group: Group
    claim: Claim
    subscription: Subscription | None = field(default=None)

    def close(self) -> None:
        """Read on from what was committed, next time."""
        if self.subscription is not None:
            self.subscription.close()
            self.subscription = None

    def leave(self) -> None:
        """Let somebody else read, or change our place."""
        self.close()
        self.claim.give_up()


class Consumer:
    """Reads for some groups in turn. Used by one thread."""

    def __init__(self, transport: Transport, groups: list[Group]) -> None:
        self._transport = transport
        self._readers = [Reader(group, claim(f"group {group.name}")) for group in groups]
        self._pauses = Pauses()

    def step(self) -> int:
        """Handle a batch of each group that is ours to read; return how many events there were."""
        due = groups_due([reader.group.name for reader in self._readers])
        paused = self._pauses.names()
        for reader in self._readers:
            if reader.group.name in paused:
                reader.leave()
        readers = [one for one in self._readers if one.group.name not in paused]
        return sum(self._step(reader, due) for reader in readers)

    def stop(self) -> None:
        """Let another process read for our groups at once."""
        for reader in self._readers:
            reader.leave()

    def lost(self) -> None:
        """Begin anew after an error: what was fetched and not committed comes again."""
        for reader in self._readers:
            reader.close()

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
