"""What a cached value costs, and how soon all processes know of a change.

Targets: a value in memory is had in under 3 us; a change is visible in every one of four processes
within 50 ms (p99) with Redis; of 200 who miss a value at once, in four processes, one loads it.
Beside them, without targets: a value from Redis, one loaded from the database, and the key of a
request. Redis comes from `devservices`.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from threading import Barrier, Thread
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
DEVSERVICES = ROOT / "tests" / "devservices" / "devservices"
PROCESSES, THREADS, ROUNDS = 4, 50, 7
HIT_US, SEEN_MS = 3.0, 50.0


def main() -> None:
    """Measure, print each figure beside its target, and exit with 1 when one is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=300)
    parser.add_argument("--member", action="store_true", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if "REDIS_URL" not in os.environ:
        # Again, with a Redis of its own that ends with it.
        again = [sys.executable, *sys.argv]
        sys.exit(subprocess.call([str(DEVSERVICES), "run", "redis", "--", *again]))
    sys.path[:0] = [str(ROOT / "platform"), str(ROOT)]
    if wanted.member:
        member()
        return
    with tempfile.TemporaryDirectory() as folder:
        begin(folder)
        sys.exit(0 if measure(wanted.changes) else 1)


def begin(folder: str) -> None:
    """Set Django up on a database of its own."""
    os.environ |= {
        "DATA_DIR": folder,
        "DJANGO_SETTINGS_MODULE": "project.settings",
        "LOG_LEVEL": "ERROR",
    }
    import django

    django.setup()


def measure(changes: int) -> bool:
    """Print the figures; tell whether the targets are met."""
    from django.core.management import call_command

    from kernel.cache.hub import hub

    call_command("migrate", verbosity=0)
    with hub.following():
        wait(lambda: hub.live)
        values = namespace()
        hit = in_memory(values)
        shared, loaded = from_redis(values), from_database()
        print(f"in memory             {hit:8.2f} us    at most {HIT_US} us")
        print(f"from Redis            {shared:8.1f} us")
        print(f"from the database     {loaded:8.1f} us")
        with Members() as members:
            seen = [members.seen_after_change(values) for _ in range(changes)]
            loads = [members.loads_of(f"missed{number}") for number in range(20)]
    p99 = quantiles(seen, n=100)[98]
    print(f"seen by all           {median(seen):8.2f} ms, p99 {p99:.2f}   at most {SEEN_MS} ms")
    print(f"loads for {PROCESSES * THREADS} misses  {max(loads):8d}       at most 1")
    return hit <= HIT_US and p99 <= SEEN_MS and max(loads) == 1


def namespace() -> Any:
    """Return what is measured."""
    from kernel.cache.namespaces import TTL, Namespace, Plain

    return Namespace(
        "bench:values", holds="", ttl=TTL.LONG, forgotten="", of_tenant=True, codec=Plain()
    )


def in_memory(values: Any) -> float:
    """Return the microseconds of a hit, with what finding the tenant takes: of this thread's CPU,

    as a hit waits for nothing but other programs.
    """
    from uuid import uuid4

    from kernel.tenancy.context import in_tenant

    def load() -> str:
        return "value"

    with in_tenant(uuid4()):
        return per_call(lambda: values.get_or_load("key", load), 100_000, time.thread_time)


def from_redis(values: Any) -> float:
    """Return the microseconds of a value that another process has loaded."""
    from uuid import uuid4

    from kernel.tenancy.context import in_tenant

    def forgotten() -> None:
        values.memory.clear()
        values.get_or_load("key", lambda: "value")

    with in_tenant(uuid4()):
        return per_call(forgotten, 1_000)


def from_database() -> float:
    """Return the microseconds that the row of a tenant takes, without a cache."""
    from kernel.identity.models import Tenant

    return per_call(lambda: Tenant.objects.filter(slug="none").first(), 1_000)


def per_call(
    call: Callable[[], Any], calls: int, now: Callable[[], float] = time.perf_counter
) -> float:
    """Return the median of the rounds, in microseconds."""
    rounds = []
    for _ in range(ROUNDS):
        began = now()
        for _ in range(calls):
            call()
        rounds.append((now() - began) / calls * 1e6)
    return median(rounds)


class Members:
    """The other processes."""

    def __enter__(self) -> Self:
        command = [sys.executable, __file__, "--member"]
        self._processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(PROCESSES)
        ]
        self._answers()
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._processes:
            process.kill()
            process.communicate()

    def seen_after_change(self, values: Any) -> float:
        """Return the milliseconds from the change until the last process has it in no memory."""
        self._ask("have")
        self._answers()
        self._ask("watch")
        self._answers()
        began = time.monotonic()
        from kernel.tenancy.context import in_tenant

        with in_tenant(tenant()):
            values.forget("watched")
        return (max(self._answers()) - began) * 1_000

    def loads_of(self, key: str) -> int:
        """Return how many loads there were when all threads of all processes missed it."""
        self._ask(f"miss {key} {time.monotonic() + 0.5}")
        return sum(self._answers())

    def _ask(self, what: str) -> None:
        for process in self._processes:
            assert process.stdin
            process.stdin.write(f"{what}\n")
            process.stdin.flush()

    def _answers(self) -> list[Any]:
        return [json.loads(p.stdout.readline()) for p in self._processes if p.stdout]


def tenant() -> Any:
    """Return whose values they are."""
    from uuid import UUID

    return UUID(int=7)


def member() -> None:
    """Do what the measuring process asks, one line each."""
    begin(os.environ["DATA_DIR"])
    from kernel.cache.hub import hub
    from kernel.tenancy.context import in_tenant

    values = namespace()

    def say(answer: Any) -> None:
        print(json.dumps(answer), flush=True)

    with hub.following(), in_tenant(tenant()):
        wait(lambda: hub.live)
        say("ready")
        for line in sys.stdin:
            what, *rest = line.split()
            if what == "have":
                values.get_or_load("watched", lambda: 1)
                say(len(values.memory))
            elif what == "watch":
                say("watching")
                place = (tenant(), "watched")
                while values.memory.get(place) is not None:
                    time.sleep(0.0002)
                say(time.monotonic())
            else:
                say(missed(values, rest[0], float(rest[1])))


def missed(values: Any, key: str, moment: float) -> int:
    """Ask for it on many threads at a moment, and return how many of them loaded it."""
    from contextvars import copy_context

    loads: list[int] = []
    together = Barrier(THREADS)

    def load() -> int:
        loads.append(1)
        time.sleep(0.05)
        return 1

    def ask() -> None:
        together.wait()
        time.sleep(max(moment - time.monotonic(), 0))
        values.get_or_load(key, load)

    threads = [Thread(target=copy_context().run, args=(ask,)) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(loads)


def wait(holds: Callable[[], bool]) -> None:
    """Return once it holds."""
    while not holds():
        time.sleep(0.01)


if __name__ == "__main__":
    main()
