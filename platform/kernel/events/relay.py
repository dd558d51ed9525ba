"""The one relay of a database: from the outbox to the transport."""

from kernel.events.leases import claim
from kernel.events.transport import Transport
from kernel.events.wake import notifier

#: Events that one transaction hands over: about 10 ms on SQLite.
BATCH = 500
RELAY = "relay"


class Relay:
    """Hands over what waits, as long as nobody else does. Used by one thread."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._claim = claim(RELAY)
        self.active = False

    def step(self) -> int:
        """Hand over one batch, if the relay is ours, and return how many events there were."""
        if not self._claim.hold():
            self._is_active(active=False)
            return 0
        if not self.active:
            self._transport.take_over()
            self._is_active(active=True)
        moved = self._transport.relay(BATCH)
        if moved:
            notifier.tell()
        return moved

    def stop(self) -> None:
        """Let another process take over at once."""
        self._is_active(active=False)
        self._claim.give_up()

    def lost(self) -> None:
        """Begin anew after an error, in which the claim may have been lost."""
        self._is_active(active=False)

    def _is_active(self, *, active: bool) -> None:
        self.active = active
        notifier.relay_is_here = active
