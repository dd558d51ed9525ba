"""The job that is being done here: what it tells of its progress, and how it is told to end."""

import ctypes
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from threading import Lock, get_ident
from typing import Any
from uuid import UUID

from kernel.errors import DomainError
from kernel.jobs.causes import traced
from kernel.jobs.errors import JobTimedOutError
from kernel.jobs.models import Job
from kernel.jobs.registry import REGISTRY, TIMEOUT
from kernel.jobs.services import Ended
from kernel.observability.context import exemplar
from kernel.tenancy.context import in_tenant

logger = logging.getLogger(__name__)

LONGEST_MESSAGE = 200


class JobStopError(BaseException):
    """Ends the job it is raised in. No `Exception`: a job that catches all of those ends, too."""


class Running:
    """One attempt at a job, seen by the job itself and by who watches over it."""

    def __init__(self, job: Job) -> None:
        self.job = job
        #: The first of those that it is done with.
        self.lead = self
        #: All of those, itself among them; they have one lock.
        self.together: Sequence[Running] = (self,)
        registered = REGISTRY.get(job.name)
        self._timeout = (registered.timeout if registered else TIMEOUT).total_seconds()
        self._lock = Lock()
        self._began: float | None = None
        #: The one that does it, once it has begun.
        self.thread = 0
        self._told_to_stop: float | None = None
        self._stopped_by: DomainError | None = None
        self._progress: dict[str, Any] = {}
        self._over = False

    # --- For the job ---

    def check(self) -> None:
        """Raise JobStopError when the job was cancelled, has taken too long or lost its lease."""
        if self.stopped_by() is not None:
            raise JobStopError

    def progress(self, done: int, total: int | None = None, message: str = "") -> None:
        """Tell how far the job is; written down once a second at most. Checks, too."""
        told = {
            "progress_done": done,
            "progress_total": total,
            "progress_message": message[:LONGEST_MESSAGE],
        }
        with self._lock:
            self._progress = told
        self.check()

    # --- For who watches over it ---

    def stopped_by(self) -> DomainError | None:
        """Return why the job is to end, if it is."""
        taken = self.seconds()
        if self._stopped_by is None and taken > self._timeout:
            self.stop(
                JobTimedOutError(f"attempt {self.job.attempts} took over {self._timeout:g} s")
            )
        return self._stopped_by

    def stop(self, error: DomainError) -> None:
        """Let the job end at its next check."""
        if self._stopped_by is None:
            self._stopped_by, self._told_to_stop = error, time.monotonic()

    def seconds(self) -> float:
        """Return how long it has been done."""
        return 0.0 if self._began is None else time.monotonic() - self._began

    def overdue_seconds(self) -> float:
        """Return how long ago it was told to end, of one that goes on."""
        self.stopped_by()
        told = self._told_to_stop
        return 0.0 if told is None or self._over else time.monotonic() - told

    def unwritten(self) -> dict[str, Any]:
        """Return the columns of progress that have changed since somebody asked."""
        with self._lock:
            told, self._progress = self._progress, {}
        return told

    @property
    def doing(self) -> "Running":
        """The first that has begun of those it is done with: its time and its lease are theirs."""
        return self if not self.thread else next(one for one in self.together if one.thread)

    def abandon(self) -> "list[Running]":
        """End it whether it checks or not, and count on its thread no more.

        Returns what has ended: all that it is done with, for they have one thread; nothing if it
        is over. Raised in the thread as soon as that runs Python code again: a call that waits in C
        (a socket, a lock, a long computation) is not interrupted.
        """
        with self._lock:
            begun = self._began is not None
            ended = [one for one in self.together if one.thread] if begun else [self]
            # All or none: a thread that says of some that they are over is not interrupted in it.
            if any(one._over for one in ended):
                return []
            for one in ended:
                one._over = True
            if begun:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(self.thread), ctypes.py_object(JobStopError)
                )
            return ended

    def withdraw(self) -> bool:
        """Say that it is not to begin any more; False when it has."""
        with self._lock:
            withdrawn = self._began is None and not self._over
            self._over = self._over or withdrawn
            return withdrawn

    def finish(self) -> bool:
        """Say that it is over; False when it was abandoned meanwhile."""
        with self._lock:
            was_over, self._over = self._over, True
        return not was_over

    def begin(self) -> bool:
        """Say that this thread does it now; False when it is over already."""
        with self._lock:
            if self._began is None and not self._over:
                self._began, self.thread = time.monotonic(), get_ident()
                if len(self.together) > 1:
                    # Too late to end it alone.
                    self._stopped_by = self._told_to_stop = None
            return not self._over

    def join(self, group: "Sequence[Running]") -> None:
        """Say with which others it will be done."""
        self.lead, self.together, self._lock = group[0], group, group[0]._lock


