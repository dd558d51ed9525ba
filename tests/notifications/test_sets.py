"""Messages that go together: read and written in sets, and none harmed by another."""

from collections.abc import Iterator, Sequence
from threading import Event, Thread, current_thread
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.notifications.adapters.channels import smtp
from apps.notifications.adapters.channels.port import Attachment
from apps.notifications.conf import MAIL_LINES
from apps.notifications.models import Notification, NotificationChannel
from apps.notifications.services import (
    attaching,
    create_notification,
    delivering,
    lines,
    outcomes,
)
from apps.notifications.services.delivering import deliver
from apps.notifications.services.giving import Given, Taken
from apps.notifications.services.suppressions import add_suppression
from kernel.identity.models import Tenant
from kernel.jobs import claiming
from kernel.jobs.models import Job
from kernel.jobs.registry import known
from kernel.jobs.running import JobStopError
from kernel.tenancy.context import in_tenant
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant
from tests.notifications.people import NOON, made, person
from tests.notifications.sinks import Sink

pytestmark = pytest.mark.usefixtures("tenant", "moved")

EMAIL = NotificationChannel.EMAIL
#: Of a set that goes out: what is read of it and written down, and more where some do not.
QUERIES, SKIPPED = 11, 3


def mail_to(address: str = "eve@example.com", **more: Any) -> Notification:
    return create_notification(recipient=address, channel=EMAIL, subject="Hello", **more)


def queries_of(count: int) -> int:
    for number in range(count):
        mail_to(f"{count}-{number}@example.com", category="news")
    [job] = claiming.claim(1, known(), worker="a")[:1]
    rounds = [(one.pk, one.round) for one in Notification.objects.filter(state="queued")]
    assert job.name == "notifications.send"
    assert len(rounds) == count
    with CaptureQueriesContext(connection) as captured:
        assert deliver(rounds) == {}
    return len(captured)


def test_fifty_cost_as_many_queries_as_five(sink: Sink) -> None:
    add_suppression(address="50-7@example.com", reason="bounced")
    person()

    assert (queries_of(5), queries_of(50)) == (QUERIES, QUERIES + SKIPPED)
    assert len(sink.messages) == 5 + 49


def test_jobs_of_one_tenant_and_priority_are_claimed_together(tenant: Tenant) -> None:
    for _ in range(3):
        mail_to()
    mail_to(priority=5)
    create_notification(recipient="https://a", channel=NotificationChannel.WEBHOOK, subject="Hi")
    with in_tenant(make_tenant("other").pk):
        mail_to()

    together = [len(claiming.claim(1, known(), worker="a")) for _ in range(4)]

    assert sorted(together) == [1, 1, 1, 3]
    assert together[0] == 1


def test_lines_are_many_where_mails_are_and_used_again(sink: Sink) -> None:
    for round_ in range(2):
        for number in range(50):
            mail_to(f"{round_}-{number}@example.com")
        drain()

    assert len(sink.messages) == len(set(sink.ids)) == 100
    assert 1 < sink.connections <= MAIL_LINES.value()


@pytest.mark.parametrize("most", [1, 3])
def test_a_server_that_wants_few_connections_has_all_mails_over_those(
    sink: Sink, most: int
) -> None:
    sink.most_connections = most
    for number in range(50):
        mail_to(f"{number}@example.com")
    drain()

    assert [one[2] for one in made()] == ["sent"] * 50
    assert sink.connections <= most


