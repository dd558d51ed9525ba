"""Notifications against their targets, on PostgreSQL with the SMTP sink of `devservices` beside it.

Mails with delivery rows against a connection for each message (at least 1.5 times as many a second)
and against a loop over one connection (at least 0.9 times); the inboxes of 100,000 people by the
step `fan_out` against `bulk_create` of whole rows (at least 3 times); 2,000 idle listeners to their
inboxes (under 200 MB more, p99 of a message under 1 s from its commit); and an intake of 10,000
events that a rule follows, whose memory stays flat. Rounds are interleaved; medians are told.
`PARTS="fan_out listeners"` measures some of it; people are made by `fan_out`.
"""

import os
import smtplib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from apart import ROOT, own_environment, peak_memory, print_machine, run_here, timed, verdict

ROUNDS = int(os.environ.get("ROUNDS", "5"))
MAILS = int(os.environ.get("MAILS", "400"))
PEOPLE = int(os.environ.get("PEOPLE", "100000"))
LISTENERS = int(os.environ.get("LISTENERS", "2000"))
EVENTS = int(os.environ.get("EVENTS", "10000"))
SUBJECT, BODY = "A subject of usual length", "A text of usual length. " * 20


def main() -> None:
    """Measure in a process of its own, with its servers."""
    if sys.argv[1:] == ["here"]:
        measure()
        return
    print_machine()
    with own_environment(SERVICES="notifications", LOG_LEVEL="ERROR") as environment:
        run_here(environment, "postgres", "smtp")


