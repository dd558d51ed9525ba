"""Two processes with everything that works in the background, writers, and a person who meddles."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import timedelta
from itertools import count
from queue import Empty
from unittest.mock import patch

from django.db import OperationalError, transaction
from greenlet import getcurrent

from kernel.errors import ConflictError
from kernel.events import leases
from kernel.events.consumer import Consumer
from kernel.events.loops import Looped
from kernel.events.models import OutboxEvent, Redelivery
from kernel.events.publishing import publish
from kernel.events.registry import GROUPS, consumes, groups_of
from kernel.events.relay import Relay
from kernel.events.replay import replay_dead
from kernel.events.transport import Transport
from kernel.jobs import operations, running, services
from kernel.jobs.models import Job, JobState
from kernel.jobs.registry import REGISTRY, job, periodic
from kernel.jobs.worker import Worker
from tests.faults import ledger
from tests.faults.engine import Engine, Process, Troubles
from tests.faults.history import History
from tests.faults.media import in_process
from tests.kernel.events.factories import Moved

THINGS = "abcd"
ORDERED, PLAIN = "tests.ordered", "tests.plain"
#: Processes that work, and seconds of trouble.
PROCESSES = 2
TROUBLED = 50
#: Every so many steps one is refused for good.
HOPELESS = 7
MOST_ATTEMPTS = 4
TICK = timedelta(minutes=5)
JOB_THREADS = 2
WISHED = ["tests.work", "tests.work", "tests.slow", "tests.slow", "tests.never", "tests.unlucky"]
#: What makes a transport for each process of a world.
Medium = Callable[[Engine], AbstractContextManager[Callable[[], Transport]]]


class World:
    """What lives in one seed."""

    def __init__(
        self,
        seed: int,
        troubles: Troubles | None = None,
        medium: Medium = in_process,
    ) -> None:
        self.engine = Engine(seed, troubles or Troubles())
        if troubles is None:
            self.engine.troubles = Troubles.drawn(self.engine.chance)
        self.troubles = self.engine.troubles
        self.history = History(self.engine)
        self.engine.observe = self.history.look
        self._medium = medium
        self._numbers = count(1)
        self._calm = False
        #: The longest that who has nothing to do waits before the next look.
        self.idle = 3.0
        self._alive: list[tuple[Process, Callable[[Process], None]]] = []
        self._late: list[tuple[list[str], list[OutboxEvent]]] = []

    def run(self, *, kill_at: float | None = None) -> None:
        """Let things go wrong for a while, then let everything come to rest.

        With `kill_at`, a process dies then for certain, and is not born again before the end.
        """
        with self._rules():
            self._register()
            for number in range(PROCESSES):
                process = Process(f"process {number}", works=True)
                self._be_born(process, self._work_in_the_background)
            self._be_born(Process("web"), self._write_for_ever)
            self._be_born(Process("person"), self._meddle_for_ever)
            if kill_at is None:
                self.engine.spawn(Process("nurse"), "nurse", self._revive_for_ever)
            else:
                self.engine.run(kill_at)
                self.engine.kill(self._alive[0][0], "told to")
            self.engine.run(TROUBLED)
            self._calm = True
            self.engine.troubles = Troubles()
            # Longer than the longest pause of an event that failed.
            self.idle = 100
            self.engine.run(1_000)

    # --- Those who live --------------------------------------------------------------------------

    def _be_born(self, process: Process, live: Callable[[Process], None]) -> None:
        self._alive.append((process, live))
        live(process)

    def _work_in_the_background(self, process: Process) -> None:
        transport = self._transport()
        working = Worker(JOB_THREADS)
        self.history.workers[working.name] = process
        for name, part in (
            ("relay", Relay(transport)),
            ("consumer", Consumer(transport, groups_of())),
        ):
            self.engine.spawn(process, name, lambda part=part: self._loop(part))  # type: ignore[misc]
        self.engine.spawn(process, "keeper", lambda: self._keep(working))
        for number in range(JOB_THREADS):
            self.engine.spawn(process, f"job {number}", lambda: self._work(working))

    def _loop(self, part: Looped) -> None:
        while True:
            try:
                worked = part.step()
            except Exception:  # noqa: BLE001  as the threads of the platform do
                part.lost()
                worked = 0
            self._rest(worked)

    def _keep(self, working: Worker) -> None:
        while True:
            try:
                worked = working.step()
            except Exception:  # noqa: BLE001  as the keeper does
                worked = 0
            # As often as a real one, but for the long wait at the end: then it renews leases.
            longest = self.idle if self._calm and not working._held else 1
            self.engine.sleep(0 if worked else self.engine.chance.uniform(0.1, longest))

    def _work(self, working: Worker) -> None:
        while True:
            try:
                begun = working._begun.get_nowait()
            except Empty:
                self.engine.sleep(self.engine.chance.uniform(0.1, 3))
                continue
            for one in begun or ():
                if one.begin():
                    self.history.began(one.job)
                    ended = running.run(one.job, one)
                    self.history.ended(one.job, ended.error)
                    if one.finish():
                        working._ended.append(ended)

    def _rest(self, worked: int) -> None:
        self.engine.sleep(self.engine.chance.uniform(0.1, 0.3 if worked else self.idle))

    def _revive_for_ever(self) -> None:
        while True:
            for process, live in [one for one in self._alive if one[0].dead]:
                self._alive.remove((process, live))
                self._be_born(Process(process.name, process.works), live)
            self.engine.sleep(self.engine.chance.uniform(1, 20))

    # --- What writers do -------------------------------------------------------------------------

    def _write_for_ever(self, process: Process) -> None:
        self.engine.spawn(process, "writer", self._keep_writing)

    def _keep_writing(self) -> None:
        while not self._calm:
            # If it fails, so does the request, and nothing of it is committed.
            with suppress(OperationalError):
                self._write()
            self.engine.sleep(self.engine.chance.uniform(0.1, 4))
        for _ in range(len(self._late)):
            self._commit_late()

    def _write(self) -> None:
        chance, troubles = self.engine.chance, self.engine.troubles
        held = {thing for things, _ in self._late for thing in things}
        free = sorted(set(THINGS) - held)
        things = chance.choices(free, k=chance.randrange(1, 4)) if free else []
        kind = chance.random()
        if self._late and kind < 0.5:
            self._commit_late()
        elif things and kind < 0.2:
            self._begin_late(things)
        else:
            with transaction.atomic():
                self._tell(things)
                self._wish()
                if self.engine.happens(troubles.rollback):
                    with transaction.atomic():
                        self._tell(things)
                        self._wish()
                        transaction.set_rollback(True)
                transaction.set_rollback(self.engine.happens(troubles.rollback))

    def _tell(self, things: list[str]) -> None:
        for thing in things:
            _, step = ledger.write_fact(thing)
            publish(Moved(thing=thing, step=step))

    def _begin_late(self, things: list[str]) -> None:
        """Take positions in the outbox that become visible later, as rows of a transaction do."""
        with transaction.atomic():
            last = OutboxEvent.objects.order_by("-position").first()
            self._tell(things)
            rows = OutboxEvent.objects.filter(position__gt=last.position if last else 0)
            taken = list(rows)
            rows.delete()
            for row in taken:
                thing, step = _told(row)
                ledger.ask("DELETE FROM faults_fact WHERE thing = %s AND step = %s", thing, step)
        # Where this fails the positions are others' again.
        self._late.append((things, taken))

    def _commit_late(self) -> None:
        _, rows = self._late.pop(0)
        if self.engine.happens(self.engine.troubles.rollback):
            return
        with transaction.atomic():
            for row in rows:
                ledger.write_fact(_told(row)[0])
            OutboxEvent.objects.bulk_create(rows)

    def _wish(self) -> None:
        target = f"wish {next(self._numbers)}"
        name = self.engine.chance.choice(WISHED)
        ledger.write_wish(target)
        for _ in range(2):
            services.enqueue(name, target, key=target)

    def _meddle_for_ever(self, process: Process) -> None:
        self.engine.spawn(process, "person", self._keep_meddling)

    def _keep_meddling(self) -> None:
        while not self._calm:
            self.engine.sleep(self.engine.chance.uniform(5, 60))
            # If it fails, the person sees an error, and tries again later.
            with suppress(OperationalError), transaction.atomic():
                self._meddle()

    def _meddle(self) -> None:
        kind = self.engine.chance.randrange(3)
        if kind == 0:
            replay_dead(Redelivery.objects.filter(group=PLAIN))
        elif kind == 1:
            self.history.meddled = True
            operations.retry_all(Job.objects.filter(state=JobState.FAILED))
        else:
            oldest = Job.objects.filter(state=JobState.QUEUED, name="tests.work").first()
            if oldest is not None:
                operations.cancel_all(Job.objects.filter(pk=oldest.pk))

    # --- What handlers and jobs do ---------------------------------------------------------------

    def _register(self) -> None:
        for name, ordered in ((ORDERED, True), (PLAIN, False)):
            consumes(Moved, group=name, ordered=ordered)(self._handler(name))
        job("tests.work", max_attempts=MOST_ATTEMPTS)(self._do)
        job("tests.slow", max_attempts=MOST_ATTEMPTS)(self._do_slowly)
        job("tests.never", max_attempts=MOST_ATTEMPTS)(self._do_never)
        job("tests.unlucky", max_attempts=MOST_ATTEMPTS)(self._do_with_bad_luck)
        job("tests.follow", max_attempts=100)(self._do)
        periodic("tests.tick", every=TICK)(lambda _target: self._do("tick"))

    def _handler(self, group: str) -> Callable[[Moved], None]:
        def handle(event: Moved) -> None:
            what = f"{event.thing} {event.step}"
            ledger.take_effect(next(self._numbers), group, what)
            if event.step % HOPELESS == 0:
                raise ConflictError("never")
            if group == PLAIN:
                services.enqueue("tests.follow", what)
                services.enqueue("tests.follow", event.thing, key=f"once {event.thing}")
            if self.engine.happens(self.engine.troubles.failure):
                raise RuntimeError("not now")

        return handle

    def _do(self, target: str) -> None:
        with transaction.atomic():
            ledger.take_effect(next(self._numbers), "jobs", target)
            if self.engine.happens(self.engine.troubles.failure):
                raise RuntimeError("not now")

    def _do_slowly(self, target: str) -> None:
        self.engine.sleep(40)
        self._do(target)

    def _do_never(self, target: str) -> None:
        raise ConflictError(f"{target} is never done")

    def _do_with_bad_luck(self, target: str) -> None:
        raise RuntimeError(f"{target} fails each time")

    # --- What holds while it lives ---------------------------------------------------------------

    @contextmanager
    def _rules(self) -> Iterator[None]:
        with (
            patch.dict(GROUPS, clear=True),
            patch.dict(REGISTRY, clear=True),
            # A lock of the session keeps nobody out here, where all have one session.
            patch.object(leases, "AdvisoryLock", leases.LeaseRow),
            # All threads here are one, which no job may end.
            patch.object(running, "get_ident", lambda: id(getcurrent())),
            self.engine.rules(),
            self._medium(self.engine) as self._transport,
        ):
            ledger.make_tables()
            yield


def _told(row: OutboxEvent) -> tuple[str, int]:
    data = row.envelope().data
    return data["thing"], data["step"]
