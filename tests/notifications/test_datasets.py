"""Notifications as rows: brought out, with addresses for who may see them."""

import pytest

from apps.notifications.models import NotificationChannel
from apps.notifications.services import create_notification
from contracts.datasets import Mode
from kernel.errors import ForbiddenError, InvalidInputError
from kernel.identity.models import Tenant
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import exported, imported, somebody, statements
from kernel.testing.tenants import make_tenant

NAME = "notifications.notifications"


@pytest.fixture
def three(tenant: Tenant) -> None:
    """Three notifications, one of them by chat."""
    for number, channel in enumerate(
        (NotificationChannel.EMAIL, NotificationChannel.CHAT, NotificationChannel.EMAIL)
    ):
        create_notification(recipient=f"p{number}@x.org", channel=channel, subject=f"s{number}")


@pytest.mark.usefixtures("three")
def test_rows_are_read_as_they_came_and_by_their_channel(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk)):
        rows = exported(NAME)
        some = exported(NAME, filters={"channel": "chat"})
        later = exported(NAME, since=rows[1]["created_at"])

    assert [row["recipient"] for row in rows] == ["p0@x.org", "p1@x.org", "p2@x.org"]
    assert [row["subject"] for row in some] == ["s1"]
    assert later == rows[1:]


@pytest.mark.usefixtures("three")
def test_addresses_are_for_who_may_see_them(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk, "notifications:read")):
        assert {row["recipient"] for row in exported(NAME)} == {"***"}
        with pytest.raises(ForbiddenError, match="notifications:personal"):
            exported(NAME, filters={"recipient": "p0@x.org"})
    with acting_as(somebody(tenant.pk, "files:read")), pytest.raises(ForbiddenError):
        exported(NAME)
    with acting_as(somebody(make_tenant().pk)):
        assert exported(NAME) == []


@pytest.mark.usefixtures("three")
def test_a_page_takes_one_statement(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk)):
        assert [statements(NAME, size=size) for size in (1, 3)] == [1, 1]


@pytest.mark.usefixtures("three")
def test_nobody_sends_notifications_by_importing_them(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk)), pytest.raises(InvalidInputError):
        imported(NAME, exported(NAME), mode=Mode.INSERT)