def test_a_mail_that_gets_no_line_waits_and_that_is_no_attempt(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(smtp, "WAIT_SECONDS", 0.01)
    monkeypatch.setattr(smtp.lines, "_busy", MAIL_LINES.value())
    mail_to()
    drain()

    one = Notification.objects.get()
    assert (one.state, one.attempts, one.round, sink.messages) == ("queued", 0, 2, [])
    assert (one.not_before - NOON).total_seconds() >= smtp.BUSY_SECONDS


def test_pictures_are_read_where_the_database_is(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_by: set[Thread] = set()

    def read_file(file_id: str, *_: Any, **__: Any) -> Attachment:
        read_by.add(current_thread())
        return Attachment(name="a.png", content_type="image/png", content=b"", picture_id=file_id)

    monkeypatch.setattr(attaching, "read_file", read_file)
    for number in range(4 * smtp.WORTH_A_LINE):
        mail_to(f"{number}@example.com")
    Notification.objects.filter(recipient__lt="2").update(pictures={"a": {}})
    drain()

    assert len(sink.messages) == 4 * smtp.WORTH_A_LINE
    assert sink.connections > 1
    assert read_by == {current_thread()}


def test_a_refused_mail_costs_no_connection(sink: Sink) -> None:
    sink.refused = {"gone@example.com": b"550 no such user"}
    for address in ("a@example.com", "gone@example.com", "b@example.com"):
        mail_to(address)
    drain()

    assert (len(sink.messages), sink.connections) == (2, 1)


def test_a_server_that_closes_a_line_between_mails_has_them_all(sink: Sink) -> None:
    sink.most_of_connection = 2
    for number in range(5):
        mail_to(f"{number}@example.com")
    drain()

    assert [one[2] for one in made()] == ["sent"] * 5
    assert (len(sink.messages), sink.connections) == (5, 3)


def test_one_that_cannot_be_written_down_does_not_keep_the_others(
    sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = mail_to("bad@example.com")
    mail_to("good@example.com")
    usual = outcomes.Book.sent

    def sent(book: outcomes.Book, row: Notification, why: str = "") -> None:
        if row.pk == bad.pk:
            raise RuntimeError("nobody foresaw this")
        usual(book, row, why)

    monkeypatch.setattr(outcomes.Book, "sent", sent)
    drain()

    assert [one[2] for one in made()] == ["queued", "sent"]
    assert len(sink.messages) == 2
    assert list(Job.objects.filter(state="queued").values_list("attempts", flat=True)) == [1]


def test_a_server_that_is_away_is_asked_once_for_those_that_go_together(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = smtp.BACKEND, "127.0.0.1"
    settings.EMAIL_PORT = 1
    asked: list[int] = []
    usual = mail.get_connection

    def connection_to(**more: Any) -> Any:
        asked.append(1)
        return usual(**more)

    monkeypatch.setattr(smtp, "get_connection", connection_to)
    for _ in range(5):
        mail_to()
    drain()

    assert {one[3] for one in made()} == {"NOTIFICATIONS_DELIVERY_FAILED"}
    assert len(asked) == 1


def test_what_was_taken_is_written_down_whatever_ends_the_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [mail_to(f"{number}@example.com") for number in range(2)]

    def give_all(taken: Sequence[Taken]) -> Iterator[Any]:
        yield taken[0], Given()
        raise JobStopError

    monkeypatch.setattr(delivering, "give_all", give_all)
    with pytest.raises(JobStopError):
        deliver([(one.pk, one.round) for one in rows])

    assert sorted(one[2] for one in made()) == ["queued", "sent"]


def test_what_was_taken_is_written_down_while_all_lines_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lines, "TICK_SECONDS", 0.01)
    monkeypatch.setattr(delivering, "SET_SECONDS", 0.02)
    rows, let_go = [mail_to(f"{number}@example.com") for number in range(2)], Event()

    def do(one: Taken) -> Given:
        assert one is taken[0] or let_go.wait(30)
        return Given()

    taken: list[Taken] = []

    def give_all(some: Sequence[Taken]) -> Iterator[Any]:
        taken.extend(some)
        for outcome in lines.over_lines(some, do, 2):
            yield outcome
            if "sent" in {one[2] for one in made()}:
                let_go.set()

    monkeypatch.setattr(delivering, "give_all", give_all)
    deliver([(one.pk, one.round) for one in rows])

    assert let_go.is_set()
    assert [one[2] for one in made()] == ["sent"] * 2
