"""A process of its own for test_processes: `prepare`, `enqueue N`, `work` or `show`.

Its jobs print what they do, so that a test can wait for it.
"""

import json
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path
from threading import Event, Lock

import django

django.setup()

from django.conf import settings  # noqa: E402

from kernel.jobs import watching  # noqa: E402
from kernel.jobs import worker as worker_module  # noqa: E402
from kernel.jobs.models import Job  # noqa: E402
from kernel.jobs.registry import REGISTRY, job  # noqa: E402
from kernel.jobs.services import enqueue  # noqa: E402
from kernel.jobs.worker import Worker  # noqa: E402
from kernel.running import begin_anew, run_until_told  # noqa: E402

REGISTRY.clear()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@job("tests.work")
def work(target: str) -> None:
    """Take effect once however often it runs, then wait until somebody opens the gate."""
    enqueue("tests.effect", target, key=f"effect of {target}")
    say(f"began {target}")
    if gate := os.environ.get("GATE"):
        Path(gate).read_bytes()


@job("tests.stick", timeout=timedelta(seconds=0.2), max_attempts=1)
def stick(_target: str) -> None:
    """Wait in C, where nothing reaches a thread."""
    say("sticks")
    never = Lock()
    never.acquire()
    never.acquire()


@job("tests.effect")
def effect(target: str) -> None:
    say(f"effect of {target}")


stuck = Event()


def stop_for_it() -> None:
    stuck.set()
    os.kill(os.getpid(), signal.SIGTERM)


def main(verb: str, *arguments: str) -> None:
    if verb == "stick":
        enqueue("tests.stick")
    elif verb == "enqueue":
        for number in range(int(arguments[0])):
            enqueue("tests.work", str(number))
    elif verb == "work":
        for module in (worker_module, watching):
            vars(module)["GRACE_SECONDS"] = 0.2
        worker = Worker(1, lease=timedelta(seconds=1), on_stuck=stop_for_it)
        run_until_told(worker, stop_timeout=settings.STOP_TIMEOUT)
        if stuck.is_set():
            say("begins anew")
            begin_anew()
    elif verb == "show":
        fields = ("name", "target", "state", "attempts")
        say(json.dumps(list(Job.objects.order_by("id").values_list(*fields))))


main(*sys.argv[1:])
