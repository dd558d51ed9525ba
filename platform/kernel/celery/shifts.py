"""The one task there is: a shift at a queue."""

import logging
import sys
import time

from billiard.common import terminate_handler_fired
from django.db import DatabaseError, close_old_connections, connections

from kernel.celery.app import SHIFT_SECONDS, app
from kernel.celery.batch import ending
from kernel.celery.keeper import keeper
from kernel.jobs.claiming import LEASE, claim
from kernel.jobs.nudge import nudge
from kernel.jobs.registry import known

logger = logging.getLogger(__name__)


@app.task(name="septet.work")  # type: ignore[untyped-decorator]
def work(queue: str) -> None:
    """Do what is due in a queue, one job after another, and leave the rest to the next shift."""
    if ending():
        # No nudge, or it would come back to us: the sweeper finds who does it.
        return
    # Those that the server has closed meanwhile are opened anew.
    close_old_connections()
    end = time.monotonic() + SHIFT_SECONDS
    try:
        while not ending() and time.monotonic() < end:
            room = keeper().ahead.room(1)
            jobs = claim(room, known([queue]), worker=keeper().name, lease=LEASE)
            if not jobs:
                return
            keeper().work(jobs)
    except DatabaseError:
        # The sweeper finds it when the database is back.
        logger.exception("no job of %s could be claimed", queue)
        connections.close_all()
        return
    if terminate_handler_fired():
        # Its SystemExit was taken for the job's own.
        sys.exit()
    nudge(queue)
