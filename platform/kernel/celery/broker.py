"""Messages in the broker: how many there are, and a few more."""

from kernel.celery.app import app
from kernel.celery.shifts import work

#: The most messages that a queue is given. Each wakes a worker, and an awake one needs none.
MOST_WAITING = 100
#: How long whoever checks waits to be connected, and for the answer.
CHECK_SECONDS = 2


def add(queue: str, count: int) -> None:
    """Let some more workers look at a queue; raises what the broker's client raises."""
    with app.producer_or_acquire() as producer:
        _send(producer, queue, min(count, MOST_WAITING - _waiting(producer, queue)))


def fill(queue: str, count: int) -> None:
    """Let this many messages be there, for as many jobs, and send those that are missing."""
    with app.producer_or_acquire() as producer:
        _send(producer, queue, min(count, MOST_WAITING) - _waiting(producer, queue))


def check() -> None:
    """Ask the broker for nothing in particular; raises what its client raises."""
    with app.connection_for_write() as connection:
        connection.transport_options |= {
            "socket_connect_timeout": CHECK_SECONDS,
            "socket_timeout": CHECK_SECONDS,
        }
        # It pings, and once: other ways try for 6 s, and who looks at a page waits.
        connection.transport.close_connection(connection.transport.establish_connection())


def _waiting(producer: object, queue: str) -> int:
    waiting: int = producer.channel.queue_declare(queue).message_count  # type: ignore[attr-defined]
    return waiting


def _send(producer: object, queue: str, count: int) -> None:
    for _ in range(count):
        work.apply_async((queue,), queue=queue, producer=producer)
