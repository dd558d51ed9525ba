"""What becomes of an event that arrives: handled once, tried again, or a dead letter."""

import json
import uuid
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test.utils import CaptureQueriesContext

from contracts.envelope import Actor, Envelope
from kernel.errors import ConflictError, UnavailableError
from kernel.events.inbox import current_envelope, deliver, redeliver
from kernel.events.models import Handled, OutboxEvent, Redelivery
from kernel.events.publishing import publish
from kernel.events.registry import consumes
from kernel.events.transport import Arrival
from kernel.identity.models import Tenant
from kernel.jobs.models import Job
from kernel.jobs.registry import job
from kernel.jobs.services import enqueue
from kernel.observability.context import current_ids, request_ids
from kernel.tenancy.context import current_tenant_id
from kernel.testing.events import drain_events
from tests.kernel.events.factories import Failing, Moved, Stopped, group, only_group, tell
from tests.kernel.jobs.factories import MovableClock

pytestmark = pytest.mark.django_db


def arrivals() -> list[Arrival]:
    """Return everything that was published, as a transport would bring it."""
    return [
        Arrival(row.envelope(), partial(dict, offset=row.position))
        for row in OutboxEvent.objects.order_by("position")
    ]


def test_each_group_handles_each_event_once() -> None:
    one, other = group("tests.one"), group("tests.other")

    tell(("a", 1), ("b", 1), ("a", 2))
    drain_events()
    drain_events()

    assert one == other == [("a", 1), ("b", 1), ("a", 2)]
    assert Handled.objects.count() == 6


def test_an_event_that_arrives_twice_is_handled_once() -> None:
    seen = group()
    tell(("a", 1), ("b", 1))

    deliver(only_group(), arrivals() * 3)

    assert seen == [("a", 1), ("b", 1)]


def test_an_event_that_nobody_handles_is_passed_over(tenant: Tenant) -> None:
    seen = group()
    publish(Stopped(thing="a"))
    tell(("a", 1))

    drain_events()
    deliver(only_group(), arrivals())

    assert seen == [("a", 1)]
    assert Handled.objects.count() == 1


def test_what_a_handler_did_before_it_failed_is_undone() -> None:
    job("tests.work")(lambda _target: None)
    failing = Failing(("a", 1))

    @consumes(Moved, group="tests.watch")
    def work(event: Moved) -> None:
        enqueue("tests.work", event.thing)
        failing((event.thing, event.step))

    tell(("a", 1), ("b", 1))
    drain_events()

    assert list(Job.objects.values_list("target", flat=True)) == ["b"]
    assert Handled.objects.count() == 1


def test_a_handler_runs_in_the_tenant_and_trace_of_the_event(tenant: Tenant) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    found: list[object] = []

    @consumes(Moved, group="tests.watch")
    def look(_event: Moved) -> None:
        envelope = current_envelope()
        found.extend([current_tenant_id(), current_ids().trace, envelope.actor.name])
        publish(Stopped(thing="a"))

    with request_ids("", f"00-{trace}-00f067aa0ba902b7-01"):
        publish(Moved(thing="a", step=1), actor=Actor(type="user", id="7", name="Ada"))
    drain_events()

    assert found == [tenant.pk, trace, "Ada"]
    caused = OutboxEvent.objects.get(type=Stopped.TYPE)
    actor = caused.envelope().actor
    assert (actor.type, actor.id) == ("system", "tests.watch")
    assert caused.envelope().traceparent.split("-")[1] == trace
    with pytest.raises(LookupError):
        current_envelope()