def measure() -> None:
    """Measure in the installation of the environment."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    from kernel.identity.models import Tenant
    from kernel.tenancy.context import in_tenant

    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = _smtp()
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    call_command("migrate", verbosity=0)
    tenant = Tenant.objects.create(slug="bench", name="Bench")
    with in_tenant(tenant.pk):
        parts = {
            "mails": mails,
            "fan_out": fan_out,
            "intake": intake,
            "listeners": partial(listeners, tenant.pk.hex),
        }
        for name in os.environ.get("PARTS", " ".join(parts)).split():
            parts[name]()


def mails() -> None:
    """Compare mails with their rows to two loops that write none."""
    figures = _interleaved(
        {"with rows": _with_rows, "a connection each": _connection_each, "one connection": _one}
    )
    ours = figures["with rows"]
    verdict("mails by a connection each", ours / figures["a connection each"], at_least=1.5)
    verdict("mails by one connection", ours / figures["one connection"], at_least=0.9)


def fan_out() -> None:
    """Compare the step `fan_out` to rows that this process makes."""
    from apps.notifications.models import Subscriber, TopicMember

    people = [Subscriber(key=f"p{number}") for number in range(PEOPLE)]
    Subscriber.objects.bulk_create(people, batch_size=5_000)
    members = [TopicMember(topic="all", subscriber=one) for one in people]
    TopicMember.objects.bulk_create(members, batch_size=5_000)
    before = peak_memory()
    by_step = [_fanned_out()]
    grown = peak_memory() - before
    by_rows = [_bulk_created(people)]
    for _ in range(2):
        by_step.append(_fanned_out())
        by_rows.append(_bulk_created(people))
    ours, theirs = PEOPLE / median(by_step), PEOPLE / median(by_rows)
    print(f"inboxes: fan_out {ours:,.0f}/s, bulk_create {theirs:,.0f}/s, {grown:.0f} MB more")
    verdict("inboxes by bulk_create", ours / theirs, at_least=3)


def intake() -> None:
    """Follow events by a rule, and say how memory grows after the first tenth."""
    from django.db import transaction

    from apps.notifications.services.subscribers import create_subscriber
    from apps.notifications.services.templates import create_template
    from apps.notifications.services.workflows import create_workflow
    from contracts.files import FileDeleted
    from kernel.events.publishing import publish_all
    from kernel.testing.events import drain_events

    create_subscriber(key="reader", topics=["readers"])
    create_template(name="file", texts={"in_app": {"en": {"subject": "A file", "body": "Gone"}}})
    create_workflow(
        name="files",
        steps=[{"do": "send", "channel": "in_app", "template": "file"}],
        rules=[{"event": FileDeleted.TYPE, "topics": ["readers"]}],
    )
    marks: list[float] = []
    began = time.perf_counter()
    for tenth in range(10):
        with transaction.atomic():
            publish_all(
                [
                    FileDeleted(file_id=f"{tenth}-{number}", name="a")
                    for number in range(EVENTS // 10)
                ]
            )
        drain_events()
        marks.append(peak_memory())
    seconds = time.perf_counter() - began
    print(f"intake: {EVENTS / seconds:,.0f} events/s, memory {marks[0]:.0f} to {marks[-1]:.0f} MB")
    verdict("MB that intake grows after its first tenth", marks[-1] - marks[0], at_most=20)


def listeners(tenant: str) -> None:
    """Listen to as many inboxes in a server of its own, and tell some of them something."""
    from uuid import UUID

    from apps.notifications.models import Subscriber
    from apps.notifications.selectors.links import inbox_token

    some = list(Subscriber.objects.order_by("pk")[:LISTENERS])
    assert UUID(tenant) == some[0].tenant_id
    with subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=os.environ | {"PORT": "0", "PYTHONUNBUFFERED": "1", "LOG_LEVEL": "WARNING"},
        stdout=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        try:
            line = next(line for line in server.stdout if " at http" in line)
            port = int(line.rpartition(":")[2])
            idle = _memory_of(server.pid)
            heard = _Ears(port, [inbox_token(one) for one in some])
            grown = _memory_of(server.pid) - idle
            waits = [heard.after(_tell, one) for one in some[:: max(LISTENERS // 100, 1)]]
        finally:
            server.kill()
    p99 = sorted(waits)[int(len(waits) * 0.99) - 1]
    print(f"listeners: {len(heard.sockets):,}, median {median(waits) * 1e3:.0f} ms")
    verdict("MB that listeners take", grown, at_most=200)
    verdict("s from commit to listener, p99", p99, at_most=1)


class _Ears:
    """Connections that listen, and when one of them heard a message."""

    def __init__(self, port: int, tokens: list[str]) -> None:
        self.sockets = [self._listening(port, one) for one in tokens]
        self._heard = threading.Event()
        threading.Thread(target=self._hear, daemon=True).start()

    def after(self, tell: Callable[[Any], None], one: Any) -> float:
        """Return the seconds from a commit until its listener has heard of it."""
        self._heard.clear()
        tell(one)
        began = time.perf_counter()
        assert self._heard.wait(30), "nobody heard of it"
        return time.perf_counter() - began

    @staticmethod
    def _listening(port: int, token: str) -> socket.socket:
        made = socket.create_connection(("127.0.0.1", port))
        path = f"/notifications/api/inbox/events/{token}"
        made.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        answer = made.recv(4_096)
        assert b" 200 " in answer.split(b"\r\n", 1)[0], answer[:200]
        return made

    def _hear(self) -> None:
        import selectors

        chosen = selectors.DefaultSelector()
        for one in self.sockets:
            chosen.register(one, selectors.EVENT_READ)
        while True:
            for key, _ in chosen.select():
                said = key.fileobj.recv(65_536)  # type: ignore[union-attr]  # a socket
                if not said:
                    chosen.unregister(key.fileobj)
                elif b"event: message" in said:
                    self._heard.set()


def _tell(person: Any) -> None:
    """Put a message into an inbox, as whoever writes one does."""
    from django.db import transaction

    from apps.notifications.models import Notification
    from apps.notifications.services.telling import tell_inbox
    from kernel import clock

    with transaction.atomic():
        made = Notification.objects.create(
            recipient=person.key,
            channel="in_app",
            subject=SUBJECT,
            state="sent",
            subscriber=person,
            sent_at=clock.now(),
            round=1,
        )
        tell_inbox(made)


def _interleaved(ways: dict[str, Callable[[], float]]) -> dict[str, float]:
    found: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            found[name].append(MAILS / way())
    figures = {name: median(rates) for name, rates in found.items()}
    told = ", ".join(f"{name} {rate:,.0f}/s" for name, rate in figures.items())
    print(f"mails: {told}")
    return figures


def _with_rows() -> float:
    """Return the seconds that a worker takes for mails that are queued, with all their rows."""
    from django.conf import settings

    from apps.notifications.models import Notification, NotificationChannel
    from apps.notifications.services import create_notification
    from kernel.jobs.worker import Worker

    for number in range(MAILS):
        create_notification(
            recipient=f"p{number}@example.com",
            channel=NotificationChannel.EMAIL,
            subject=SUBJECT,
            body=BODY,
        )
    worker = Worker(settings.WORKER_THREADS, queues=["notifications"])

    def work() -> None:
        worker.start()
        while Notification.objects.filter(state="queued").exists():
            time.sleep(0.02)

    seconds = float(timed(work))
    worker.stop(30)
    assert not Notification.objects.exclude(state="sent").exists()
    return seconds


def _connection_each() -> float:
    def send() -> None:
        for number in range(MAILS):
            with smtplib.SMTP(*_smtp()) as server:
                server.send_message(_message(number))

    return float(timed(send))


def _one() -> float:
    def send() -> None:
        with smtplib.SMTP(*_smtp()) as server:
            for number in range(MAILS):
                server.send_message(_message(number))

    return float(timed(send))


def _message(number: int) -> EmailMessage:
    made = EmailMessage()
    made["Subject"], made["From"], made["To"] = SUBJECT, "a@example.com", f"p{number}@example.com"
    made.set_content(BODY)
    return made


def _smtp() -> tuple[str, int]:
    return os.environ["EMAIL_HOST"], int(os.environ["EMAIL_PORT"])


def _fanned_out() -> float:
    from apps.notifications.models import Notification, NotificationTemplate
    from apps.notifications.services.subscribers import create_subscriber
    from apps.notifications.services.templates import create_template
    from apps.notifications.services.triggering import trigger
    from apps.notifications.services.workflows import create_workflow
    from kernel.testing.jobs import drain

    if not NotificationTemplate.objects.filter(name="news").exists():
        create_subscriber(key="author")
        texts = {"in_app": {"en": {"subject": SUBJECT, "body": BODY}}}
        create_template(name="news", texts=texts)
        create_workflow(
            name="news", steps=[{"do": "fan_out", "topics": ["all"], "template": "news"}]
        )
    _emptied()
    trigger(workflow="news", subscribers=["author"], data={})
    seconds = float(timed(drain))
    assert Notification.objects.count() == PEOPLE
    return seconds


def _bulk_created(people: list[Any]) -> float:
    from apps.notifications.models import Notification
    from kernel import clock

    _emptied()
    now = clock.now()

    def create() -> None:
        rows = [
            Notification(
                recipient=one.key,
                channel="in_app",
                subject=SUBJECT,
                body=BODY,
                state="sent",
                subscriber=one,
                sent_at=now,
                round=1,
            )
            for one in people
        ]
        Notification.objects.bulk_create(rows, batch_size=5_000)

    return float(timed(create))


def _emptied() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE notifications_notification, notifications_moment,"
            " notifications_fanout, notifications_run, notifications_digest,"
            " notifications_digestitem CASCADE"
        )


def _memory_of(pid: int) -> float:
    """Return the MB that a process holds now."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024


if __name__ == "__main__":
    main()
