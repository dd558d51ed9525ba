"""The look at the table that finds whatever a broker or a worker has lost."""

import hashlib
import logging
import os
import time
from threading import Event, Lock, Thread

from django.db import DatabaseError, connection, connections

from kernel.celery import broker
from kernel.database.direct import keep_session
from kernel.events.leases import claim
from kernel.jobs import services
from kernel.jobs.claiming import LEASE, claimable
from kernel.jobs.limits import let_in
from kernel.jobs.registry import known
from kernel.observability.health import register_check

logger = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
PERIODICS_SECONDS = 5.0

#: Who has it is in the database, and nobody forks meanwhile: SQLite notes its locks in the memory
#: of the process, and to one that is born with such a note the database is locked for ever.
_in_database = Lock()
os.register_at_fork(
    before=_in_database.acquire,
    after_in_parent=_in_database.release,
    after_in_child=_in_database.release,
)


class Sweeper:
    """Looks over and over, as long as no other process with the same jobs does."""

    def __init__(self) -> None:
        names = " ".join(sorted(job.name for job in known()))
        # Another release, or other services, know other jobs: each has a sweeper for its own.
        self._claim = claim(f"sweeper {hashlib.sha256(names.encode()).hexdigest()[:16]}")
        self._active = False
        self._last_look = time.monotonic()
        self._next_periodics = 0.0
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="sweeper", daemon=True)

    def start(self) -> None:
        """Begin to look, and make readiness depend on it."""
        register_check("sweeper", self.check)
        self._thread.start()

    def check(self) -> str:
        """Say who sweeps; raises when this process looks no more."""
        silence = time.monotonic() - self._last_look
        if silence > LEASE.total_seconds():
            raise RuntimeError(f"the sweeper has not looked for jobs for {silence:.0f} s")
        return "here" if self._active else "another process, or none yet"

    def stop(self) -> None:
        """Let another process look."""
        self._stopping.set()
        self._thread.join(LOOK_SECONDS)

    def step(self) -> None:
        """Take up what is lost, start what is due by itself, and send messages that are missing."""
        with _in_database:
            due = self._look()
            if connection.vendor == "sqlite":
                connections.close_all()
        for queue, count in due.items():
            broker.fill(queue, count)

    def _look(self) -> dict[str, int]:
        self._active = self._claim.hold()
        self._last_look = time.monotonic()
        if not self._active:
            return {}
        services.recover(known())
        if time.monotonic() >= self._next_periodics:
            self._next_periodics = time.monotonic() + PERIODICS_SECONDS
            services.enqueue_due_periodics(known())
            let_in(job.name for job in known())
        return claimable(known(), broker.MOST_WAITING)

    def _run(self) -> None:
        keep_session()
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                self.step()
            except Exception:
                # The database or the broker: the sweeper outlives both.
                logger.exception("the sweeper could not look for jobs; it goes on trying")
                connections.close_all()
        try:
            self._claim.give_up()
        except DatabaseError:
            logger.exception("the sweeper could not give up its place; it ends by itself")
        connections.close_all()