def test_a_failure_is_tried_again_after_longer_and_longer_then_a_dead_letter(
    moved: MovableClock,
) -> None:
    failing = Failing(("a", 1))
    seen = group(fails=failing)
    tell(("a", 1), ("a", 2))

    drain_events()
    tried = []
    for pause in (10, 60, 600, 6_000):
        moved.by(seconds=pause - 1)
        drain_events()
        before = len(failing.tried)
        moved.by(seconds=1)
        drain_events()
        tried.append(len(failing.tried) - before)

    # Later events of the key went on: the group is not ordered.
    assert seen == [("a", 2)]
    assert tried == [1, 1, 1, 0]
    letter = Redelivery.objects.get()
    assert (letter.state, letter.attempts) == ("dead", 4)
    assert (letter.error_class, letter.error_code) == ("builtins.RuntimeError", "INTERNAL")
    assert letter.error_message == "not today"
    assert letter.first_failed_at
    assert letter.last_failed_at
    assert letter.last_failed_at - letter.first_failed_at == timedelta(seconds=670)
    assert letter.origin["topic"] == "tests.thing"
    assert letter.envelope["data"] == {"thing": "a", "step": 1}


def test_a_failure_that_heals_leaves_no_dead_letter(moved: MovableClock) -> None:
    failing = Failing(("a", 1), error=UnavailableError("the printer is out of paper"))
    seen = group(fails=failing)
    tell(("a", 1))
    drain_events()

    failing.for_.clear()
    moved.by(seconds=10)
    drain_events()

    assert seen == [("a", 1)]
    assert Redelivery.objects.get().state == "handled"


def test_what_cannot_heal_is_a_dead_letter_at_once() -> None:
    seen = group(fails=Failing(("a", 1), error=ConflictError("there is one already")))
    tell(("a", 1), ("b", 1))

    drain_events()

    assert seen == [("b", 1)]
    letter = Redelivery.objects.get()
    assert (letter.state, letter.attempts, letter.error_code) == ("dead", 1, "CONFLICT")


@pytest.mark.parametrize("data", [{}, {"thing": "a", "step": "one"}, {"thing": "a", "step": None}])
def test_data_that_cannot_be_read_is_a_dead_letter_at_once(data: dict[str, object]) -> None:
    seen = group()
    tell(("a", 1))
    told = OutboxEvent.objects.get().envelope().to_json() | {"data": data}
    OutboxEvent.objects.update(message=json.dumps(told))

    drain_events()

    assert seen == []
    assert Redelivery.objects.get().state == "dead"


def test_in_an_ordered_group_a_key_waits_for_its_failure_and_others_go_on(
    moved: MovableClock,
) -> None:
    failing = Failing(("a", 1))
    seen = group(ordered=True, fails=failing)
    tell(("a", 1), ("b", 1), ("a", 2), ("b", 2))
    drain_events()
    tell(("a", 3), ("b", 3))
    drain_events()

    assert seen == [("b", 1), ("b", 2), ("b", 3)]
    assert failing.tried.count(("a", 2)) == 0

    failing.for_.clear()
    moved.by(seconds=10)
    drain_events()
    drain_events()

    assert seen[3:] == [("a", 1), ("a", 2), ("a", 3)]


def test_an_ordered_group_never_gives_up_by_itself(moved: MovableClock) -> None:
    failing = Failing(("a", 1))
    group(ordered=True, fails=failing)
    tell(("a", 1), ("a", 2))
    drain_events()

    for _ in range(20):
        moved.by(minutes=10)
        drain_events()

    states = list(Redelivery.objects.order_by("id").values_list("state", "attempts"))
    assert states == [("waiting", 21), ("waiting", 0)]


def test_in_an_ordered_group_what_cannot_heal_lets_its_key_go_on(moved: MovableClock) -> None:
    seen = group(ordered=True, fails=Failing(("a", 1), error=ConflictError("no")))
    tell(("a", 1), ("a", 2))

    drain_events()

    assert seen == [("a", 2)]
    assert Redelivery.objects.get().state == "dead"


def test_keys_of_two_tenants_do_not_wait_for_each_other(moved: MovableClock) -> None:
    failing = Failing(("a", 1))
    seen = group(ordered=True, fails=failing)
    publish(Moved(thing="a", step=1), tenant_id=uuid.uuid4())
    publish(Moved(thing="a", step=2), tenant_id=uuid.uuid4())

    drain_events()

    assert seen == [("a", 2)]


