"""How fast the outbox travels to a real Kafka, with writers active, on PostgreSQL.

In each round, the same backlog of events: sent by a raw idempotent lz4 producer as messages made
beforehand; by a plain loop (SKIP LOCKED, send, wait, delete by ids); and by our relay, through the
same code as in production. Four writers commit events all the while, and what they write is sent
with the rest. Targets: the relay reaches 0.30 of the raw producer and 1.5 times the plain loop;
commit to acknowledgement, idle, p99 under 20 ms.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from statistics import median

from apart import own_environment, print_machine, run_here, timed, verdict

ROUNDS = 5
BACKLOG = 30_000
WRITERS = 4
#: What each writer commits a second.
WRITES = 50


def main() -> None:
    """Measure in a process of its own; `write` is what a writer's process does."""
    if sys.argv[1:] == ["write"]:
        write()
    elif sys.argv[1:] == ["here"]:
        measure()
    else:
        print_machine()
        with own_environment() as environment:
            run_here(environment, "postgres", "kafka")


def measure() -> None:
    """Measure on the servers of the settings."""
    import django

    django.setup()

    from django.core.management import call_command

    from kernel.events.kafka.transport import Kafka
    from kernel.events.models import OutboxEvent

    call_command("migrate", verbosity=0)
    figures: dict[str, list[float]] = {}
    transport = Kafka()

    def note(name: str, work: Callable[[], None]) -> None:
        figures.setdefault(name, []).append(BACKLOG / timed(work))

    fill(100)
    until_nothing(lambda: transport.relay(transport.batch))  # topics, coordinator, connections
    sender = raw_producer()
    with writers():
        for _ in range(ROUNDS):
            fill(BACKLOG)
            note("raw producer", partial(produce, sender, encoded()))
            note("SKIP LOCKED loop", lambda: until_nothing(lambda: plain(sender, 500)))
            fill(BACKLOG)
            note("relay", lambda: until_nothing(lambda: transport.relay(transport.batch)))
    for name, found in figures.items():
        print(
            f"  {name:<42}{median(found):>10.0f}  ({min(found):.0f} to {max(found):.0f}) a second"
        )
    for name, target in (("raw producer", 0.30), ("SKIP LOCKED loop", 1.5)):
        ratios = [a / b for a, b in zip(figures["relay"], figures[name], strict=True)]
        verdict(f"relay by the {name}", median(ratios), at_least=target)
    transport.release(5)
    OutboxEvent.objects.all().delete()
    message = ("files.file", b"key", b"{}" * 300)
    bare = sorted(timed(partial(produce, sender, [message])) * 1000 for _ in paced(300))
    for told, found in (("send to ack, raw", bare), ("commit to ack", sorted(latencies(300)))):
        for name, at in (("p50", 0.5), ("p99", 0.99)):
            print(f"  {f'{told}, idle, {name}, ms':<42}{found[int(len(found) * at)]:>10.2f}")
    verdict("commit to ack, idle, p99, ms", found[int(len(found) * 0.99)], at_most=20)


def fill(count: int) -> None:
    """Write events as services do, but many together."""
    from django.db import transaction

    from contracts.files import FileDeleted
    from kernel.events.publishing import publish_all

    for start in range(0, count, 1000):
        with transaction.atomic():
            publish_all(
                [
                    FileDeleted(file_id=f"0194f1c2-0000-7000-8000-{n:012}", name="runways.csv")
                    for n in range(start, min(start + 1000, count))
                ]
            )


def encoded() -> list[tuple[str, bytes, bytes]]:
    """Return what waits as messages."""
    from kernel.events.kafka.relay import waiting

    return [as_message(*row) for row in waiting(2 * BACKLOG, [])]


def as_message(_position: int, type_: str, key: str, message: str) -> tuple[str, bytes, bytes]:
    """Return a row of the outbox as topic, key and value."""
    from contracts.event import topic_of
    from kernel.events.kafka.client import prefixed

    return prefixed(topic_of(type_)), key.encode(), message.encode()


def raw_producer():
    """Return the yardstick's producer, warm."""
    from confluent_kafka import Producer
    from django.conf import settings

    made = Producer(
        {
            "bootstrap.servers": ",".join(settings.KAFKA_BOOTSTRAP_SERVERS),
            "enable.idempotence": True,
            "acks": "all",
            "compression.type": "lz4",
            "linger.ms": 5,
        }
    )
    produce(made, [("files.file", b"warm", b"{}")])
    return made


def produce(producer, messages) -> None:
    """Send messages and wait until all are acknowledged."""
    from kernel.events.kafka.relay import HEADERS

    errors = []

    def told(error: object, _message: object) -> None:
        if error is not None:
            errors.append(error)

    for topic, key, value in messages:
        producer.produce(topic, value, key, headers=HEADERS, on_delivery=told)
        producer.poll(0)
    left = producer.flush(60)
    assert not left, left
    assert not errors, errors


def plain(producer, limit: int) -> int:
    """Do what most outboxes do: lock some rows, send them, wait, delete them."""
    from django.db import connection, transaction

    from kernel.events.kafka.relay import waiting_statement
    from kernel.events.models import OutboxEvent

    statement = f"{waiting_statement('postgresql')} FOR UPDATE SKIP LOCKED"
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement, ["{}", limit])
            rows = cursor.fetchall()
        produce(producer, [as_message(*row) for row in rows])
        OutboxEvent.objects.filter(pk__in=[position for position, *_ in rows]).delete()
    return len(rows)


@contextmanager
def writers() -> Iterator[None]:
    """Let processes commit events until the block ends."""
    here = [
        subprocess.Popen([sys.executable, __file__, "write"], stdout=subprocess.PIPE)
        for _ in range(WRITERS)
    ]
    for one in here:
        assert one.stdout
        one.stdout.readline()
    try:
        yield
    finally:
        for one in here:
            one.terminate()
            one.wait()


def write() -> None:
    """Commit an event every so often, until ended."""
    import django

    django.setup()

    fill(1)
    print("writing", flush=True)
    while True:
        started = time.perf_counter()
        fill(1)
        time.sleep(max(0.0, 1 / WRITES - (time.perf_counter() - started)))


def paced(count: int) -> Iterator[int]:
    """Count so far, ten a second."""
    for number in range(count):
        yield number
        time.sleep(0.1)


def latencies(count: int) -> Iterator[float]:
    """Return the milliseconds from each of some commits to its acknowledgement."""
    from threading import Event as Flag

    from kernel.events.here import threads_here
    from kernel.events.kafka import relay

    acknowledged = Flag()
    original = relay.Batch.told

    def told(self, error, message) -> None:
        original(self, error, message)
        acknowledged.set()

    relay.Batch.told = told  # type: ignore[method-assign]
    threads = threads_here(groups=())
    threads.start()
    time.sleep(2)
    for number in paced(count + 1):
        acknowledged.clear()
        fill(1)
        started = time.perf_counter()
        if not acknowledged.wait(10):
            raise RuntimeError("an event was not acknowledged within 10 s")
        if number:  # the first has to find the brokers
            yield (time.perf_counter() - started) * 1000
    threads.stop(10)


def until_nothing(step: Callable[[], int]) -> None:
    """Repeat until hardly anything is left: the writers go on."""
    while step() > WRITERS * WRITES:
        pass


if __name__ == "__main__":
    main()
