"""How long a replay of 100,000 events takes: counted, given to a group, handled by it once more.

In process on SQLite and on PostgreSQL, and over Kafka, of which a node is started. Consumers run
beside it as in a worker, so they handle while events are given. Target: within 60 s.
"""

import os
import sys
import time
from collections.abc import Callable

from apart import own_environment, print_machine, run_here, verdict

#: Fewer, for a look at what costs how much.
EVENTS = int(os.environ.get("EVENTS", "100000"))
BATCH = 1_000
LIMIT_SECONDS = 60


def main() -> None:
    """Measure on each database, in a process of its own."""
    if len(sys.argv) > 1:
        measure()
        return
    print_machine()
    with own_environment() as environment:
        print("SQLite", flush=True)
        run_here(environment)
        print("PostgreSQL", flush=True)
        run_here(environment, "postgres")
        print("PostgreSQL, over Kafka", flush=True)
        run_here(environment, "postgres", "kafka")


def measure() -> None:
    """Measure on the database of the settings; its tables are made first."""
    import django

    django.setup()

    from datetime import timedelta

    from django.core.management import call_command
    from django.db import transaction

    from contracts.files import FileDeleted
    from kernel import clock
    from kernel.events.here import threads_here, transport
    from kernel.events.models import Redelivery, Replay
    from kernel.events.publishing import publish_all
    from kernel.events.registry import GROUPS, consumes
    from kernel.events.replay import ask, count, perform

    call_command("migrate", verbosity=0)
    GROUPS.clear()
    seen: list[object] = []
    consumes(FileDeleted, group="bench.nothing")(seen.append)
    started = clock.now()
    for first in range(0, EVENTS, BATCH):
        events = [FileDeleted(file_id=f"f{first + n}", name="a.csv") for n in range(BATCH)]
        with transaction.atomic():
            publish_all(events)
    mark_handled()
    threads = threads_here()
    threads.start()
    replay = Replay(
        group="bench.nothing", since=started, until=clock.now() + timedelta(seconds=1), again=True
    )

    counted = timed(lambda: count(transport(), replay))
    waiting = Redelivery.objects.filter(state="waiting")
    given = timed(lambda: perform(transport(), ask(replay)))
    again = timed(lambda: until(lambda: not waiting.exists()))

    threads.stop(10)
    assert len(seen) == EVENTS
    steps = (
        ("counted", counted),
        ("given to the group", given),
        ("handled to the last", again),
    )
    for name, (seconds, cpu) in steps:
        print(f"  {name:<28}{seconds:>8.1f} s{cpu:>8.1f} s of CPU")
    total = sum(seconds for _, (seconds, _) in steps)
    verdict(f"a replay of {EVENTS:,} events, seconds", total, at_most=LIMIT_SECONDS)


def mark_handled() -> None:
    """Let the group have read and handled all that was told."""
    from django.db import connection

    from contracts.files import FileDeleted
    from kernel.events.here import transport
    from kernel.events.registry import GROUPS

    here = transport()
    waiting = EVENTS
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO events_handled ("group", event_id)'
            " SELECT 'bench.nothing', event_id FROM events_outboxevent"
        )
    while waiting > 0:
        waiting -= here.relay(here.batch)
    here.release(10)
    here.reset_offsets(GROUPS["bench.nothing"], "end")
    assert here.lag("bench.nothing", [FileDeleted.TYPE]).events == 0


def until(done: Callable[[], bool]) -> None:
    """Wait until it is so."""
    while not done():
        time.sleep(0.05)


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds that it takes, and those of CPU."""
    started, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - cpu


if __name__ == "__main__":
    main()