def test_a_failed_event_that_arrives_again_keeps_its_first_row(moved: MovableClock) -> None:
    group(fails=Failing(("a", 1)))
    tell(("a", 1))
    deliver(only_group(), arrivals())
    moved.by(seconds=10)
    redeliver(only_group(), 10)

    deliver(only_group(), arrivals())

    assert Redelivery.objects.get().attempts == 2


def test_a_kept_event_whose_handler_is_gone_is_a_dead_letter(moved: MovableClock) -> None:
    group(fails=Failing(("a", 1)))
    tell(("a", 1))
    drain_events()
    only_group().handlers.clear()

    moved.by(seconds=10)
    redeliver(only_group(), 10)

    letter = Redelivery.objects.get()
    assert (letter.state, letter.attempts) == ("dead", 2)
    assert letter.error_message == "tests.watch has no handler of tests.thing.moved.v1 any more"


def test_a_row_that_cannot_be_read_holds_up_nobody(moved: MovableClock) -> None:
    failing = Failing(("a", 1), ("b", 1))
    seen = group(fails=failing)
    tell(("a", 1), ("b", 1))
    drain_events()
    broken = Redelivery.objects.order_by("id")[0]
    broken.envelope = {"type": "of another release"}
    broken.save()
    failing.for_.clear()

    moved.by(seconds=10)
    redeliver(only_group(), 10)

    assert seen == [("b", 1)]
    assert set(Redelivery.objects.values_list("state", flat=True)) == {"dead", "handled"}


def test_secrets_and_strange_characters_stay_out_of_the_reason() -> None:
    secret = f"septet_test_{'0' * 16}_{'a' * 64}"
    group(fails=Failing(("a", 1), error=RuntimeError(f"\0 {secret}")))
    tell(("a", 1))

    drain_events()

    told = Redelivery.objects.get().error_message
    assert "a" * 64 not in told
    assert "\0" not in told


def test_an_event_type_that_this_release_does_not_know_is_a_dead_letter() -> None:
    group()
    tell(("a", 1))
    only_group().handlers["tests.thing.unknown.v1"] = lambda _event: None
    (arrival,) = arrivals()
    unknown = Envelope(arrival.envelope.to_json() | {"type": "tests.thing.unknown.v1"})

    deliver(only_group(), [Arrival(unknown)])

    letter = Redelivery.objects.get()
    assert letter.error_class.endswith("UnknownEventTypeError")
    assert (letter.state, letter.error_code) == ("dead", "EVENT_TYPE_UNKNOWN")


def test_a_group_is_named_and_ordered_in_one_way() -> None:
    group("tests.watch")

    with pytest.raises(ValueError, match="either ordered or not"):
        group("tests.watch", ordered=True)
    with pytest.raises(ValueError, match="two handlers"):
        group("tests.watch")
    with pytest.raises(ValueError, match="called <app>"):
        group("watch")


def test_events_share_a_transaction_and_one_that_fails_takes_no_other_with_it() -> None:
    failing = Failing(("a", 3), ("a", 6))
    seen = group(fails=failing)
    tell(*(("a", step) for step in range(10)))

    with CaptureQueriesContext(connection) as captured:
        deliver(only_group(), arrivals())

    steps = Redelivery.objects.order_by("id").values_list("envelope__data__step", flat=True)
    assert list(steps) == [3, 6]
    marked = set(Handled.objects.values_list("event_id", flat=True))
    kept = set(Redelivery.objects.values_list("event_id", flat=True))
    assert (len(marked), marked & kept) == (8, set())
    # What was undone with the one that failed was done again; in the database it stands once.
    assert {step for _, step in seen} == {0, 1, 2, 4, 5, 7, 8, 9}
    # The test's own transaction makes savepoints of them.
    begun = [one for one in captured if one["sql"].startswith("SAVEPOINT")]
    assert len(begun) < 10


