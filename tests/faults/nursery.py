"""Processes for test_kills: each line of input is a role, for which one is born and its id told.

They are forks of this one, so that they begin at once, and they die with it. A Celery worker does
not: it tells when it works.
"""

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connections, transaction  # noqa: E402

from kernel.jobs import claiming  # noqa: E402

LEASE = timedelta(seconds=float(os.environ["LEASE_SECONDS"]))
# Bound as a default wherever it is used: before anything else is imported.
claiming.LEASE = LEASE

from kernel.events import inbox, leases  # noqa: E402
from kernel.events.here import threads_here  # noqa: E402
from kernel.events.publishing import publish  # noqa: E402
from kernel.events.registry import GROUPS, consumes  # noqa: E402
from kernel.jobs import services  # noqa: E402
from kernel.jobs.registry import REGISTRY, job  # noqa: E402
from kernel.jobs.worker import Worker  # noqa: E402
from kernel.running import run_until_told  # noqa: E402
from tests.faults import ledger  # noqa: E402
from tests.kernel.events.factories import Moved  # noqa: E402

GROUPS.clear()
REGISTRY.clear()
leases.LEASE = LEASE
inbox.PAUSES = (timedelta(seconds=0.05),) * 3
services.FIRST_RETRY = timedelta(seconds=0.1)
THINGS = "abcde"
#: Of so many events each process fails one, the first time that it sees it.
UNLUCKY = 7
PR_SET_PDEATHSIG = 1
#: Between two writes.
PAUSE_SECONDS = float(os.environ.get("PAUSE_SECONDS", "0.03"))

Role = Callable[[], None]
ROLES: dict[str, Role] = {}


def role(work: Role) -> Role:
    """Let a process be born for this."""
    ROLES[work.__name__] = work
    return work


@role
def web() -> None:
    """Write without end; a line in the file `accepted` for what a caller was told is accepted."""
    accepted = os.open(settings.DATA_DIR / "accepted", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number in count():
        thing, wish = THINGS[number % len(THINGS)], f"{os.getpid()} {number}"
        began = time.monotonic()
        with transaction.atomic():
            _, step = ledger.write_fact(thing)
            publish(Moved(thing=thing, step=step))
            ledger.write_wish(wish)
            services.enqueue("tests.work", wish)
        now = time.monotonic()
        os.write(accepted, f"{now:.6f} {now - began:.6f} {thing} {step} {wish}\n".encode())
        time.sleep(PAUSE_SECONDS)


@role
def relay() -> None:
    """Hand over events."""
    run_until_told(threads_here(groups=()), stop_timeout=settings.STOP_TIMEOUT)


@role
def consumer() -> None:
    """Handle events."""
    run_until_told(threads_here(relays=False), stop_timeout=settings.STOP_TIMEOUT)


@role
def worker() -> None:
    """Do jobs, as a Celery worker where there is a broker."""
    if settings.CELERY_BROKER_URL:
        # It makes its queues of the jobs that are known when it is imported.
        from kernel.celery.worker import work as work_for  # noqa: PLC0415

        work_for(["tests"], on_ready=lambda: say(f"{os.getpid()} works"))
    else:
        run_until_told(Worker(2, lease=LEASE), stop_timeout=settings.STOP_TIMEOUT)


def main() -> None:
    for app in ("jobs", "events"):
        call_command("migrate", app, verbosity=0)
    ledger.make_tables("")
    connections.close_all()
    # Nobody has to wait for a child's end.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    say("ready")
    for line in sys.stdin:
        parent = os.getpid()
        child = os.fork()
        if child:
            say(str(child))
            continue
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        if os.getppid() == parent:
            with suppress(KeyboardInterrupt):
                ROLES[line.strip()]()
        os._exit(0)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@consumes(Moved, group="tests.ordered", ordered=True)
def follow(event: Moved) -> None:
    act("tests.ordered", event)


@consumes(Moved, group="tests.plain")
def watch(event: Moved) -> None:
    act("tests.plain", event)


_seen: set[tuple[str, str, int]] = set()


def act(group: str, event: Moved) -> None:
    ledger.take_effect(time.monotonic_ns(), group, f"{event.thing} {event.step}")
    key = (group, event.thing, event.step)
    if event.step % UNLUCKY == 0 and key not in _seen:
        _seen.add(key)
        raise RuntimeError("not the first time")


@job("tests.work", max_attempts=1_000)
def work(target: str) -> None:
    """Do what may be done twice, as a job has to."""
    ledger.ask("INSERT INTO faults_done VALUES (%s) ON CONFLICT DO NOTHING", target)


main()
