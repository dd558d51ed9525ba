"""What is kept for how long: what nobody needs any more goes, and nothing else."""

import pytest
from django.conf import settings

from kernel.errors import ConflictError
from kernel.events.models import Handled, OutboxEvent, Redelivery
from kernel.events.replay import discard_dead
from kernel.events.upkeep import REMEMBERED_LONGER, clear_events
from kernel.testing.events import drain_events
from tests.kernel.events.factories import Failing, group, tell
from tests.kernel.jobs.factories import MovableClock

pytestmark = pytest.mark.django_db


def test_what_was_handled_goes_after_its_time_and_the_inbox_later(moved: MovableClock) -> None:
    group()
    tell(("a", 1))
    drain_events()
    moved.by(seconds=settings.EVENT_RETENTION.total_seconds() - 1)
    clear_events("")
    assert OutboxEvent.objects.count() == 1

    moved.by(seconds=2)
    tell(("b", 1))
    drain_events()
    clear_events("")
    assert list(OutboxEvent.objects.values_list("subject", flat=True)) == ["b"]
    assert Handled.objects.count() == 2

    moved.by(seconds=REMEMBERED_LONGER.total_seconds())
    clear_events("")
    assert Handled.objects.count() == 1


def test_what_a_group_has_not_read_stays_however_old_it_is(moved: MovableClock) -> None:
    group("tests.one")
    tell(("a", 1))
    drain_events()
    group("tests.other")

    moved.by(days=100)
    clear_events("")
    assert OutboxEvent.objects.count() == 1

    tell(("b", 1))
    drain_events()
    clear_events("")
    assert list(OutboxEvent.objects.values_list("subject", flat=True)) == ["b"]


def test_what_waits_and_what_is_local_stays(moved: MovableClock) -> None:
    tell(("a", 1), ("b", 1))
    OutboxEvent.objects.filter(subject="b").update(state="local")

    moved.by(days=100)
    clear_events("")

    assert OutboxEvent.objects.count() == 2


def test_a_dead_letter_stays_until_somebody_has_settled_it(moved: MovableClock) -> None:
    group(fails=Failing(("a", 1), error=ConflictError("no")))
    tell(("a", 1))
    drain_events()
    moved.by(days=100)
    clear_events("")
    assert Redelivery.objects.get().state == "dead"

    discard_dead(Redelivery.objects.all())
    clear_events("")
    assert Redelivery.objects.count() == 1
    moved.by(days=8)
    clear_events("")

    assert Redelivery.objects.count() == 0
