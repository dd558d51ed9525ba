"""One process of a service, as this process has come to know it."""

import math
from dataclasses import dataclass
from threading import Lock

from kernel.discovery.addresses import Address

#: In so many seconds a measured latency loses two thirds of its weight. Finagle has 10 s; then a
#: process that was ten times slower for a moment is not tried again for 23 s, here for 7 s.
DECAY_SECONDS = 3.0
#: What was never measured is taken for this as long as its first answer has not come.
UNKNOWN_SECONDS = 1.0
#: Nobody is believed to be more than so many times slower than what is usual: else one call that
#: hung would keep a process out for longer than it takes to recover.
MOST_TIMES_SLOWER = 20.0

#: Addresses to which staff have said that nothing is to be sent, of whatever service.
LEFT_OUT: set[str] = set()

#: For so long nothing is sent to who said that it ends; then it is there anew, or refuses.
LEAVING_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ejecting:
    """When a process is left out (outlier detection, in Envoy's words)."""

    #: Calls without an answer, one after the other.
    after_failures: int = 5
    #: The first time; the second time twice as long, and so on.
    seconds: float = 2.0
    #: However often: short enough that who is back is known to be within 10 s.
    most_seconds: float = 8.0
    #: The share of a service's processes that may be left out at the same time.
    most_share: float = 0.5
    #: Who was well for so long begins with the short time again.
    forgiven_seconds: float = 30.0


class Endpoint:
    """What is known of one process: how long it takes, what it does now, whether it is left out.

    The latency is a peak EWMA (Finagle's): it goes up with the worst at once, and down in time.
    """

    __slots__ = (
        "_leaves_until", "_lock", "_seen_at", "address", "ejected_until", "failures", "in_flight",
        "latency", "times_ejected",
    )  # fmt: skip

    def __init__(self, address: Address) -> None:
        self.address = address
        self.in_flight = 0
        self.latency = 0.0
        self.failures = 0
        self.ejected_until = -math.inf
        self.times_ejected = 0
        self._leaves_until = -math.inf
        self._seen_at = -math.inf
        self._lock = Lock()

    def load(self, now: float) -> float:
        """Return what a call would have to wait for: the less, the better."""
        latency = self.latency * math.exp((self._seen_at - now) / DECAY_SECONDS)
        if not latency:
            return self.in_flight * UNKNOWN_SECONDS
        return latency * (self.in_flight + 1)

    def begin(self) -> None:
        """Count a call that goes there."""
        with self._lock:
            self.in_flight += 1

    def end(self, now: float, seconds: float, usual: float, *, failed: bool) -> None:
        """Note how long a call took, beside what is usual for the service."""
        # What fails at once is not fast.
        taken = max(seconds, 10 * usual) if failed else seconds
        if usual:
            taken = min(taken, MOST_TIMES_SLOWER * usual)
        with self._lock:
            self.in_flight -= 1
            weight = math.exp((self._seen_at - now) / DECAY_SECONDS)
            faded = self.latency * weight
            self.latency = max(taken, faded + taken * (1 - weight))
            self._seen_at = now
            self.failures = self.failures + 1 if failed else 0

    def cancel(self) -> None:
        """Note that a call has told nothing of it."""
        with self._lock:
            self.in_flight -= 1

    def leave(self, now: float) -> None:
        """Note that it has said that it is about to end."""
        self._leaves_until = now + LEAVING_SECONDS

    def able(self, now: float) -> bool:
        """Say whether it is there to be asked, however well it does."""
        return now >= self._leaves_until and self.address.url not in LEFT_OUT

    def ejected(self, now: float) -> bool:
        """Say whether it is left out now."""
        return now < self.ejected_until

    def eject(self, now: float, policy: Ejecting) -> float:
        """Leave it out, and return for how long."""
        with self._lock:
            if now - self.ejected_until > policy.forgiven_seconds:
                self.times_ejected = 0
            self.times_ejected += 1
            seconds = min(policy.seconds * self.times_ejected, policy.most_seconds)
            self.ejected_until = now + seconds
            # It comes back as one that nobody knows, so it is tried soon, by one call at a time;
            # one more failure, and it is left out again.
            self.latency = 0.0
            self.failures = policy.after_failures - 1
        return seconds

    def reset(self) -> None:
        """Forget what was held against it."""
        with self._lock:
            self.failures, self.times_ejected = 0, 0
            self.latency, self.ejected_until = 0.0, -math.inf
