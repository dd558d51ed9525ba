"""Threads that do the jobs: beside the web server, or in a process of their own."""

import logging
import os
import secrets
import socket
import time
from collections import deque
from collections.abc import Collection
from contextlib import nullcontext
from datetime import timedelta
from queue import Empty, SimpleQueue
from threading import Event, Thread

from django.db import DatabaseError, connections

from kernel.errors import DomainError
from kernel.jobs import services
from kernel.jobs.models import Job
from kernel.jobs.nudge import nudge, wait_for_nudge
from kernel.jobs.registry import REGISTRY, known
from kernel.jobs.services import LEASE, Ended
from kernel.observability.context import request_ids
from kernel.observability.health import register_check
from kernel.tenancy.context import in_tenant

logger = logging.getLogger(__name__)

#: How long an idle worker waits before it looks by itself.
IDLE_SECONDS = 1.0


class Worker:
    """One keeper that claims, renews and settles for all, and threads that do the work.

    Only the keeper touches the table of jobs, so many ends and claims share a transaction, and
    what could not be written while the database was away is written when it is back.
    """

    def __init__(
        self, threads: int, *, queues: Collection[str] | None = None, lease: timedelta = LEASE
    ) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(2)}"
        self._queues = queues
        self._lease = lease
        self._keeper = Thread(target=self._keep, name="worker", daemon=True)
        # Daemons: a job that outlasts the stop must not keep the process.
        self._threads = [
            Thread(target=self._work, name=f"job-{number}", daemon=True)
            for number in range(threads)
        ]
        self._held: dict[tuple[str, int], Job] = {}
        self._begun: SimpleQueue[Job | None] = SimpleQueue()
        self._ended: deque[Ended] = deque()
        self._stopping = Event()
        self._stopped = Event()
        self._next_upkeep = 0.0
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
        return f"{len(self._threads)} threads"

    def step(self) -> int:
        """Settle what has ended, keep what has not, and claim for the threads that are free."""
        self._settle()
        if time.monotonic() >= self._next_upkeep:
            # Six times in a lease: recovery within 5 s of its end, and five renewals may fail.
            self._next_upkeep = time.monotonic() + self._lease.total_seconds() / 6
            self._look_after()
        room = 0 if self._stopping.is_set() else len(self._threads) - len(self._held)
        jobs = services.claim(room, known(self._queues), worker=self.name, lease=self._lease)
        for job in jobs:
            self._held[str(job.pk), job.attempts] = job
            self._begun.put(job)
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

    def _look_after(self) -> None:
        if self._held:
            services.renew(list(self._held.values()), self._lease)
        if not self._stopping.is_set():
            services.recover(known(self._queues))
            services.enqueue_due_periodics(known(self._queues))

    def _keep(self) -> None:
        while not self._stopped.is_set():
            if not self._guarded_step():
                wait_for_nudge(IDLE_SECONDS)
        self._give_back()
        connections.close_all()

    def _give_back(self) -> None:
        try:
            self._settle()
            if self._held:
                logger.warning("%d jobs outlast the stop and are given back", len(self._held))
                services.give_back(list(self._held.values()))
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
        while (job := self._next_job()) is not None:
            ended = run(job)
            if ended.error is not None:
                connections.close_all()
            self._ended.append(ended)
            nudge()
        connections.close_all()

    def _next_job(self) -> Job | None:
        """Wait for a job, with the connections closed when it takes long to come."""
        try:
            return self._begun.get(timeout=IDLE_SECONDS)
        except Empty:
            connections.close_all()
            return self._begun.get()


def run(job: Job) -> Ended:
    """Do one claimed job in its tenant, and tell how it ended."""
    tenant = in_tenant(job.tenant_id) if job.tenant_id else nullcontext()
    with request_ids(str(job.pk), ""), tenant:
        try:
            REGISTRY[job.name].function(job.target)
        except DomainError as error:
            logger.warning("job %s: %s: %s", job.name, error.code, error)
            return Ended(job, error)
        except (Exception, SystemExit) as error:
            # A job that calls a command may meet its SystemExit; it must not end the thread.
            logger.exception("job %s failed", job.name, extra={"attempt": job.attempts})
            return Ended(job, error)
        return Ended(job)
