"""How fast groups read a real Kafka: without an inbox, and with it on SQLite and PostgreSQL.

In each round, the same messages: read by a raw `consume(500)`; read, decoded and given to a handler
that does nothing by our threads, without a database; and the same with the inbox, whose yardstick
is the database's own rate of transactions that insert one row. Targets: 0.30 of the raw consumer;
0.85 of the yardstick.
"""

import sys
import time
from collections.abc import Callable, Sequence
from statistics import median
from threading import Event, Thread
from typing import Any

from apart import own_environment, print_machine, run_here, verdict

ROUNDS = 3
MESSAGES = 200_000
HANDLED = 6_000
THREADS = 2
BARE = "  as part of raw"
INBOX = "  as part of the inserts"


def main() -> None:
    """Measure on each database, in a process of its own."""
    if sys.argv[1:] == ["here"]:
        measure()
        return
    print_machine()
    for servers in (["kafka"], ["kafka", "postgres"]):
        with own_environment() as environment:
            run_here(environment, *servers)


def measure() -> None:
    """Measure on the servers of the settings."""
    import django

    django.setup()

    from django.core.management import call_command
    from django.db import connection

    from bench.bench_events import inserts_a_second
    from contracts.files import FileDeleted
    from kernel.events.kafka.receiving import arrivals_of, receive
    from kernel.events.models import Handled
    from kernel.events.registry import GROUPS, Group, consumes

    def without_inbox(group: Group, messages: Sequence[Any]) -> None:
        for arrival in arrivals_of(group, messages):
            group.handlers[arrival.envelope.type](arrival.envelope.event())

    call_command("migrate", verbosity=0)
    GROUPS.clear()
    consumes(FileDeleted, group="bench.nothing")(lambda _event: None)
    produce(MESSAGES)
    figures: dict[str, list[float]] = {}
    for number in range(ROUNDS):
        raw = raw_rate(f"raw{number}")
        ours = our_rate(f"bench.a{number}", MESSAGES, without_inbox)
        note(figures, "raw consume(500) a second", raw)
        note(figures, "handled without an inbox a second", ours)
        note(figures, BARE, ours / raw)
        Handled.objects.all().delete()
        yardstick = inserts_a_second()
        ours = our_rate(f"bench.b{number}", HANDLED, receive)
        note(figures, "transactions with one insert a second", yardstick)
        note(figures, "handled with the inbox a second", ours)
        note(figures, INBOX, ours / yardstick)
    print(connection.vendor)
    for name, found in figures.items():
        print(f"  {name:<42}{median(found):>12.2f}  ({min(found):.2f} to {max(found):.2f})")
    verdict("handled without an inbox by raw", median(figures[BARE]), at_least=0.30)
    verdict("handled with the inbox by the inserts", median(figures[INBOX]), at_least=0.85)


def note(figures: dict[str, list[float]], name: str, value: float) -> None:
    """Keep a figure."""
    figures.setdefault(name, []).append(value)


def produce(count: int) -> None:
    """Fill a topic with events of many keys."""
    import orjson
    from confluent_kafka import Producer

    from contracts.codec import to_data
    from contracts.files import FileDeleted
    from kernel import clock
    from kernel.events.kafka.client import configuration, prefixed
    from kernel.events.kafka.topics import make_missing
    from kernel.events.message import write
    from kernel.ids import new_id_text

    make_missing([prefixed("files.file")])
    sender = Producer(configuration(enable_idempotence=True, compression_type="lz4", linger_ms=5))
    for number in range(count):
        event = FileDeleted(file_id=f"file-{number % 1000}", name="runways.csv")
        key = f"-/{event.subject}"
        message = write(
            event.TYPE,
            event.subject,
            id_=new_id_text(),
            time=clock.now(),
            partition_key=key,
            traceparent=f"00-{number + 1:032x}-{number + 1:016x}-01",
            data=orjson.dumps(to_data(event)),
        )
        sender.produce(prefixed("files.file"), message, key)
        if number % 50_000 == 0:  # the producer's queue holds twice as many
            sender.flush()
    sender.flush()


def raw_rate(group: str) -> float:
    """Return the messages a second of a consumer that does nothing with them, from the first on.

    The last are not waited for: `consume(500)` waits its whole time for what does not come.
    """
    from confluent_kafka import Consumer

    from kernel.events.kafka.client import configuration, prefixed

    consumer = Consumer(configuration(group_id=group, auto_offset_reset="earliest"))
    consumer.subscribe([prefixed("files.file")])
    found = len(consumer.consume(1, 30))
    started = time.perf_counter()
    while found <= MESSAGES - 500:
        found += len(consumer.consume(500, 1))
    rate = found / (time.perf_counter() - started)
    consumer.close()
    return rate


def our_rate(name: str, count: int, receive: Callable[[Any, Sequence[Any]], None]) -> float:
    """Return the messages a second that our threads handle, from the first on."""
    from django.db import connections

    from kernel.events.kafka.consuming import Desk
    from kernel.events.registry import GROUPS, Group

    group = Group(name, ordered=False, handlers=GROUPS["bench.nothing"].handlers)
    handled, started, ended, stopping = [0], [0.0], [0.0], Event()

    def counted(group: Group, messages: Sequence[Any]) -> None:
        started[0] = started[0] or time.perf_counter()
        receive(group, messages)
        handled[0] += len(messages)
        ended[0] = time.perf_counter()
        if handled[0] >= count:
            stopping.set()

    # SQLite has one writer; production makes one thread of it, too.
    desk = Desk([group], 1 if connections["default"].vendor == "sqlite" else THREADS, counted)
    desk.paused = frozenset()

    def loop(make: Callable[[], Any]) -> None:
        work = make()
        while not stopping.is_set():
            work.step()
        work.stop()
        connections.close_all()

    loops = {name: make for name, make in desk.loops().items() if name != "again"}
    threads = [Thread(target=loop, args=(make,)) for make in loops.values()]
    for thread in threads:
        thread.start()
    if not stopping.wait(120):
        raise RuntimeError(f"only {handled[0]} of {count} were handled")
    for thread in threads:
        thread.join()
    return handled[0] / (ended[0] - started[0])


if __name__ == "__main__":
    main()
