"""Calls to one service by one policy: which process, for how long, how often, or not at all."""

import math
import random
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from kernel import hops
from kernel.discovery.addresses import Address
from kernel.errors import DeadlineExceededError, UnavailableError
from kernel.mesh import metrics
from kernel.mesh.balancing import Pool
from kernel.mesh.breaker import Breaker, Breaking
from kernel.mesh.endpoints import Ejecting, Endpoint
from kernel.mesh.retrying import Budget, Retrying, pause

T = TypeVar("T")

#: `busy`: it was refused before it was begun, for there is too much to do.
Verdict = Literal["well", "failed", "busy"]

#: Latencies of which the 95th of 100 is known, and how many have to be there.
_MEASURED, _LEAST_MEASURED = 100, 20
_LEAST_HEDGE_SECONDS = 0.01
_USUAL_WEIGHT = 0.05
_HEDGING_THREADS = 32
#: A time-out may fire a little before the time is over.
_CLOCK_SECONDS = 0.01


class NoAnswerError(Exception):
    """A process gave none. `begun` says whether it may have done what it was asked for."""

    def __init__(self, message: str, *, begun: bool) -> None:
        super().__init__(message)
        self.begun = begun


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """How a service is called."""

    retrying: Retrying = field(default_factory=Retrying)
    breaking: Breaking = field(default_factory=Breaking)
    ejecting: Ejecting = field(default_factory=Ejecting)
    #: Ask a second process too when the first takes longer than 95 of 100 do.
    hedging: bool = False
    zone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Time:
    """Clock, sleep and chance, which tests replace."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    # Who is asked is no secret.
    draw: random.Random = field(default_factory=random.Random)


@dataclass(slots=True)
class _Try(Generic[T]):
    """What came of one question."""

    verdict: Verdict
    answer: T | None = None
    error: NoAnswerError | None = None
    #: The caller's own time was over.
    blameless: bool = False

    @property
    def may_have_begun(self) -> bool:
        return self.error.begun if self.error is not None else self.verdict != "busy"


class _Until(NamedTuple):
    """The end of a call, and whether whoever waits for it allows less than we would."""

    at: float
    cut: bool


class Destination(Generic[T]):
    """One service, as this process calls it.

    `judge` says of an answer how the process did that gave it, `leaves` whether it is about to end.
    What `send` raises beside
    NoAnswerError goes through, and says nothing of the service.
    """

    def __init__(
        self,
        service: str,
        addresses: Callable[[], tuple[Address, ...]],
        *,
        judge: Callable[[T], Verdict],
        leaves: Callable[[T], bool] = lambda _: False,
        policy: Policy | None = None,
        of_time: Time | None = None,
    ) -> None:
        self.service = service
        self._addresses = addresses
        self._judge = judge
        self._leaves = leaves
        self._policy = policy or Policy()
        self._time = of_time or Time()
        self.pool = Pool(
            zone=self._policy.zone, ejecting=self._policy.ejecting, draw=self._time.draw
        )
        self.breaker = Breaker(self._policy.breaking, now=self._time.now)
        self._budget = Budget(self._policy.retrying, now=self._time.now)
        #: The latency of answers, in seconds; 0 as long as there was none.
        self.usual = 0.0
        self._measured: deque[float] = deque(maxlen=_MEASURED)
        self._tries = {
            kind: metrics.TRIES.labels(service, kind) for kind in ("first", "again", "hedge")
        }

    def reset(self) -> None:
        """Ask the service again as if it had never failed."""
        self.breaker.reset()
        metrics.OPEN.labels(self.service).set(0)

    def call(self, send: Callable[[str, float], T], *, seconds: float, idempotent: bool) -> T:
        """Return what a process answers to `send(url, seconds)`, all tries within this time.

        Only what is idempotent is sent again, and what surely was not begun. Raises
        DeadlineExceededError when whoever waits for us waits no longer, UnavailableError for no
        answer.
        """
        left = hops.seconds_left()
        if left is not None and left <= 0:
            metrics.REFUSED.labels(self.service, "deadline").inc()
            raise DeadlineExceededError(f"{self.service} was not asked: the time was over before")
        if pause_seconds := self.breaker.admit():
            raise self._left_alone(pause_seconds)
        turn, begun = self.breaker.turn, self._time.now()
        cut = left is not None and left < seconds
        until = _Until(begun + (left if cut and left is not None else seconds), cut)
        self._budget.called()
        try:
            last = self._try_until(send, until, idempotent=idempotent)
        except BaseException:
            self.breaker.cancel(turn)
            raise
        if last.blameless:
            self.breaker.cancel(turn)
            raise DeadlineExceededError(f"{self.service} gave no answer in the time that was left")
        failed = last.verdict != "well"
        slow = self._time.now() - begun > self._policy.breaking.slow_share * seconds
        if failed or slow or self.breaker.state != "closed":
            self._note(turn, failed=failed, slow=slow)
        else:
            self.breaker.note(turn, failed=False, slow=False)
        if last.error is not None:
            raise UnavailableError(f"{self.service} gives no answer: {last.error}")
        return last.answer  # type: ignore[return-value]  # there is one where there is no error

    def _try_until(
        self, send: Callable[[str, float], T], until: _Until, *, idempotent: bool
    ) -> _Try[T]:
        policy = self._policy.retrying
        tried: list[Endpoint] = []
        kind = "first"
        while True:
            endpoint = self._pick(tried)
            tried.append(endpoint)
            self._tries[kind].inc()
            if idempotent and self._policy.hedging:
                found = self._hedged(endpoint, send, until)
            else:
                found = self._once(endpoint, send, until)
            if found.verdict == "well" or len(tried) >= policy.most_tries:
                return found
            if found.may_have_begun and not idempotent:
                return found
            seconds = pause(policy, len(tried), self._time.draw)
            if self._time.now() + seconds >= until.at or not self._budget.take():
                return found
            self._time.sleep(seconds)
            kind = "again"

    def _pick(self, tried: list[Endpoint]) -> Endpoint:
        self.pool.update(self._addresses())
        endpoint = self.pool.pick(self._time.now(), tried)
        if endpoint is None:
            metrics.REFUSED.labels(self.service, "nobody").inc()
            raise UnavailableError(f"nobody knows where {self.service} is")
        return endpoint

    def _once(self, endpoint: Endpoint, send: Callable[[str, float], T], until: _Until) -> _Try[T]:
        now = self._time.now
        begun = now()
        endpoint.begin()
        try:
            answer = send(endpoint.address.url, max(until.at - begun, 0.001))
            found = _Try(self._judge(answer), answer)
            if self._leaves(answer):
                endpoint.leave(now())
        except NoAnswerError as error:
            if until.cut and now() >= until.at - _CLOCK_SECONDS:
                # Whoever allows 5 ms is not to have a service left alone that takes 6.
                endpoint.cancel()
                return _Try("failed", error=error, blameless=True)
            found = _Try("failed", error=error)
        except BaseException:
            endpoint.cancel()
            raise
        ended = now()
        seconds, failed = ended - begun, found.verdict != "well"
        endpoint.end(ended, seconds, self.usual, failed=failed)
        if failed:
            if found.verdict == "busy":
                # Who has too much to do is well: left out, its work would fall upon the others.
                endpoint.failures = 0
            elif self.pool.eject_if_due(endpoint, ended):
                metrics.EJECTIONS.labels(self.service).inc()
        else:
            self.usual += (seconds - self.usual) * (_USUAL_WEIGHT if self.usual else 1.0)
            self._measured.append(seconds)
        return found

    def _hedged(
        self, endpoint: Endpoint, send: Callable[[str, float], T], until: _Until
    ) -> _Try[T]:
        """Ask one, and a second one where that takes long; the better answer counts."""
        first = self._aside(endpoint, send, until)
        if wait([first], timeout=self.hedge_after()).done:
            return first.result()
        other = self.pool.pick(self._time.now(), [endpoint])
        if other is None or other is endpoint or not self._budget.take():
            return first.result()
        self._tries["hedge"].inc()
        both = {first, self._aside(other, send, until)}
        done = wait(both, return_when=FIRST_COMPLETED).done
        well = [one for one in done if one.exception() is None and one.result().verdict == "well"]
        if well:
            return well[0].result()
        rest = both - done
        return (rest or done).pop().result()

    def hedge_after(self) -> float | None:
        """Return after how many seconds a second process is asked; None while nothing is known."""
        if len(self._measured) < _LEAST_MEASURED:
            return 10 * self.usual or None
        return max(self.quantile(0.95), _LEAST_HEDGE_SECONDS)

    def quantile(self, share: float) -> float:
        """Return the seconds that so many of the last answers took at most; 0 before the first."""
        found = sorted(self._measured)
        return found[int(len(found) * share)] if found else 0.0

    def _aside(
        self, endpoint: Endpoint, send: Callable[[str, float], T], until: _Until
    ) -> "Future[_Try[T]]":
        run: Any = copy_context().run
        return _threads().submit(run, self._once, endpoint, send, until)

    def _left_alone(self, seconds: float) -> UnavailableError:
        metrics.REFUSED.labels(self.service, "breaker").inc()
        error = UnavailableError(f"{self.service} is left alone for a moment: it failed too often")
        error.retry_after_seconds = math.ceil(seconds)
        return error

    def _note(self, turn: int, *, failed: bool, slow: bool) -> None:
        self.breaker.note(turn, failed=failed, slow=slow)
        metrics.OPEN.labels(self.service).set(self.breaker.state == "open")


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_HEDGING_THREADS, thread_name_prefix="hedging")
