"""What a process of a Celery worker has claimed: done, watched over, and settled."""

import logging
import os
import secrets
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from threading import Thread, get_ident

from django.conf import settings
from django.db import DatabaseError, connections

from kernel.celery.batch import Batch
from kernel.celery.stopping import stop
from kernel.jobs import services
from kernel.jobs.ahead import Ahead
from kernel.jobs.claiming import LEASE
from kernel.jobs.models import Job
from kernel.jobs.running import JobStopError
from kernel.jobs.watching import GRACE_SECONDS, WATCH_SECONDS, end_overdue, watch
from kernel.running import begin_anew

logger = logging.getLogger(__name__)


class Keeper:
    """Does jobs for the threads of one process, and watches over them in a thread of its own.

    It holds what a shift works on, and not a moment longer: however the shift leaves, nobody
    renews what it had. A thread that does not come back from a job that was ended is ended with its
    process: at once where it is `alone`; among others when it had some time, and so had they.
    """

    def __init__(self, *, alone: bool = False) -> None:
        self.name = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(2)}"
        self.ahead = Ahead()
        self._alone = alone
        self._batches: dict[int, Batch] = {}
        self._seen: set[Batch] = set()
        #: When a job of these was written down as ended that had not.
        self._abandoned: dict[Batch, float] = {}
        self._next_renewal = 0.0

    def start(self) -> "Keeper":
        """Begin to watch."""
        Thread(target=self._keep, name="keeper", daemon=True).start()
        return self

    def work(self, jobs: Sequence[Job]) -> None:
        """Do claimed jobs and write down how they ended."""
        batch = self._batches[get_ident()] = Batch(jobs)
        try:
            # It may be raised as late as here, in a job that was ended from outside.
            with suppress(JobStopError):
                batch.do()
                self._settle(batch)
        finally:
            del self._batches[get_ident()]
            self._give_back_unbegun(batch)

    def step(self) -> None:
        """Watch over what is held, and end it or give it back when its time is over."""
        batches = list(self._batches.values())
        if not batches:
            # The next one's lease is as long as this.
            self._next_renewal = time.monotonic() + LEASE.total_seconds() / 6
            connections.close_all()
            return
        held = [running for batch in batches for running in batch.held()]
        if stop.over:
            self._give_back(batches)
            self._leave_stuck(batches)
            return
        if time.monotonic() >= self._next_renewal:
            self._next_renewal = time.monotonic() + LEASE.total_seconds() / 6
            services.renew([running.job for running in held], LEASE)
        watch(held)
        for batch in batches:
            self._end_overdue(batch)
        self._leave_stuck(batches)
        for batch in self._seen.intersection(batches):
            # A long job is among them: none waits for it.
            batch.settle(self.ahead)
            batch.give_back_unbegun()
        self._seen = set(batches)

    def _end_overdue(self, batch: Batch) -> None:
        for running, ended in end_overdue(batch.held()):
            for one in ended:
                batch.end(one)
            self._settle(batch)
            if running.thread:
                self._abandoned[batch] = time.monotonic()

    def _leave_stuck(self, batches: Sequence[Batch]) -> None:
        """End the process with threads that do not come back."""
        patience = 0 if self._alone else GRACE_SECONDS
        self._abandoned = {one: at for one, at in self._abandoned.items() if one in batches}
        stuck = [one for one, at in self._abandoned.items() if time.monotonic() - at >= patience]
        if stuck and self._alone:
            # The pool puts another process in its place.
            os._exit(os.EX_SOFTWARE)
        if stuck and not stop.told:
            logger.error("a job does not end: this worker lets others end, and begins anew")
            stop.tell(settings.STOP_TIMEOUT.total_seconds(), anew=True)
        if stuck and stop.anew and (stop.over or len(stuck) == len(batches)):
            begin_anew()

    def _settle(self, batch: Batch) -> None:
        # Longer than this it is not held: somebody else may do it, and be able to write it down.
        give_up = time.monotonic() + LEASE.total_seconds()
        while not stop.over and time.monotonic() < give_up:
            try:
                batch.settle(self.ahead)
                break
            except DatabaseError:
                logger.exception("how jobs ended could not be written; trying again")
                connections.close_all()
                time.sleep(WATCH_SECONDS)

    def _give_back(self, batches: Sequence[Batch]) -> None:
        for batch in batches:
            batch.settle(self.ahead)
            batch.give_back_unbegun()
            begun = [running.job for running in batch.held()]
            if begun:
                logger.warning("%d jobs outlast the stop and are given back", len(begun))
                services.give_back(begun)
                batch.drop()

    def _give_back_unbegun(self, batch: Batch) -> None:
        try:
            batch.give_back_unbegun()
        except DatabaseError:
            logger.exception("jobs could not be given back; their leases will end")
            connections.close_all()

    def _keep(self) -> None:
        while True:
            time.sleep(WATCH_SECONDS)
            try:
                self.step()
            except DatabaseError:
                logger.exception("jobs could not be watched over; trying again")
                connections.close_all()


_keepers: dict[int, Keeper] = {}


def keeper() -> Keeper:
    """Return the keeper of this process, which is not that of the process it was forked from."""
    pid = os.getpid()
    if pid not in _keepers:
        _keepers[pid] = Keeper().start()
    return _keepers[pid]


def be_alone() -> None:
    """Let this process, which does one job at a time, end with a job that does not."""
    _keepers[os.getpid()] = Keeper(alone=True).start()
