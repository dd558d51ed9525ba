"""How often a service is asked once more, by all calls of this process together.

Where each caller retries by itself, an outage is met by three times the load. So there is a
budget (Finagle's): a share of the calls, and a few a second for those who call seldom.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from kernel.mesh.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """What may be asked once more."""

    #: All tries of a call.
    most_tries: int = 3
    #: Of the calls of the last ten seconds.
    share: float = 0.2
    #: At any rate.
    a_second: int = 10
    #: The pause before the second try is up to so long; before each more twice as long.
    pause_seconds: float = 0.025
    most_pause_seconds: float = 0.25


class Budget:
    """Calls and further tries of the last ten seconds."""

    _WINDOW_SECONDS = 10
    _CALLS, _TRIES = 0, 1

    def __init__(self, policy: Retrying, *, now: Callable[[], float]) -> None:
        self._policy = policy
        self._lock = Lock()
        self._window = Window(self._WINDOW_SECONDS, 2, now=now)

    def called(self) -> None:
        """Count a call."""
        with self._lock:
            self._window.current()[self._CALLS] += 1

    def take(self) -> bool:
        """Say whether there may be one more try, and count it."""
        with self._lock:
            current = self._window.current()
            calls, tries = self._window.total(self._CALLS), self._window.total(self._TRIES)
            # The greater of both, not their sum: in an outage that is what is asked in vain.
            beyond = tries + 1 > self._policy.share * calls
            if beyond and current[self._TRIES] >= self._policy.a_second:
                return False
            current[self._TRIES] += 1
            return True


def pause(policy: Retrying, tries: int, draw: random.Random) -> float:
    """Return the seconds to wait after so many tries: full jitter, so that nobody marches in step.

    (Marc Brooker, Exponential Backoff and Jitter, 2015.)
    """
    most = min(policy.pause_seconds * 2 ** (tries - 1), policy.most_pause_seconds)
    return draw.uniform(0, most)
