"""What an event costs its writer, and how fast events are handed over and handled in process.

On SQLite, and on PostgreSQL where one is running. The yardstick of the inbox is the database's own
rate of transactions that insert one row, in the same run. Targets: an event adds at most 0.25 ms of
CPU to a write; handling with the inbox reaches 0.85 of the yardstick; commit to handled, idle, p99
under 20 ms on PostgreSQL.
"""

import sys
import time
from collections.abc import Callable
from functools import partial
from statistics import median

from apart import on_each_database, timed, verdict

ROUNDS = 5
EVENTS = 3_000
BATCH = 100
ADDED = "CPU that one event adds to it, us"
PART = "  as part of the former"
ORDERED = "  by a group in order, as part of it"


def main() -> None:
    """Measure on each database, in a process of its own."""
    if len(sys.argv) > 1:
        measure()
        return
    on_each_database()


def measure() -> None:
    """Measure on the database of the settings; its tables are made first and emptied last."""
    import django

    django.setup()

    from django.core.management import call_command
    from django.db import connection

    from contracts.files import FileDeleted
    from kernel.events.consumer import Consumer
    from kernel.events.in_process import InProcess
    from kernel.events.models import ConsumerGroup, Handled, LogEnd, OutboxEvent
    from kernel.events.registry import GROUPS, consumes, groups_of

    call_command("migrate", verbosity=0)
    GROUPS.clear()
    consumes(FileDeleted, group="bench.nothing")(lambda _event: None)
    consumes(FileDeleted, group="bench.ordered", ordered=True)(lambda _event: None)
    transport = InProcess(isolated=False)
    figures: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        figures.setdefault(name, []).append(value)

    for _ in range(ROUNDS):
        for model in (OutboxEvent, Handled, LogEnd, ConsumerGroup):
            model.objects.all().delete()
        bare, told = cost_of_a_write(told=False), cost_of_a_write(told=True)
        note("CPU of a write with one row, us", bare * 1e6)
        note(ADDED, (told - bare) * 1e6)
        note("CPU an event of a bulk of 100 adds, us", cost_in_bulk() * 1e6)
        waiting = OutboxEvent.objects.count()
        seconds = timed(lambda: until_nothing(lambda: transport.relay(500)))
        note("relayed a second", waiting / seconds)
        yardstick = inserts_a_second()
        note("transactions with one insert a second", yardstick)
        for group, part in (("bench.nothing", PART), ("bench.ordered", ORDERED)):
            consumer = Consumer(transport, groups_of([group]))
            seconds = timed(partial(until_nothing, consumer.step))
            consumer.stop()
            assert Handled.objects.filter(group=group).count() == waiting
            if part == PART:
                note("handled with the inbox a second", waiting / seconds)
            note(part, waiting / seconds / yardstick)
    del GROUPS["bench.ordered"]
    latencies = sorted(latency() for _ in range(200))
    for name, found in figures.items():
        print(f"  {name:<42}{median(found):>10.2f}  ({min(found):.2f} to {max(found):.2f})")
    for name, at in (("p50", 0.5), ("p99", 0.99)):
        print(f"  commit to handled, idle, {name}, ms{latencies[int(len(latencies) * at)]:>15.2f}")
    verdict("an event in a write, us of CPU", median(figures[ADDED]), at_most=250)
    for part in (PART, ORDERED):
        verdict("handled with the inbox by the inserts", median(figures[part]), at_least=0.85)
    if connection.vendor == "postgresql":
        p99 = latencies[int(len(latencies) * 0.99)]
        verdict("commit to handled, idle, p99, ms", p99, at_most=20)
    connection.close()


def cost_of_a_write(*, told: bool) -> float:
    """Return the CPU seconds of a transaction that writes a row, and tells an event or not."""
    from django.db import transaction

    from contracts.files import FileDeleted
    from kernel.events.models import ConsumerGroup
    from kernel.events.publishing import publish

    row, _ = ConsumerGroup.objects.get_or_create(pk="bench.row")
    started = time.process_time()
    for number in range(EVENTS):
        with transaction.atomic():
            row.save(update_fields=["committed_offset"])
            if told:
                publish(FileDeleted(file_id=f"file-{number}", name="runways.csv"))
    return (time.process_time() - started) / EVENTS


def cost_in_bulk() -> float:
    """Return the CPU seconds for each of 100 events that are told together."""
    from django.db import transaction

    from contracts.files import FileDeleted
    from kernel.events.publishing import publish_all

    events = [FileDeleted(file_id=f"file-{number}", name="a.csv") for number in range(BATCH)]
    started = time.process_time()
    for _ in range(20):
        with transaction.atomic():
            publish_all(events)
    return (time.process_time() - started) / 20 / BATCH


def inserts_a_second() -> float:
    """Return how many transactions with one insert the database takes, by the same way."""
    from uuid import uuid4

    from django.db import connection, transaction

    from kernel.events.models import Handled

    field = Handled._meta.get_field("event_id")  # noqa: SLF001  Django's own way
    ids = [field.get_db_prep_value(uuid4(), connection) for _ in range(EVENTS)]
    group = connection.ops.quote_name("group")

    def insert() -> None:
        with connection.cursor() as cursor:
            for one in ids:
                with transaction.atomic():
                    cursor.execute(
                        f"INSERT INTO events_handled ({group}, event_id) VALUES (%s, %s)",
                        ["bench.yardstick", one],
                    )

    return EVENTS / timed(insert)


def latency() -> float:
    """Return the milliseconds from a commit to the end of the handler, with nothing else to do."""
    from threading import Event as Flag

    from django.conf import settings
    from django.db import transaction

    from contracts.files import FileDeleted
    from kernel.events.here import threads_here
    from kernel.events.publishing import publish
    from kernel.events.registry import GROUPS

    handled = Flag()
    group = GROUPS["bench.nothing"]
    group.handlers[FileDeleted.TYPE] = lambda _event: handled.set()
    if not hasattr(latency, "threads"):
        latency.threads = threads_here()  # type: ignore[attr-defined]
        latency.threads.start()  # type: ignore[attr-defined]
        time.sleep(settings.CONSUMER_THREADS + 11)
    with transaction.atomic():
        publish(FileDeleted(file_id="file", name="a.csv"))
    started = time.perf_counter()
    if not handled.wait(10):
        raise RuntimeError("an event was not handled within 10 s")
    elapsed = (time.perf_counter() - started) * 1000
    time.sleep(0.01)
    return elapsed


def until_nothing(step: Callable[[], int]) -> None:
    """Repeat until there is nothing left to do."""
    while step():
        pass


if __name__ == "__main__":
    main()
