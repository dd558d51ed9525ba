"""A process of its own for test_processes and test_members.

`prepare`, `publish N` and `show`; `run`, or `finish` what a killed one has left; over Kafka `send`
and `read`.
"""

import json
import os
import sys
import time
from datetime import timedelta

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import transaction  # noqa: E402

from kernel.events import inbox, leases  # noqa: E402
from kernel.events.consumer import Consumer  # noqa: E402
from kernel.events.here import threads_here, transport  # noqa: E402
from kernel.events.models import OutboxEvent, Redelivery, RedeliveryState  # noqa: E402
from kernel.events.publishing import publish  # noqa: E402
from kernel.events.registry import GROUPS, consumes, groups_of  # noqa: E402
from kernel.events.relay import Relay  # noqa: E402
from kernel.jobs.models import Job  # noqa: E402
from kernel.running import run_until_told  # noqa: E402
from tests.kernel.events.factories import Moved  # noqa: E402

GROUPS.clear()
leases.LEASE = timedelta(seconds=0.5)
inbox.PAUSES = (timedelta(seconds=0.05),) * 3
THINGS = int(os.environ.get("THINGS", "3"))
#: What each event takes.
SECONDS = float(os.environ.get("SECONDS", "0"))
#: Steps that fail in each process as often as it takes to be kept: with others, then alone.
unlucky = {("0", 1): 2, ("1", 2): 2}


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@consumes(Moved, group="tests.ordered", ordered=True)
def follow(event: Moved) -> None:
    act("tests.ordered", event)


@consumes(Moved, group="tests.plain")
def watch(event: Moved) -> None:
    act("tests.plain", event)


def act(group: str, event: Moved) -> None:
    Job.objects.create(name=group, target=f"{event.thing} {event.step}")
    left = unlucky.get((event.thing, event.step), 0)
    if group == "tests.ordered" and left:
        unlucky[event.thing, event.step] = left - 1
        raise RuntimeError("not the first time")
    time.sleep(SECONDS)
    say(f"{group} {event.thing} {event.step}")


def main(verb: str, *arguments: str) -> None:
    if verb == "publish":
        for number in range(int(arguments[0])):
            with transaction.atomic():
                publish(Moved(thing=str(number % THINGS), step=number // THINGS))
    elif verb == "run":
        say("running")
        run_until_told(threads_here(), stop_timeout=settings.STOP_TIMEOUT)
    elif verb == "finish":
        finish()
    elif verb == "send":
        send()
    elif verb == "read":
        readers = threads_here(relays=False)
        stop_timeout = settings.STOP_TIMEOUT
        run_until_told(readers, stop_timeout=stop_timeout, on_started=lambda: say("reading"))
    elif verb == "show":
        show()


def finish() -> None:
    """Work until nothing is left to do, as a process that is started anew would."""
    relay, consumer = Relay(transport()), Consumer(transport(), groups_of())
    while unfinished():
        relay.step()
        consumer.step()
    relay.stop()
    consumer.stop()


def send() -> None:
    """Hand all that waits over to the brokers."""
    relay = Relay(transport())
    while OutboxEvent.objects.exists():
        relay.step()
    relay.stop()


def unfinished() -> bool:
    done = Job.objects.filter(name__in=GROUPS).count()
    waiting = Redelivery.objects.filter(state=RedeliveryState.WAITING).exists()
    return waiting or done < OutboxEvent.objects.count() * len(GROUPS)


def show() -> None:
    for group in GROUPS:
        targets = Job.objects.filter(name=group).order_by("id").values_list("target", flat=True)
        say(json.dumps({"group": group, "effects": list(targets)}))


main(*sys.argv[1:])
