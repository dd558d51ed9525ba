"""Leaving a service alone that fails or is slow as a whole (the breaker of Resilience4j)."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Literal

from kernel.mesh.window import Window

State = Literal["closed", "half open", "open"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaking:
    """When a breaker opens, and how it closes again."""

    #: What is looked back upon.
    window_seconds: int = 10
    #: With fewer calls than that nothing is concluded.
    least_calls: int = 20
    failure_rate: float = 0.5
    #: A call is slow that took more than this share of the time it was given.
    slow_share: float = 0.5
    slow_rate: float = 0.8
    #: How long it stays open the first time; each time twice as long, up to the most.
    open_seconds: float = 1.0
    most_open_seconds: float = 4.0
    #: Calls that are let through at the same time to see how it is, and how many have to do well.
    trials: int = 3


class Breaker:
    """Counts calls, and how they went."""

    _CALLS, _FAILURES, _SLOW = 0, 1, 2

    def __init__(self, policy: Breaking, *, now: Callable[[], float]) -> None:
        self._policy = policy
        self._now = now
        self._lock = Lock()
        self._window = Window(policy.window_seconds, 3, now=now)
        self.state: State = "closed"
        #: How often it has opened or closed: a call from before tells nothing of now.
        self.turn = 0
        self._opened = 0
        self._open_until = 0.0
        self._trials_running = 0
        self._trials_well = 0

    def admit(self) -> float:
        """Return 0 for a call that may go, else for how many seconds there is none to be had."""
        if self.state == "closed":
            return 0.0
        with self._lock:
            if self.state == "open":
                left = self._open_until - self._now()
                if left > 0:
                    return left
                self.state, self._trials_running, self._trials_well = "half open", 0, 0
                self.turn += 1
            if self.state == "half open":
                if self._trials_running >= self._policy.trials:
                    return self._policy.open_seconds
                self._trials_running += 1
            return 0.0

    def cancel(self, turn: int) -> None:
        """Note that a call that was admitted has told nothing."""
        with self._lock:
            if turn == self.turn and self.state == "half open":
                self._trials_running -= 1

    def note(self, turn: int, *, failed: bool, slow: bool) -> None:
        """Note how a call went that was admitted when `turn` was this."""
        with self._lock:
            if turn != self.turn:
                return
            if self.state == "half open":
                # What is slow still is left alone still, or all would wait for it again at once.
                self._note_trial(failed or slow)
                return
            self._count(failed, slow)
            if failed or slow:
                self._open_if_due()

    def counts(self) -> tuple[int, int]:
        """Return how many calls there were lately, and how many of them failed."""
        with self._lock:
            calls, failures, _slow = self._window.totals()
        return calls, failures

    def budget(self) -> float:
        """Return the share that is left of the failures which it takes to open it."""
        if self.state == "open":
            return 0.0
        calls, failures = self.counts()
        bearable = self._policy.failure_rate * max(calls, self._policy.least_calls)
        return max(0.0, 1 - failures / bearable)

    def reset(self) -> None:
        """Close it, and forget what was."""
        with self._lock:
            self._close()

    def _note_trial(self, badly: bool) -> None:
        self._trials_running -= 1
        if badly:
            self._open()
            return
        self._trials_well += 1
        if self._trials_well >= self._policy.trials:
            self._close()

    def _count(self, failed: bool, slow: bool) -> None:
        current = self._window.current()
        current[self._CALLS] += 1
        current[self._FAILURES] += failed
        current[self._SLOW] += slow

    def _open_if_due(self) -> None:
        calls = self._window.total(self._CALLS)
        if calls < self._policy.least_calls:
            return
        failures = self._window.total(self._FAILURES)
        slow = self._window.total(self._SLOW)
        if failures >= self._policy.failure_rate * calls or slow >= self._policy.slow_rate * calls:
            self._open()

    def _open(self) -> None:
        seconds = self._policy.open_seconds * 2**self._opened
        self._open_until = self._now() + min(seconds, self._policy.most_open_seconds)
        self._opened = min(self._opened + 1, 10)
        self.state = "open"
        self.turn += 1
        self._window.clear()

    def _close(self) -> None:
        self.state, self._opened = "closed", 0
        self.turn += 1
        self._window.clear()