def test_what_fails_first_is_tried_once_and_takes_two_transactions() -> None:
    failing = Failing(("a", 1))
    group(fails=failing)
    tell(("a", 1), ("b", 1))

    with CaptureQueriesContext(connection) as captured:
        deliver(only_group(), arrivals())

    assert failing.tried == [("a", 1), ("b", 1)]
    assert Redelivery.objects.get().attempts == 1
    begun = [one for one in captured if one["sql"].startswith("SAVEPOINT")]
    # It is undone, and kept; then the other is handled.
    assert len(begun) <= 3


@pytest.mark.django_db(transaction=True)
def test_what_the_database_refuses_at_the_commit_takes_no_other_with_it() -> None:
    tried: list[int] = []

    @consumes(Moved, group="tests.watch")
    def permit(event: Moved) -> None:
        tried.append(event.step)
        # Foreign keys are looked at when the transaction ends.
        kind = -1 if event.step == 6 else ContentType.objects.get_for_model(Job).pk
        Permission.objects.create(codename=f"test {event.step}", content_type_id=kind)

    tell(*(("a", step) for step in range(10)))

    deliver(only_group(), arrivals())

    kept = Redelivery.objects.get()
    assert (kept.envelope["data"]["step"], kept.error_class) == (
        6,
        "django.db.utils.IntegrityError",
    )
    assert Permission.objects.filter(codename__startswith="test ").count() == 9
    assert Handled.objects.count() == 9
    assert len(tried) < 40


def test_a_transaction_stays_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernel.events.inbox.TOGETHER_SECONDS", 0)
    seen = group()
    tell(*(("a", step) for step in range(5)))

    with CaptureQueriesContext(connection) as captured:
        deliver(only_group(), arrivals())

    assert len([one for one in captured if one["sql"].startswith("SAVEPOINT")]) == 5
    assert seen == [("a", step) for step in range(5)]


def test_events_that_share_a_transaction_are_marked_by_one_statement(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # However slow the machine is.
    monkeypatch.setattr("kernel.events.inbox.TOGETHER_SECONDS", 60)
    seen = group()
    tell(*(("a", step) for step in range(60)))
    came = arrivals()

    with CaptureQueriesContext(connection) as captured:
        deliver(only_group(), came)

    assert seen == [("a", step) for step in range(60)]
    assert [one["sql"].split()[0] for one in captured] == ["SAVEPOINT", "INSERT", "RELEASE"]


def test_in_an_ordered_group_what_is_behind_a_failure_is_kept_together_and_others_go_on_together(
    moved: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernel.events.inbox.TOGETHER_SECONDS", 60)
    failing = Failing(("a", 0))
    seen = group(ordered=True, fails=failing)
    tell(*((thing, step) for step in range(20) for thing in "ab"))
    came = arrivals()

    with CaptureQueriesContext(connection) as captured:
        deliver(only_group(), came)

    assert seen == [("b", step) for step in range(20)]
    steps = Redelivery.objects.order_by("id").values_list("envelope__data__step", flat=True)
    assert list(steps) == list(range(20))
    written = [one["sql"].split()[2].strip('"') for one in captured if "INSERT INTO" in one["sql"]]
    # The mark that was undone with the failure, what failed, what is behind it, and all others.
    assert written == [
        "events_handled",
        "events_redelivery",
        "events_redelivery",
        "events_handled",
    ]
    failing.for_.clear()
    moved.by(seconds=10)
    redeliver(only_group(), 100)
    assert seen[20:] == [("a", step) for step in range(20)]


def test_in_an_ordered_group_only_keys_that_came_are_looked_for(moved: MovableClock) -> None:
    failing = Failing(*((thing, 1) for thing in "abcde"))
    seen = group(ordered=True, fails=failing)
    tell(*((thing, 1) for thing in "abcde"))
    deliver(only_group(), arrivals())
    OutboxEvent.objects.all().delete()
    tell(("a", 2), ("f", 1))

    with CaptureQueriesContext(connection) as captured:
        deliver(only_group(), arrivals())

    assert seen == [("f", 1)]
    (asked,) = [one["sql"] for one in captured if "DISTINCT" in one["sql"]]
    assert "-/a" in asked
    assert "-/b" not in asked
