"""Notifications as rows: brought out, with addresses for who may see them."""

from typing import Any

import pytest

from apps.notifications.models import NotificationChannel, NotificationTemplate
from apps.notifications.services import create_notification
from apps.notifications.services.subscribers import create_subscriber
from apps.notifications.services.templates import create_template
from contracts.datasets import Mode, Row
from kernel.errors import ForbiddenError, InvalidInputError
from kernel.identity.models import Tenant
from kernel.tenancy.context import acting_as, in_tenant
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


TEMPLATES = "notifications.templates"
#: The layout comes after what stands in it.
SAID: dict[str, dict[str, Any]] = {
    "a bill": {
        "texts": {"email": {"en": {"subject": "Bill {{ number }}", "body": "Pay {{ sum }}."}}},
        "sample": {"number": 7, "sum": "3.50"},
        "layout": "the house",
    },
    "the house": {"texts": {"email": {"en": {"body": "{{ content }} - us"}}}, "is_layout": True},
}


def what_is_said(rows: list[Row]) -> list[Row]:
    return [{**row, "id": "", "created_at": ""} for row in rows]


def test_templates_come_back_as_they_went_by_the_rules_of_their_owner(tenant: Tenant) -> None:
    for name in reversed(SAID):
        create_template(name=name, **SAID[name])
    with acting_as(somebody(tenant.pk)):
        rows = exported(TEMPLATES)
    other = make_tenant()
    with in_tenant(other.pk), acting_as(somebody(other.pk)):
        assert exported(TEMPLATES) == []
        assert imported(TEMPLATES, rows) == ["inserted", "inserted"]
        assert what_is_said(exported(TEMPLATES)) == what_is_said(rows)
        assert imported(TEMPLATES, rows) == ["unchanged", "unchanged"]
        bill, house = rows
        said = {"email": {"en": {"subject": "Bill", "body": "Now."}}}
        changed = [bill | {"texts": said}, house | {"is_layout": False}]
        assert imported(TEMPLATES, changed) == ["updated", "refused CONFLICT"]
        assert NotificationTemplate.objects.get(name="a bill").number == 2
        bad = [bill | {"texts": {"email": {"en": {"subject": "{{", "body": ""}}}}]
        assert imported(TEMPLATES, bad)[0].startswith("refused ")
        assert imported(TEMPLATES, [house], mode=Mode.DELETE) == ["refused CONFLICT"]
        assert imported(TEMPLATES, [house, bill], mode=Mode.DELETE) == ["deleted", "deleted"]


def test_templates_are_for_who_may_write_them(tenant: Tenant) -> None:
    create_template(name="the house", **SAID["the house"])
    with acting_as(somebody(tenant.pk, "notifications:read")):
        rows = exported(TEMPLATES)
        with pytest.raises(ForbiddenError):
            imported(TEMPLATES, rows)
    with acting_as(somebody(tenant.pk, "files:read")), pytest.raises(ForbiddenError):
        exported(TEMPLATES)


PREFERENCES = "notifications.preferences"


def test_preferences_come_back_as_they_went_without_who_it_is(tenant: Tenant) -> None:
    create_subscriber(key="ada", name="Ada", preferences={"news": {"email": False}}, topics=["a"])
    plain = {"preferences": {}, "topics": [], "quiet_hours": {}}
    with acting_as(somebody(tenant.pk, "notifications:read", "notifications:write")):
        (row,) = exported(PREFERENCES)
        assert (row["preferences"], row["topics"]) == ({"news": {"email": False}}, ["a"])
        assert set(row) == {"key", "preferences", "quiet_hours", "topics"}
        assert imported(PREFERENCES, [row | plain], mode=Mode.UPDATE) == ["updated"]
        assert exported(PREFERENCES) == [row | plain]
        rows = [row, row | {"key": "bob"}]
        assert imported(PREFERENCES, rows, mode=Mode.UPDATE) == ["updated", "refused NOT_FOUND"]
        assert exported(PREFERENCES) == [row]
        bad = [row | {"preferences": {"news": {"smoke": True}}}]
        assert imported(PREFERENCES, bad, mode=Mode.UPDATE)[0].startswith("refused ")
