"""The one relay of a database: from the outbox to the transport."""

from kernel.events.leases import claim
from kernel.events.metrics import RELAY_ACTIVE, RELAYED
from kernel.events.transport import Transport
from kernel.events.wake import notifier

RELAY = "relay"
#: How long a relay that stops waits for what is on its way.
RELEASE_SECONDS = 5.0


class Relay:
    """Hands over what waits, as long as nobody else does. Used by one thread."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._claim = claim(RELAY)
        self.active = False

    def step(self) -> int:
        """Hand over one batch, if the relay is ours, and return how many events there were."""
        if not self._claim.hold():
            self.lost()
            return 0
        if not self.active:
            self._transport.take_over()
            self._is_active(active=True)
        moved = self._transport.relay(self._transport.batch)
        if moved:
            RELAYED.inc(moved)
            notifier.tell()
        return moved

    def stop(self) -> None:
        """Let another process take over, once what is on its way has arrived."""
        self._transport.release(RELEASE_SECONDS)
        self._is_active(active=False)
        self._claim.give_up()

    def lost(self) -> None:
        """Begin anew: the claim is not ours, or an error has made that doubtful."""
        self._transport.release(0)
        self._is_active(active=False)

    def _is_active(self, *, active: bool) -> None:
        self.active = active
        notifier.relay_is_here = active
        RELAY_ACTIVE.set(active)
