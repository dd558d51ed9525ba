"""What a Celery worker does beside its tasks: it sweeps, forks cleanly and stops in time."""

import logging
import os
import time
import warnings
from collections.abc import Callable, Collection
from threading import Thread
from typing import Any

from celery import bootsteps
from celery.exceptions import CPendingDeprecationWarning
from celery.signals import (
    setup_logging,
    worker_init,
    worker_process_init,
    worker_ready,
    worker_shutting_down,
)
from django.conf import settings
from django.db import connections

from kernel.celery.app import app
from kernel.celery.keeper import be_alone
from kernel.celery.stopping import stop
from kernel.celery.sweeper import Sweeper
from kernel.observability.port import OperationsPort

# Of a change that Celery plans for tasks whose message is lost: ours go on, and the row decides.
warnings.simplefilter("ignore", CPendingDeprecationWarning)

logger = logging.getLogger(__name__)

#: What the processes of a worker have to give back the jobs that did not end.
GIVE_BACK_SECONDS = 2.0


def work(queues: Collection[str], on_ready: Callable[[], None]) -> None:
    """Be a Celery worker for these queues until told to stop, as `celery -A project worker` is."""
    ready = worker_ready.connect(lambda **_signal: on_ready(), weak=False)
    try:
        # Workers have nothing to tell each other: the table knows.
        options = ["--without-mingle", "--without-gossip", "--queues", ",".join(queues)]
        app.worker_main(["--quiet", "worker", *options])
    finally:
        worker_ready.disconnect(ready)


class SweeperStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """Sweeps beside the consumer, from when the pool has forked its first processes."""

    requires = {"celery.worker.components:Pool"}

    def create(self, _worker: Any) -> Sweeper:
        """Return what the step starts and stops."""
        return Sweeper()


class OperationsStep(bootsteps.StartStopStep):  # type: ignore[misc]
    """Answers probes and scrapes at OPERATIONS_PORT."""

    requires = {"celery.worker.components:Pool"}

    def include_if(self, _worker: Any) -> bool:
        """Say whether there is such a port."""
        return bool(settings.OPERATIONS_PORT)

    def create(self, _worker: Any) -> OperationsPort:
        """Return what the step starts and stops."""
        return OperationsPort(settings.HOST, settings.OPERATIONS_PORT)

    def stop(self, _worker: Any) -> None:
        """Answer no more."""
        if self.obj:
            self.obj.stop(0)

    terminate = stop


app.steps["worker"].update({SweeperStep, OperationsStep})


@setup_logging.connect  # type: ignore[untyped-decorator]
def keep_our_logs(**_signal: Any) -> None:
    """Let Celery log as Django was told to: who answers this signal has set up all there is."""


@worker_init.connect  # type: ignore[untyped-decorator]
def prepare(**_signal: Any) -> None:
    """Have nothing open that processes would share after a fork."""
    for alias in connections:
        connections.settings[alias]["OPTIONS"].pop("pool", None)
        connections.settings[alias]["CONN_MAX_AGE"] = None
        connections.settings[alias]["CONN_HEALTH_CHECKS"] = True
    connections.close_all()


@worker_process_init.connect  # type: ignore[untyped-decorator]
def begin_a_process(**_signal: Any) -> None:
    """Let the pool put another process in the place of one whose job does not end."""
    be_alone()


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def stop_in_time(how: str, **_signal: Any) -> None:
    """Let jobs that have begun end within STOP_TIMEOUT; those that do not are given back."""
    if not stop.told or stop.anew:
        seconds = settings.STOP_TIMEOUT.total_seconds()
        stop.tell(seconds)
        Thread(target=_leave, args=(seconds + GIVE_BACK_SECONDS,), daemon=True).start()


def _leave(seconds: float) -> None:
    time.sleep(seconds)
    logger.warning("the worker leaves without what has not ended")
    # The kernel of the machine ends the processes of the pool with this one.
    os._exit(os.EX_OK)
