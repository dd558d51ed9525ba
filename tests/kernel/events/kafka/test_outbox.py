"""What the relay to Kafka reads of the outbox and removes from it; no broker is needed."""

from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from contracts.envelope import Actor
from kernel.events.kafka import topics
from kernel.events.kafka.relay import (
    NotDeliveredError,
    read_in_order,
    remove,
    waiting,
    waiting_statement,
)
from kernel.events.kafka.transport import Kafka
from kernel.events.message import read
from kernel.events.models import ConsumerGroup, OutboxEvent, OutboxState
from kernel.events.publishing import publish
from tests.kernel.events.factories import Moved, tell
from tests.kernel.events.test_relay import elsewhere

pytestmark = pytest.mark.django_db

TENANT = UUID("0194f1c2-0000-7000-8000-000000000002")


def steps(limit: int, on_their_way: list[int]) -> list[tuple[str, int]]:
    """Return what waits, as things and steps."""
    found = [read(message).data for *_, message in waiting(limit, on_their_way)]
    return [(data["thing"], data["step"]) for data in found]


def positions(*subjects: str) -> list[int]:
    """Return where the events of these things are."""
    rows = OutboxEvent.objects.filter(subject__in=subjects).order_by("position")
    return list(rows.values_list("position", flat=True))


@pytest.mark.parametrize("tenant", [TENANT, None])
@pytest.mark.parametrize("name", ["Ada \u2211 \"'\\", ""])
def test_an_event_is_sent_as_it_was_stored(tenant: UUID | None, name: str) -> None:
    actor = Actor(type="user", id='7"', name=name)
    with transaction.atomic():
        publish(Moved(thing='a"\u00e4\n', step=1), tenant_id=tenant, actor=actor)
    event = OutboxEvent.objects.get()

    ((position, type_, key, message),) = waiting(10, [])

    assert (position, type_, key) == (event.position, Moved.TYPE, event.partition_key)
    assert message == event.message
    envelope = read(message)
    assert envelope.partition_key == f'{tenant or "-"}/a"\u00e4\n'
    assert (envelope.tenant, envelope.actor) == (str(tenant or ""), actor)


def test_what_waits_is_read_in_order_without_what_is_on_its_way() -> None:
    tell(("a", 1), ("b", 1), ("a", 2), ("c", 1))
    OutboxEvent.objects.filter(subject="c").update(state=OutboxState.SENT)

    assert steps(2, []) == [("a", 1), ("b", 1)]
    assert steps(9, positions("a", "b")[:2]) == [("a", 2)]
    assert steps(9, positions("a", "b")) == []


def test_to_read_is_one_statement_whatever_is_on_its_way() -> None:
    with CaptureQueriesContext(connection) as captured:
        waiting(500, list(range(1, 10_000)))

    assert len(captured) == 1


@pytest.mark.postgres
def test_the_queue_is_never_sorted_whatever_is_believed_of_it() -> None:
    tell(("a", 1))
    columns = [field.column for field in OutboxEvent._meta.fields if not field.primary_key]
    names = ", ".join(f'"{name}"' for name in columns)
    values = names.replace('"event_id"', "gen_random_uuid()")
    read_in_order()
    with connection.cursor() as cursor:
        # Nobody has looked at the table since it was small: the planner has to guess.
        cursor.execute(
            f"INSERT INTO events_outboxevent ({names})"
            f" SELECT {values} FROM events_outboxevent, generate_series(1, 20000)"
        )
        cursor.execute(f"EXPLAIN {waiting_statement('postgresql')}", ["{}", 500])
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "Index Scan using events_waiting" in plan
    assert "Sort" not in plan


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_is_committed_late_is_read_before_what_follows_it_in_its_key() -> None:
    """The trap: to go on after the last position that was read would leave it out, or behind."""
    with transaction.atomic():
        publish(Moved(thing="early", step=1))
        elsewhere(lambda: tell(("late", 1)))
        within = elsewhere(lambda: steps(10, []))
    on_their_way = positions("late")
    tell(("early", 2))

    assert within == [("late", 1)]
    assert positions("early")[0] < on_their_way[0] < positions("early")[1]
    assert steps(10, on_their_way) == [("early", 1), ("early", 2)]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_is_committed_late_is_not_removed_with_what_is_around_it() -> None:
    tell(("before", 1))
    with transaction.atomic():
        publish(Moved(thing="early", step=1))
        elsewhere(lambda: tell(("late", 1)))
        arrived = elsewhere(lambda: positions("before", "late"))
    assert isinstance(arrived, list)
    assert len(arrived) == 2

    remove(arrived)

    assert steps(10, []) == [("early", 1)]


def test_what_some_group_has_not_read_of_this_database_is_sent_to_all() -> None:
    tell(("read", 1), ("unread", 1), ("local", 1), ("new", 1))
    for offset, (subject, state) in enumerate(
        [("read", OutboxState.SENT), ("unread", OutboxState.SENT), ("local", OutboxState.LOCAL)], 1
    ):
        OutboxEvent.objects.filter(subject=subject).update(state=state, offset=offset)
    ConsumerGroup.objects.create(pk="tests.quick", committed_offset=3)
    ConsumerGroup.objects.create(pk="tests.slow", committed_offset=1)

    Kafka().take_over()

    assert steps(10, []) == [("unread", 1), ("local", 1), ("new", 1)]
    assert OutboxEvent.objects.filter(offset__isnull=False).get().subject == "read"


def test_what_cannot_be_sent_is_told_once_a_second_with_what_to_do(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.KAFKA_BOOTSTRAP_SERVERS = ("127.0.0.1:1",)
    monkeypatch.setattr(topics, "REQUEST_SECONDS", 0.2)
    tell(("a", 1))
    sender = Kafka()

    with pytest.raises(NotDeliveredError, match=r"tests\.thing are not .* `manage\.py topics`"):
        sender.relay(500)
    sender.release(0)
    with CaptureQueriesContext(connection) as captured:
        assert sender.relay(500) == 0

    assert len(captured) == 0
    assert steps(10, []) == [("a", 1)]
