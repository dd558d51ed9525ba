"""The message that a schedule sends: followed until it has gone, and stopped before that."""

from typing import Any

import pytest

from apps.notifications.models import Notification, NotificationState
from contracts.chores import WorkState
from kernel.chores.services import do, look, stop
from kernel.errors import InvalidInputError, NotFoundError
from kernel.identity.models import Tenant
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import somebody
from kernel.testing.tenants import make_tenant

NAME = "notifications.send"
TOLD = {"recipient": "ada@example.com", "channel": "email", "subject": "Hello"}


def begun(tenant: Tenant) -> Any:
    with acting_as(somebody(tenant.pk)):
        return do(NAME, TOLD, key="run-1").result


@pytest.mark.parametrize(
    ("state", "stands"),
    [
        (NotificationState.QUEUED, WorkState.GOING_ON),
        (NotificationState.SENT, WorkState.DONE),
        (NotificationState.SKIPPED, WorkState.DONE),
        (NotificationState.CANCELLED, WorkState.CANCELLED),
    ],
)
def test_a_message_is_followed_until_it_has_gone(
    tenant: Tenant, state: NotificationState, stands: WorkState
) -> None:
    told = begun(tenant)
    with acting_as(somebody(tenant.pk)):
        Notification.objects.update(state=state, reason_code="X", reason="unwanted")
        found = look(NAME, told)

    assert (found.state, found.result) == (stands, {"state": str(state)})
    assert (found.error_code, found.error_message) == ("", "")


def test_a_message_that_could_not_go_says_why(tenant: Tenant) -> None:
    told = begun(tenant)
    with acting_as(somebody(tenant.pk)):
        failed = {"state": NotificationState.FAILED, "reason_code": "BOUNCED", "reason": "no box"}
        Notification.objects.update(**failed)
        found = look(NAME, told)

    assert (found.state, found.error_code, found.error_message) == (
        *(WorkState.FAILED, "BOUNCED"),
        "no box",
    )


def test_a_message_is_stopped_before_it_has_gone(tenant: Tenant) -> None:
    told = begun(tenant)
    with acting_as(somebody(tenant.pk)):
        for _ in range(2):
            stop(NAME, told)
        found = look(NAME, told)

    assert found.state is WorkState.CANCELLED


def test_a_message_that_has_gone_stays_sent(tenant: Tenant) -> None:
    told = begun(tenant)
    with acting_as(somebody(tenant.pk)):
        Notification.objects.update(state=NotificationState.SENT)
        stop(NAME, told)

        assert Notification.objects.get().state == NotificationState.SENT


def test_a_message_of_another_tenant_is_neither_followed_nor_stopped(tenant: Tenant) -> None:
    told = begun(tenant)
    with acting_as(somebody(make_tenant().pk)):
        for ask in (look, stop):
            with pytest.raises(NotFoundError):
                ask(NAME, told)
            with pytest.raises(InvalidInputError):
                ask(NAME, {})

    with acting_as(somebody(tenant.pk)):
        assert look(NAME, told).state is WorkState.GOING_ON