_current: ContextVar[Running | None] = ContextVar("job", default=None)


def current_job() -> Running:
    """Return the job that is being done; outside of one, something that nobody watches."""
    return _current.get() or Running(Job(name=""))


@contextmanager
def _here(running: Running) -> Iterator[None]:
    token = _current.set(running)
    try:
        yield
    finally:
        _current.reset(token)


def grouped(some: Sequence[Running]) -> list[list[Running]]:
    """Return claimed jobs as they are done: those that are done together, and the others alone."""
    groups: list[list[Running]] = []
    open_: dict[tuple[str, UUID | None], list[Running]] = {}
    for one in some:
        registered = REGISTRY.get(one.job.name)
        if registered is None or not registered.together or one.job.attempts > 1:
            groups.append([one])
            continue
        lane = one.job.name, one.job.tenant_id
        if len(open_.get(lane, ())) in {0, registered.most_together}:
            open_[lane] = []
            groups.append(open_[lane])
        open_[lane].append(one)
    for group in groups:
        for one in group:
            one.join(group)
    return groups


def run(job: Job, running: Running | None = None) -> Ended:
    """Do one claimed job in its tenant, and tell how it ended."""
    running = running or Running(job)
    running.begin()
    return _run(running, [job], lambda: REGISTRY[job.name].function(job.target))


def run_together(group: Sequence[Running]) -> list[Ended]:
    """Do a group of claimed jobs that have begun, and tell how each ended."""
    lead = group[0]
    together = REGISTRY[lead.job.name].together
    if together is None or len(group) == 1:
        return [run(one.job, one) for one in group]
    errors: Mapping[str, Exception] = {}

    def do() -> None:
        nonlocal errors
        errors = together([one.job.target for one in group])

    ended = _run(lead, [one.job for one in group], do)
    for one in group if ended.error is None else ():
        if one.job.target in errors:
            logger.error("job %s failed", one.job.name, exc_info=errors[one.job.target])
    seconds = lead.seconds()
    return [
        Ended(
            one.job,
            ended.error or errors.get(one.job.target),
            one.unwritten(),
            seconds,
            ended.exemplar,
        )
        for one in group
    ]


def _run(running: Running, jobs: Sequence[Job], function: Callable[[], None]) -> Ended:
    job = running.job
    tenant = in_tenant(job.tenant_id) if job.tenant_id else nullcontext()
    error: BaseException | None = None
    with traced(jobs) as span, tenant, _here(running):
        try:
            running.check()
            function()
        except JobStopError:
            error = running.stopped_by() or JobTimedOutError("the job was told to end")
            span.fail(error.code)
            logger.warning("job %s: %s: %s", job.name, error.code, error)
        except DomainError as failed:
            logger.warning("job %s: %s: %s", job.name, failed.code, failed)
            error = failed
            span.fail(error.code)
        except (Exception, SystemExit) as failed:
            # A job that calls a command may meet its SystemExit; it must not end the thread.
            logger.exception("job %s failed", job.name, extra={"attempt": job.attempts})
            error = failed
            span.fail(type(failed).__name__)
        return Ended(job, error, running.unwritten(), running.seconds(), exemplar())
