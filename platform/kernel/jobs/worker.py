"""Threads that do the jobs: beside the web server, or in a process of their own."""

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from threading import Event, Thread

from django.db import DatabaseError, close_old_connections, connections

from kernel.jobs import services
from kernel.jobs.models import Job
from kernel.jobs.nudge import nudge, wait_for_nudge
from kernel.jobs.registry import REGISTRY
from kernel.observability.context import request_ids
from kernel.observability.health import register_check
from kernel.tenancy.context import in_tenant

logger = logging.getLogger(__name__)

#: How long an idle worker waits before it looks by itself.
IDLE_SECONDS = 1.0
#: How often leases are renewed and periodic jobs looked after.
UPKEEP_SECONDS = 10.0


class Worker:
    """One claiming thread and some working ones."""

    def __init__(self, threads: int) -> None:
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="job")
        self._claimer = Thread(target=self._run, name="worker", daemon=True)
        self._stopping = Event()
        self._busy: dict[Future[None], Job] = {}
        self._next_upkeep = 0.0

    def start(self) -> None:
        """Begin to work, and make readiness depend on it."""
        register_check("worker", self._check)
        self._claimer.start()

    def stop(self, seconds: float) -> None:
        """Claim nothing more and wait for what has begun; its lease frees what does not end."""
        self._stopping.set()
        nudge()
        self._claimer.join(seconds)
        self._pool.shutdown(wait=False, cancel_futures=True)
        deadline = time.monotonic() + seconds
        for future in list(self._busy):
            if not future.cancelled():
                try:
                    future.exception(timeout=max(deadline - time.monotonic(), 0))
                except TimeoutError:
                    logger.warning("a job outlasts the stop; its lease will end")

    def _check(self) -> str:
        if not self._claimer.is_alive():
            raise RuntimeError("the worker thread has ended")
        return f"{self._threads} threads"

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                found = self._step()
            except DatabaseError:
                logger.exception("the worker cannot reach its database; it goes on trying")
                found = 0
            finally:
                close_old_connections()
            if not found:
                wait_for_nudge(IDLE_SECONDS)
        connections.close_all()

    def _step(self) -> int:
        """Claim as much as there are free threads; return how many jobs were found."""
        self._busy = {future: job for future, job in self._busy.items() if not future.done()}
        if time.monotonic() >= self._next_upkeep:
            self._next_upkeep = time.monotonic() + UPKEEP_SECONDS
            services.renew(list(self._busy.values()))
            services.enqueue_due_periodics()
        jobs = services.claim(self._threads - len(self._busy))
        for job in jobs:
            future = self._pool.submit(_run_and_release, job)
            self._busy[future] = job
            future.add_done_callback(lambda _: nudge())
        return len(jobs)


def run(job: Job) -> None:
    """Do one claimed job and write down how it ended."""
    known = REGISTRY.get(job.name)
    tenant = in_tenant(job.tenant_id) if job.tenant_id else nullcontext()
    with request_ids(str(job.pk), ""), tenant:
        try:
            if known is None:
                raise LookupError(f"this process knows no job {job.name}")
            known.function(job.target)
        except Exception as error:
            logger.exception("job %s failed", job.name, extra={"attempt": job.attempts})
            services.failed(job, error)
        else:
            services.succeeded(job)


def _run_and_release(job: Job) -> None:
    try:
        run(job)
    finally:
        connections.close_all()
