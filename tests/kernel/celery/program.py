"""Processes for the tests of Celery: `console`, `threads` or `celery`, on jobs of their own.

A console answers each line of JSON with one: a verb and its arguments.
"""

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import UUID

import billiard.pool
import django

django.setup()

from django.conf import settings  # noqa: E402

from kernel import clock  # noqa: E402
from kernel.jobs import claiming, watching  # noqa: E402
from kernel.jobs.models import Job, JobState  # noqa: E402
from kernel.jobs.registry import REGISTRY, job  # noqa: E402
from kernel.observability.context import request_id  # noqa: E402
from kernel.tenancy.context import TenantRequiredError, current_tenant_id  # noqa: E402

# Bound as a default wherever it is used: before anything else is imported.
claiming.LEASE = timedelta(seconds=float(os.environ.get("LEASE_SECONDS", "30")))
watching.GRACE_SECONDS = 0.5
watching.WATCH_SECONDS = 0.2

from kernel.events import leases  # noqa: E402
from kernel.jobs import operations, services  # noqa: E402
from kernel.jobs.running import current_job  # noqa: E402
from kernel.jobs.worker import Worker  # noqa: E402
from kernel.running import run_until_told  # noqa: E402

REGISTRY.clear()
leases.LEASE = claiming.LEASE / 3
EFFECTS = settings.DATA_DIR / "effects"


def take_effect(told: str) -> None:
    """Add one line to what has been done, whoever else adds some."""
    with EFFECTS.open("a") as file:
        file.write(f"{told}\n")


@job("tests.record")
def record(target: str) -> None:
    take_effect(target)


@job("tests.tell")
def tell(_target: str) -> None:
    """Say who we are: the process, the request and the tenant."""
    try:
        tenant = str(current_tenant_id())
    except TenantRequiredError:
        tenant = ""
    take_effect(json.dumps([os.getpid(), request_id(), tenant]))


@job("tests.patient")
def patient(target: str) -> None:
    """Look again and again whether to end."""
    take_effect(f"began {target}")
    while True:
        current_job().check()
        time.sleep(0.02)


@job("tests.deaf", timeout=timedelta(seconds=1), max_attempts=1)
def deaf(target: str) -> None:
    """Wait where nothing can be raised."""
    take_effect(f"began {target}")
    lock = Lock()
    lock.acquire()
    lock.acquire()


@job("tests.heal")
def heal(target: str) -> None:
    """Fail the first time."""
    take_effect(target)
    if Job.objects.get(pk=request_id()).attempts == 1:
        raise ConnectionResetError("not yet")


@job("tests.told")
def told(target: str) -> None:
    """Be done; the first time, the process is told to end before that is written down.

    It then lives on, as one does whose results its parent is too busy to fetch: for 30 s at most.
    """
    take_effect(target)
    settle = services.settle

    def tell_and_settle(*ended: Any) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        settle(*ended)

    if Job.objects.get(pk=request_id()).attempts == 1:
        services.settle = tell_and_settle  # type: ignore[assignment]  # as it is called
        billiard.pool.Worker._ensure_messages_consumed = lambda *_, **__: time.sleep(20)


@job("tests.wait")
def wait(target: str) -> None:
    """Begin, and go on when somebody has opened the gate."""
    take_effect(f"began {target}")
    while not Path(os.environ["GATE"]).exists():
        time.sleep(0.02)
    take_effect(f"ended {target}")


if "OLD" not in os.environ:

    @job("tests.later")
    def later(target: str) -> None:
        """What only a newer release knows."""
        take_effect(target)


# Its queues are those of the jobs that are known by now.
from kernel.celery import broker  # noqa: E402
from kernel.celery.app import app  # noqa: E402

# As by `-P`.
app.conf.worker_pool = os.environ.get("POOL", "prefork")


def enqueue(name: str, *targets: str, **how: Any) -> list[bool]:
    if tenant := how.pop("tenant", ""):
        how["tenant_id"] = UUID(tenant)
    if seconds := how.pop("in_seconds", 0):
        how["run_at"] = clock.now() + timedelta(seconds=seconds)
    return [services.enqueue(name, target, **how) is not None for target in targets]


def timed(name: str, target: str) -> float:
    """Return how long somebody who enqueues has to wait for it, in seconds."""
    begun = time.monotonic()
    enqueue(name, target)
    return time.monotonic() - begun


def show() -> list[tuple[str, str, str, int]]:
    return list(Job.objects.order_by("id").values_list("name", "target", "state", "attempts"))


def cancel(target: str) -> int:
    return operations.cancel_all(Job.objects.filter(target=target)).asked


def errors() -> list[str]:
    """Return why jobs failed last, once none waits or runs."""
    ended()
    return list(Job.objects.order_by("id").values_list("last_error", flat=True))


def messages(count: int) -> None:
    """Send messages that nobody asked for."""
    broker.add("tests", count)


def ping() -> str:
    """Return what is wrong with the broker."""
    try:
        broker.check()
    except Exception as error:  # noqa: BLE001  each client has its own
        return str(error)
    return ""


def effects(count: int = 0) -> list[str]:
    """Return what was done, once there is so much of it."""
    _until(lambda: len(_effects()) >= count)
    return _effects()


def done(count: int) -> list[tuple[str, str, str, int]]:
    """Return all jobs, once so many have done their work."""
    _until(lambda: Job.objects.filter(state=JobState.DONE).count() >= count)
    return show()


def ended() -> list[tuple[str, str, str, int]]:
    """Return all jobs, once none waits or runs."""
    waiting = Job.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING])
    _until(lambda: not waiting.exists())
    return show()


def _effects() -> list[str]:
    return EFFECTS.read_text().splitlines() if EFFECTS.exists() else []


def _until(true: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60
    while not true():
        if time.monotonic() > give_up:
            raise TimeoutError(f"{show()}, {_effects()}")
        time.sleep(0.02)


def console() -> None:
    known = (enqueue, timed, cancel, messages, ping, show, effects, errors, done, ended)
    verbs = {each.__name__: each for each in known}
    for line in sys.stdin:
        verb, arguments, named = json.loads(line)
        try:
            told: Any = verbs[verb](*arguments, **named)
        except Exception as error:  # noqa: BLE001  whatever it is, the test is told
            told = {"error": repr(error)}
        sys.stdout.write(f"{json.dumps(told)}\n")
        sys.stdout.flush()


def begun() -> None:
    sys.stdout.write("working\n")
    sys.stdout.flush()


def main(verb: str) -> None:
    if verb == "console":
        console()
    elif verb == "threads":
        worker = Worker(settings.WORKER_THREADS, lease=claiming.LEASE)
        run_until_told(worker, stop_timeout=settings.STOP_TIMEOUT, on_started=begun)
    elif verb == "celery":
        from kernel.celery.worker import work  # noqa: PLC0415

        work(["tests"], on_ready=begun)


main(*sys.argv[1:])
