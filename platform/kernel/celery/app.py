"""The Celery application of this process."""

from typing import Any

from celery import Celery
from django.conf import settings
from kombu.connection import Connection
from kombu.entity import Queue
from redis.backoff import NoBackoff
from redis.retry import Retry

from kernel.jobs.registry import TIMEOUT, known, queue_of
from kernel.jobs.watching import GRACE_SECONDS

#: After so long a shift at a queue ends: its costs do not count, and queues take turns.
SHIFT_SECONDS = 1.0
SPARE_SECONDS = 60.0
SENTINEL_SECONDS = 2


def queues() -> list[str]:
    """Return the queues of all jobs that this process knows: apps, and parts of the kernel."""
    return sorted({queue_of(job.name) for job in known()})


def time_limit() -> float:
    """Return how many seconds a shift may take: more than any job in it.

    Jobs are ended by their own process. This is for a process that cannot: one in which nothing
    but the job runs any more.
    """
    longest = max((job.timeout for job in known()), default=TIMEOUT)
    return SHIFT_SECONDS + longest.total_seconds() + GRACE_SECONDS + SPARE_SECONDS


class SteadyConnection(Connection):  # type: ignore[misc]
    """Outlives its broker, and is back a few seconds after it; without this up to 30 s."""

    @property
    def connection_errors(self) -> tuple[type[Exception], ...]:
        """Return what a worker answers by connecting anew.

        When Redis is killed at the wrong moment, kombu 5.7 meets None where its connection was:
        the worker would end by that (seen in tests/faults/test_kills.py).
        """
        return (*super().connection_errors, AttributeError)

    def ensure_connection(self, *args: Any, **named: Any) -> Any:
        """Return when there is a connection."""
        steady = {"interval_start": 1, "interval_step": 1, "interval_max": 5}
        return super().ensure_connection(*args, **steady | named)


def _make() -> Any:
    # Without the fix-up for Django: it closes the connections to the database around every task,
    # and what it does for processes that fork is in kernel.celery.worker.
    made = Celery("septet", fixups=[])
    made.config_from_object("django.conf:settings", namespace="CELERY")
    limit = time_limit()
    made.conf.task_time_limit = limit
    made.conf.worker_concurrency = settings.WORKER_THREADS
    made.conf.broker_transport_options |= {
        "master_name": settings.CELERY_SENTINEL_MASTER,
        # Nobody is given a message that another one may still have.
        "visibility_timeout": limit + SPARE_SECONDS,
    }
    if settings.CELERY_BROKER_URL.startswith("sentinel:"):
        # One that is away is asked once, and then the next: by default four times in 7 s.
        made.conf.broker_transport_options["sentinel_kwargs"] = {
            "socket_connect_timeout": SENTINEL_SECONDS,
            "socket_timeout": SENTINEL_SECONDS,
            "retry": Retry(NoBackoff(), 0),
        }
    if settings.CELERY_BROKER_URL.startswith("rediss:"):
        made.conf.broker_use_ssl = {"ssl_cert_reqs": "required"}
    made.conf.task_queues = [Queue(name) for name in queues()]
    made.amqp.Connection = SteadyConnection
    return made


app = _make()
