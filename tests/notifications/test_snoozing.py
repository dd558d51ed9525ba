"""Messages that are put off: hidden until then by the person's clock, and there anew."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from apps.notifications.domain.snoozing import wakes_at
from apps.notifications.models import Notification, Subscriber
from apps.notifications.selectors.links import inbox_token
from apps.notifications.services.triggering import trigger
from contracts.notifications import NotificationSnoozed, NotificationWoken
from kernel.testing.events import told
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.notifications.people import StandingClock, person, send, workflow

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("told", "now", "until"),
    [
        ("later", "2026-03-03T12:00", "2026-03-03T15:00"),
        ("tomorrow", "2026-03-03T12:00", "2026-03-04T08:00"),
        # 23:30 UTC is the next day there.
        ("tomorrow", "2026-03-03T23:30", "2026-03-05T08:00"),
        # The clocks go forward on 29 March, and back on 25 October.
        ("tomorrow", "2026-03-28T12:00", "2026-03-29T07:00"),
        ("tomorrow", "2026-10-24T12:00", "2026-10-25T08:00"),
        ("monday", "2026-03-27T12:00", "2026-03-30T07:00"),
        ("monday", "2026-03-02T12:00", "2026-03-09T08:00"),
        ("2026-03-03T14:00:00+01:00", "2026-03-03T12:00", "2026-03-03T13:00"),
    ],
)
def test_until_when_is_by_the_clock_on_the_wall(told: str, now: str, until: str) -> None:
    found = wakes_at(told, datetime.fromisoformat(f"{now}Z"), BERLIN)

    assert found == datetime.fromisoformat(f"{until}Z")


@pytest.mark.parametrize(
    "told", ["", "soon", "2026-03-03T14:00:00", "2026-03-03T12:00:00Z", "2028-03-03T12:00:00Z"]
)
def test_what_is_no_moment_of_the_next_year_is_refused(told: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        wakes_at(told, datetime(2026, 3, 3, 12, tzinfo=UTC), BERLIN)


@pytest.fixture
def ada(tenant: object, moved: StandingClock) -> Subscriber:
    made = person(time_zone="Europe/Berlin")
    workflow(send("in_app"))
    for name in "ab":
        trigger(workflow="w", subscribers=["ada"], data={"name": name})
        drain()
        moved.by(minutes=1)
    return made


def ask(ada: Subscriber, what: str, **asked: str) -> Any:
    url = f"/notifications/api/inbox/{what}/{inbox_token(ada)}"
    return (Client().post(url, asked) if what == "marks" else Client().get(url, asked)).json()


def subjects(ada: Subscriber, tab: str = "all") -> list[str]:
    return [one["subject"] for one in ask(ada, "messages", tab=tab)["messages"]]


def test_a_message_is_put_off_and_comes_anew(ada: Subscriber, moved: StandingClock) -> None:
    older = ask(ada, "messages")["messages"][-1]["id"]
    ask(ada, "marks", verb="read", ids=older)

    counts = ask(ada, "marks", verb="snooze", ids=older, until="tomorrow")

    assert counts == {"unseen": 1, "unread": 1}
    assert (subjects(ada), subjects(ada, "snoozed")) == (["About b"], ["About a"])
    until = datetime(2026, 3, 4, 8, tzinfo=UTC)
    assert told(NotificationSnoozed) == [NotificationSnoozed(notification_id=older, until=until)]
    moved.now = until
    drain()

    assert (subjects(ada), subjects(ada, "snoozed")) == (["About a", "About b"], [])
    assert ask(ada, "messages")["unread"] == 2
    assert [one.notification_id for one in told(NotificationWoken)] == [older]


def test_put_off_anew_or_taken_back_it_comes_at_the_last_moment_only(
    ada: Subscriber, moved: StandingClock
) -> None:
    newest, older = (one["id"] for one in ask(ada, "messages")["messages"])
    ask(ada, "marks", verb="snooze", ids=f"{newest},{older}", until="later")
    ask(ada, "marks", verb="snooze", ids=newest, until="tomorrow")
    ask(ada, "marks", verb="unsnooze", ids=older)
    assert subjects(ada) == ["About a"]

    moved.by(hours=4)
    drain()
    assert subjects(ada, "snoozed") == ["About b"]
    ask(ada, "marks", verb="archive", ids=newest)
    moved.by(days=2)
    drain()

    assert told(NotificationWoken) == []
    assert subjects(ada, "archived") == ["About b"]


def test_all_are_not_put_off_at_once_and_not_for_ever(ada: Subscriber) -> None:
    url = f"/notifications/api/inbox/marks/{inbox_token(ada)}"
    one = ask(ada, "messages")["messages"][0]["id"]

    told: dict[str, str]
    for told in ({"ids": "all", "until": "later"}, {"ids": one}, {"ids": one, "until": "soon"}):
        assert Client().post(url, {"verb": "snooze", **told}).status_code == 400
    assert len(subjects(ada)) == 2


def test_a_program_marks_many_of_its_own_tenant(ada: Subscriber, graphql: GraphQLClient) -> None:
    ids = [str(one) for one in Notification.objects.order_by("pk").values_list("pk", flat=True)]
    text = """mutation($ids: [ID!]!, $verb: NotificationInboxVerb!, $until: String) {
        markNotifications(input: {ids: $ids, verb: $verb, until: $until}) { outcomes {
            notification { readAt snoozedUntil } error { code } } error { code } } }"""
    stranger = GraphQLClient(make_key(make_tenant()).secret, "/notifications/graphql")

    refused = stranger(text, ids=ids, verb="READ").data["markNotifications"]["outcomes"]
    assert [one["error"]["code"] for one in refused] == ["NOT_FOUND"] * 2
    read = graphql(text, ids=ids, verb="READ").data["markNotifications"]["outcomes"]
    graphql(text, ids=ids[:1], verb="SNOOZE", until="later")

    assert all(one["notification"]["readAt"] for one in read)
    assert subjects(ada) == ["About b"]
    wrong = graphql(text, ids=ids, verb="SNOOZE", until="soon").data["markNotifications"]
    assert wrong["error"]["code"] == "INVALID_INPUT"
