"""Threads that do the jobs: beside the web server, or in a process of their own."""

import logging
import os
import secrets
import socket
import time
from collections import deque
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import timedelta
from itertools import count
from queue import Empty, SimpleQueue
from threading import Event, Thread

from django.db import DatabaseError, connections

from kernel.jobs import services
from kernel.jobs.ahead import Ahead
from kernel.jobs.claiming import LEASE, claim
from kernel.jobs.limits import let_in
from kernel.jobs.nudge import nudge, wait_for_nudge
from kernel.jobs.registry import known
from kernel.jobs.running import JobStopError, Running, grouped, run_together
from kernel.jobs.services import Ended
from kernel.jobs.watching import GRACE_SECONDS, WATCH_SECONDS, end_overdue, watch
from kernel.observability.health import register_check

logger = logging.getLogger(__name__)

#: How long an idle worker waits before it looks by itself.
IDLE_SECONDS = 1.0


class Worker:
    """One keeper that claims, renews and settles for all, and threads that do the work.

    Only the keeper touches the table of jobs, so many ends and claims share a transaction, and
    what could not be written while the database was away is written when it is back.

    `on_stuck` is called when a thread does not end that was told to: another has its place, but
    only the end of the process ends it.
    """

    def __init__(
        self,
        threads: int,
        *,
        queues: Collection[str] | None = None,
        lease: timedelta = LEASE,
        on_stuck: Callable[[], None] = lambda: None,
    ) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(2)}"
        self._queues = queues
        self._lease = lease
        self._on_stuck = on_stuck
        self._keeper = Thread(target=self._keep, name="worker", daemon=True)
        self._numbers = count()
        self._threads = [self._new_thread() for _ in range(threads)]
        self._held: dict[tuple[str, int], Running] = {}
        self._begun: SimpleQueue[list[Running] | None] = SimpleQueue()
        self._ended: deque[Ended] = deque()
        self._abandoned: list[tuple[Thread, float]] = []
        self._ahead = Ahead()
        self._stopping = Event()
        self._stopped = Event()
        self._next_upkeep = 0.0
        self._next_watch = 0.0
        self._last_look = time.monotonic()

    def start(self) -> None:
        """Begin to work, and make readiness depend on it."""
        register_check("worker", self.check)
        for thread in (self._keeper, *self._threads):
            thread.start()

    def stop(self, seconds: float) -> None:
        """Claim nothing more, wait for what has begun, and give back what has not ended by then."""
        deadline = time.monotonic() + seconds
        self._stopping.set()
        for _ in self._threads:
            self._begun.put(None)
        for thread in self._threads:
            thread.join(max(deadline - time.monotonic(), 0))
        self._stopped.set()
        nudge()
        self._keeper.join(IDLE_SECONDS + max(deadline - time.monotonic(), 0))

    def check(self) -> str:
        """Return how many threads work; raises when the keeper looks for jobs no more."""
        silence = time.monotonic() - self._last_look
        if silence > LEASE.total_seconds():
            raise RuntimeError(f"the worker has not looked for jobs for {silence:.0f} s")
        stuck = sum(thread.is_alive() for thread, _ in self._abandoned)
        if stuck >= len(self._threads):
            raise RuntimeError(f"{stuck} threads are stuck in jobs that do not end")
        return f"{len(self._threads)} threads"

    def step(self) -> int:
        """Settle what has ended, watch over what has not, and claim for threads that are free."""
        self._settle()
        now = time.monotonic()
        if now >= self._next_watch and (self._held or self._abandoned):
            self._next_watch = now + WATCH_SECONDS
            watch(list(self._held.values()))
            self._end_overdue()
        if now >= self._next_upkeep:
            # Six times in a lease: recovery within 5 s of its end, and five renewals may fail.
            self._next_upkeep = now + self._lease.total_seconds() / 6
            self._look_after()
        # What is done together keeps one thread busy.
        busy = len({id(one.lead) for one in self._held.values()})
        room = 0 if self._stopping.is_set() else self._ahead.room(len(self._threads)) - busy
        jobs = claim(room, known(self._queues), worker=self.name, lease=self._lease)
        for group in grouped([Running(job) for job in jobs]):
            for one in group:
                self._held[str(one.job.pk), one.job.attempts] = one
            self._begun.put(group)
        self._last_look = time.monotonic()
        return len(jobs)

    def _settle(self) -> None:
        ended = list(self._ended)
        if not ended:
            return
        services.settle(ended)
        for end in ended:
            self._ended.popleft()
            del self._held[str(end.job.pk), end.job.attempts]
            self._ahead.note(end.seconds)

    def _look_after(self) -> None:
        if self._held:
            services.renew([one.job for one in self._held.values()], self._lease)
        if not self._stopping.is_set():
            here = known(self._queues)
            services.recover(here)
            services.enqueue_due_periodics(here)
            let_in(job.name for job in here)

    def _end_overdue(self) -> None:
        """End jobs that were told to and go on; other threads take the place of theirs."""
        for running, ended in end_overdue(list(self._held.values())):
            self._ended.extend(ended)
            self._replace(running.thread)
        now = time.monotonic()
        self._abandoned = [one for one in self._abandoned if one[0].is_alive()]
        if any(now - since > GRACE_SECONDS for _, since in self._abandoned):
            self._on_stuck()

    def _replace(self, ident: int) -> None:
        for number, thread in enumerate(self._threads):
            if thread.ident == ident:
                self._abandoned.append((thread, time.monotonic()))
                self._threads[number] = self._new_thread()
                self._threads[number].start()

    def _new_thread(self) -> Thread:
        # A daemon: a job that outlasts the stop must not keep the process.
        return Thread(target=self._work, name=f"job-{next(self._numbers)}", daemon=True)

    def _keep(self) -> None:
        while not self._stopped.is_set():
            if not self._guarded_step():
                wait_for_nudge(IDLE_SECONDS)
        self._give_back()
        connections.close_all()

    def _give_back(self) -> None:
        try:
            self._settle()
            begun = [one.job for one in self._held.values() if one.thread]
            unbegun = [one.job for one in self._held.values() if not one.thread]
            if unbegun:
                services.give_back_unbegun(unbegun)
            if begun:
                logger.warning("%d jobs outlast the stop and are given back", len(begun))
                services.give_back(begun)
        except DatabaseError:
            logger.exception("jobs could not be given back; their leases will end")

    def _guarded_step(self) -> int | None:
        try:
            return self.step()
        except Exception:
            # Most likely the database: the keeper outlives it, and its next look may succeed.
            logger.exception("the worker could not look for jobs; it goes on trying")
            connections.close_all()
            return None

    def _work(self) -> None:
        with suppress(JobStopError):
            while (group := self._next_jobs()) is not None:
                # Claimed ahead, and given back; or ended before it began.
                group = [] if self._stopping.is_set() else [one for one in group if one.begin()]
                if group and not self._done(group):
                    break
        connections.close_all()

    def _done(self, group: list[Running]) -> bool:
        """Do some jobs; False when this thread is counted on no more."""
        ended = run_together(group)
        own = [end for one, end in zip(group, ended, strict=True) if one.finish()]
        if any(end.error is not None for end in own):
            connections.close_all()
        self._ended.extend(own)
        nudge()
        return len(own) == len(group)

    def _next_jobs(self) -> list[Running] | None:
        """Wait for jobs, with the connections closed when it takes long to come."""
        try:
            return self._begun.get(timeout=IDLE_SECONDS)
        except Empty:
            connections.close_all()
            return self._begun.get()
