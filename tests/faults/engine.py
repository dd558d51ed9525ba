"""A world with one clock and one chance, in which a seed always makes the same things happen.

Threads of processes are greenlets that hand over to each other at any statement outside of a
transaction: a transaction is one step, as it is for all others in a database that has one writer.
Time passes only when somebody waits or asks the database. At any statement, also inside of a
transaction, the process may die, the database refuse, or the thread stand still for a minute.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partialmethod
from time import process_time
from typing import Any
from unittest.mock import patch

from django.conf import settings
from django.db import OperationalError, connection
from django.db.transaction import Atomic
from greenlet import getcurrent, greenlet

from kernel import clock, ids

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)
#: A world takes a second or two; one in which somebody works without end takes for ever.
MOST_CPU_SECONDS = 60
#: What a transaction begins and ends with, when the test holds one around it.
_BRACKETS = ("SAVEPOINT", "RELEASE", "ROLLBACK")
_ENTER = Atomic.__enter__


class Crash(BaseException):
    """The process is gone: nothing of it catches this."""


@dataclass
class Troubles:
    """How likely each thing goes wrong, each time that it could."""

    #: The process dies, before a statement or at a fault point.
    crash: float = 0
    #: The database refuses a statement.
    refusal: float = 0
    #: The process stands still, for longer than any lease.
    stall: float = 0
    #: A handler or a job fails that would succeed another time.
    failure: float = 0
    #: A call to the broker fails, or is done and its answer lost.
    broker: float = 0
    #: A transaction of a writer is rolled back.
    rollback: float = 0

    @classmethod
    def drawn(cls, chance: random.Random) -> "Troubles":
        """Return some of all troubles: where everything fails at once, rare things never happen."""
        most = cls(crash=0.004, refusal=0.004, stall=0.006, failure=0.2, broker=0.15, rollback=0.3)
        return cls(
            **{
                name: rate * chance.choice((0, 0.3, 1))
                for name, rate in ((name, getattr(most, name)) for name in cls.__annotations__)
            }
        )


@dataclass
class Process:
    """Threads that die together."""

    name: str
    #: In the background; others do not stand still, so that there is enough to do.
    works: bool = False
    dead: bool = False
    died_at: float = 0


@dataclass
class Thread:
    """One flow of control, and when it goes on."""

    process: Process
    name: str
    greenlet: greenlet
    wakes_at: float


@dataclass
class Engine:
    """The clock, chance, and who runs."""

    seed: int
    troubles: Troubles
    chance: random.Random = field(init=False)
    #: Seconds since the world began.
    seconds: float = 0
    trace: list[str] = field(default_factory=list)
    deaths: int = 0
    #: Called after each commit, or statement outside of a transaction, that wrote into a table.
    watched: str = "jobs_job"
    observe: Callable[[], None] = lambda: None
    _threads: list[Thread] = field(default_factory=list)
    _wrote: bool = False
    _looking: bool = False
    #: What the onlooker found; a thread would take it for an error of its own.
    _broken: AssertionError | None = None

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self._depth = len(connection.savepoint_ids)
        self._hub = getcurrent()

    def now(self) -> datetime:
        """Return the time of this world."""
        return BEGAN + timedelta(seconds=self.seconds)

    def spawn(self, process: Process, name: str, body: Callable[[], object]) -> None:
        """Let a thread of a process begin."""
        made = greenlet(lambda: self._live(body), parent=self._hub)
        self._threads.append(Thread(process, name, made, self.seconds))

    def run(self, seconds: float) -> None:
        """Let everybody live for as long."""
        ends_at, gives_up_at = self.seconds + seconds, process_time() + MOST_CPU_SECONDS
        while True:
            assert process_time() < gives_up_at, "this world does not come to an end"
            ready = [one for one in self._threads if one.wakes_at <= self.seconds]
            if not ready:
                wakes_at = min((one.wakes_at for one in self._threads), default=ends_at)
                if wakes_at >= ends_at:
                    self.seconds = max(ends_at, self.seconds)
                    return
                self.seconds = wakes_at
                continue
            self._give_turn(self.chance.choice(ready))
            if self.seconds >= ends_at:
                return

    def _give_turn(self, thread: Thread) -> None:
        self._current = thread
        if not thread.process.dead:
            thread.greenlet.switch()
        elif thread.greenlet:
            thread.greenlet.throw(Crash)
        if thread.process.dead or thread.greenlet.dead:
            self._threads.remove(thread)
        if self._broken is not None:
            raise self._broken

    def sleep(self, seconds: float) -> None:
        """Let others live while the thread of the caller waits."""
        self._after_commit()
        thread = self._thread()
        thread.wakes_at = self.seconds + seconds
        self._hand_over(thread)

    def kill(self, process: Process, why: str) -> None:
        """Let a process die, with all of its threads."""
        if not process.dead:
            process.dead, process.died_at = True, self.seconds
            self.deaths += 1
            self.trace.append(f"{self.seconds:.3f} {process.name} dies: {why}")
            for thread in self._threads:
                if thread.process is process:
                    thread.wakes_at = self.seconds

    def happens(self, rate: float) -> bool:
        """Say whether something goes wrong that does so at this rate."""
        return rate > 0 and self.chance.random() < rate

    def pass_fault_point(self, name: str) -> None:
        """Die at a named point, more often than between any two statements."""
        thread = self._thread()
        if self.happens(self.troubles.crash * 5):
            self.kill(thread.process, name)
        if thread.process.dead:
            raise Crash

    @contextmanager
    def rules(self) -> Iterator[None]:
        """Let the clock, chance and statements of this block be those of this world."""
        with ExitStack() as rules:
            for target, name, value in (
                (clock, "now", self.now),
                (ids, "_sequence", ids._Sequence()),
                (settings, "FAULT", "simulated"),
            ):
                rules.enter_context(patch.object(target, name, value))
            rules.enter_context(patch("kernel.faults._count", self.pass_fault_point))
            rules.enter_context(patch("time.monotonic", lambda: self.seconds))
            for name in ("uniform", "shuffle"):
                rules.enter_context(patch(f"random.{name}", getattr(self.chance, name)))
            enter = partialmethod(_enter, self)
            rules.enter_context(patch.object(Atomic, "__enter__", enter))
            rules.enter_context(connection.execute_wrapper(self._statement))
            try:
                yield
            finally:
                for thread in list(self._threads):
                    thread.process.dead = True
                    self._give_turn(thread)
                connection.run_on_commit = []
                connection.needs_rollback = False

    def _live(self, body: Callable[[], object]) -> None:
        try:
            body()
        except Crash:
            return

    def _thread(self) -> Thread:
        thread = self._current
        assert thread.greenlet is getcurrent()
        return thread

    def _hand_over(self, thread: Thread) -> None:
        self._hub.switch()
        if thread.process.dead:
            raise Crash

    def _statement(
        self, execute: Callable[..., Any], sql: str, parameters: Any, many: bool, context: Any
    ) -> Any:
        if not self.inside():
            # An error outside of a transaction breaks none, but for the one around this test.
            connection.needs_rollback = False
        if self._looking or getcurrent() is self._hub:
            return execute(sql, parameters, many, context)
        if sql.startswith(_BRACKETS):
            done = execute(sql, parameters, many, context)
            if sql.startswith("RELEASE") and not self.inside():
                self._look()
                self.pass_fault_point("after a commit")
                self._after_commit()
            return done
        self._trouble(self._thread())
        done = execute(sql, parameters, many, context)
        self._wrote = self._wrote or (self.watched in sql and not sql.startswith("SELECT"))
        if not self.inside():
            self._look()
        return done

    def _trouble(self, thread: Thread) -> None:
        self.seconds += self.chance.uniform(0, 0.004)
        if self.happens(self.troubles.crash):
            self.kill(thread.process, f"{thread.name} before a statement")
        if thread.process.dead:
            raise Crash
        if self.happens(self.troubles.refusal):
            raise OperationalError("the database does not answer")
        if self.inside():
            return
        if thread.process.works and self.happens(self.troubles.stall):
            self._stall(thread)
        elif self.chance.random() < 0.3:
            self.sleep(0)

    def _stall(self, thread: Thread) -> None:
        """Let nothing of a process go on, as when its machine sleeps."""
        ends_at = self.seconds + self.chance.choice((3, 12, 40, 100))
        self.trace.append(f"{self.seconds:.3f} {thread.process.name} stalls")
        for one in self._threads:
            if one.process is thread.process:
                one.wakes_at = max(one.wakes_at, ends_at)
        self.sleep(ends_at - self.seconds)

    def inside(self) -> bool:
        """Say whether a transaction of one of the threads has begun."""
        return len(connection.savepoint_ids) > self._depth

    def _after_commit(self) -> None:
        """Do what waits for the commit, which the test around us never does."""
        self._look()
        waiting: Sequence[Any] = connection.run_on_commit
        connection.run_on_commit = []
        for _, function, _ in waiting:
            function()

    def _look(self) -> None:
        if self._wrote:
            self._wrote, self._looking = False, True
            try:
                self.observe()
            except AssertionError as error:
                self._broken = self._broken or error
            finally:
                self._looking = False


def _enter(atomic: Atomic, engine: Engine) -> None:
    # Nested in the test's own, the outermost transaction of a thread has to be a savepoint, and is
    # not broken by an error of somebody who was in none.
    if not engine.inside():
        atomic.savepoint, connection.needs_rollback = True, False
    _ENTER(atomic)
