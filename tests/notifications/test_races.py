"""Many at once: one digest, one trigger, no more than a throttle lets through."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from apps.notifications.models import Digest, DigestItem, Notification, Run, Trigger
from apps.notifications.services.fanning_out import fan_out
from apps.notifications.services.running import advance
from apps.notifications.services.triggering import trigger
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.jobs import drain
from tests.nights import at_night
from tests.notifications.people import StandingClock, person, send, workflow

pytestmark = pytest.mark.django_db(transaction=True)

THREADS = 8


def at_once(tenant: Tenant, count: int, work: Callable[[int], object]) -> None:
    """Do something so many times, on some threads."""

    def some(thread: int) -> None:
        try:
            with in_tenant(tenant.pk):
                for number in range(thread, count, THREADS):
                    work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(some, range(THREADS)))


@pytest.mark.parametrize("count", [64, *at_night(1_000)])
def test_events_at_once_make_exactly_one_digest(
    tenant: Tenant, moved: StandingClock, count: int
) -> None:
    person()
    workflow({"do": "digest", "for": "10m"}, send("in_app"))

    def tell(number: int) -> None:
        found = trigger(workflow="w", subscribers=["ada"], data={"name": "X"}, key=str(number))
        fan_out(found.pk, "")

    at_once(tenant, count, tell)
    assert (Digest.objects.count(), DigestItem.objects.count()) == (1, count)
    moved.by(minutes=10)
    [owner] = Run.objects.exclude(state="digested")
    at_once(tenant, THREADS, lambda _: advance(owner.pk, owner.round))
    drain()

    assert list(Notification.objects.values_list("body", flat=True)) == [f"{count} of X"]


def test_calls_at_once_with_a_key_are_one_trigger(tenant: Tenant) -> None:
    person()
    workflow(send("in_app"))

    at_once(
        tenant,
        2 * THREADS,
        lambda _: trigger(workflow="w", subscribers=["ada"], data={"name": "X"}, key="k"),
    )
    drain()

    assert (Trigger.objects.count(), Notification.objects.count()) == (1, 1)


def test_a_throttle_counts_those_at_the_same_time(tenant: Tenant) -> None:
    person()
    workflow({"do": "throttle", "most": 3, "per": "1h"}, send("in_app"))

    def tell(_: int) -> None:
        found = trigger(workflow="w", subscribers=["ada"], data={"name": "X"})
        fan_out(found.pk, "")

    at_once(tenant, 2 * THREADS, tell)
    drain()

    assert Notification.objects.count() == 3
