"""The inbox for a browser: by a token, with counts, marks, and events that go on."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.notifications.models import Notification, Subscriber
from apps.notifications.selectors.links import inbox_token
from apps.notifications.services import telling
from apps.notifications.services.telling import InboxLook, event_of
from apps.notifications.services.triggering import trigger
from contracts.notifications import NotificationRead
from kernel.hints.hearing import hints
from kernel.identity.models import Tenant
from kernel.streams import broadcaster
from kernel.tenancy.context import in_tenant
from kernel.testing.events import told
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.notifications.people import StandingClock, person, send, workflow

pytestmark = pytest.mark.usefixtures("tenant", "moved")


@pytest.fixture
def ada(moved: StandingClock) -> Subscriber:
    """Somebody with three messages."""
    made = person()
    person("bob")
    workflow(send("in_app"))
    for name in "abc":
        trigger(workflow="w", subscribers=["ada", "bob"], data={"name": name})
        drain()
        moved.by(minutes=1)
    return made


def ask(ada: Subscriber, what: str, **told: str) -> Any:
    url = f"/notifications/api/inbox/{what}/{inbox_token(ada)}"
    answer = Client().post(url, told) if what == "marks" else Client().get(url, told)
    assert answer["Access-Control-Allow-Origin"] == "*"
    return answer.json()


def subjects(ada: Subscriber, **told: str) -> list[str]:
    return [one["subject"] for one in ask(ada, "messages", **told)["messages"]]


def test_messages_are_read_the_newest_first_and_page_by_page(
    ada: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.notifications.selectors.inbox.MOST_SHOWN", 2)
    first = ask(ada, "messages")

    assert [one["subject"] for one in first["messages"]] == ["About c", "About b"]
    assert (first["unseen"], first["unread"]) == (3, 3)
    assert subjects(ada, before=first["messages"][-1]["id"]) == ["About a"]


def test_what_is_marked_moves_and_is_counted(ada: Subscriber) -> None:
    newest, middle, _ = ask(ada, "messages")["messages"]

    assert ask(ada, "marks", verb="seen", ids="all") == {"unseen": 0, "unread": 3}
    for _ in range(2):
        read = ask(ada, "marks", verb="read", ids=newest["id"])
        assert read == {"unseen": 0, "unread": 2}
    ask(ada, "marks", verb="archive", ids=middle["id"])

    assert subjects(ada) == ["About c", "About a"]
    assert subjects(ada, tab="unread") == ["About a"]
    assert subjects(ada, tab="archived") == ["About b"]
    assert told(NotificationRead) == [NotificationRead(notification_id=newest["id"])]
    ask(ada, "marks", verb="unarchive", ids=middle["id"])
    assert len(subjects(ada)) == 3


def test_nobody_marks_what_is_not_theirs(ada: Subscriber) -> None:
    of_bob = Notification.objects.filter(recipient="bob").values_list("pk", flat=True)

    ask(ada, "marks", verb="read", ids=",".join(str(one) for one in of_bob))

    assert not Notification.objects.exclude(read_at=None).exists()


@pytest.mark.parametrize("what", ["messages", "events", "marks"])
def test_only_its_own_token_opens_an_inbox(
    ada: Subscriber, what: str, moved: StandingClock
) -> None:
    good = inbox_token(ada)
    other = make_tenant()
    with in_tenant(other.pk):
        elsewhere = inbox_token(Subscriber(pk=ada.pk, tenant_id=other.pk))

    def status(token: str) -> int:
        url = f"/notifications/api/inbox/{what}/{token}"
        ask_it = Client().post if what == "marks" else Client().get
        return int(ask_it(url, {"verb": "seen", "ids": "all"}).status_code)

    assert status(good) == 200
    assert {status(one) for one in (good[:-2] + "AA", f"{good}x", "nothing", elsewhere)} == {404}
    moved.by(hours=13)
    assert status(good) == 404


def test_a_token_takes_the_scope_that_writes(ada: Subscriber, tenant: Tenant) -> None:
    query = '{ subscribers(filter: {keys: ["ada"]}) { nodes { inboxToken } } }'
    path = "/notifications/graphql"

    made = GraphQLClient(make_key(tenant).secret, path)(query).data
    reader = GraphQLClient(make_key(tenant, "notifications:read").secret, path)(query)

    assert made["subscribers"]["nodes"][0]["inboxToken"].count(":") == 2
    assert "notifications:write" in reader.body["errors"][0]["message"]


def events(body: bytes) -> list[tuple[str, str]]:
    found = []
    for part in body.decode().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in part.splitlines() if ": " in line)
        if "data" in lines:
            found.append((lines["id"], json.loads(lines["data"])["subject"]))
    return found


def test_who_comes_again_is_told_what_came_meanwhile(ada: Subscriber) -> None:
    rows = list(Notification.objects.filter(recipient="ada").order_by("sent_at"))
    url = f"/notifications/api/inbox/events/{inbox_token(ada)}"

    fresh = Client().get(url)
    again = Client().get(url, headers={"Last-Event-ID": event_of(rows[0]).id})
    odd = Client().get(url, headers={"Last-Event-ID": "x"})

    assert events(fresh.content) == []
    assert [subject for _, subject in events(again.content)] == ["About b", "About c"]
    assert odd.status_code == 400


def all_heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any]]:
    """Return what is told from now on."""
    # It would close the connection of this test.
    monkeypatch.setattr("apps.notifications.services.telling.close_old_connections", lambda: None)
    heard: list[tuple[str, Any]] = []
    monkeypatch.setattr(broadcaster, "publish", lambda *one: heard.append(one))
    return heard


def test_what_another_process_put_there_is_told_once(
    ada: Subscriber, moved: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = all_heard(monkeypatch)
    topic = f"inbox:{ada.tenant_id.hex}:{ada.pk.hex}"
    look = InboxLook()
    look({topic})
    trigger(workflow="w", subscribers=["ada", "bob"], data={"name": "d"})
    drain()
    moved.by(seconds=1)
    for _ in range(2):
        look({topic})

    assert {name for name, _ in heard} == {topic}
    assert [json.loads(event.data)["subject"] for _, event in heard][-1] == "About d"
    assert len({event.id for _, event in heard}) == len(heard)


def test_a_hint_is_one_look_for_all_and_of_old_messages_nothing_is_told(
    ada: Subscriber, moved: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = all_heard(monkeypatch)
    moved.by(hours=1)
    topics = {f"inbox:{ada.tenant_id.hex}:{one.pk.hex}" for one in Subscriber.objects.all()}
    monkeypatch.setattr(broadcaster, "topics", lambda: topics | {"flags:x"})
    monkeypatch.setattr(telling, "_AT_ONCE", 1)
    look = InboxLook()
    look.follow()
    assert heard == []

    trigger(workflow="w", subscribers=["ada", "bob"], data={"name": "d"})
    trigger(workflow="w", subscribers=["ada"], data={"name": "e"})
    drain()
    with CaptureQueriesContext(connection) as captured:
        look.follow()

    told = [(name, json.loads(event.data)["subject"]) for name, event in heard]
    assert len(told) == 3
    assert {name for name, _ in told} == topics
    # What is new is looked for once, and read in pieces.
    assert len(captured) == 1 + 3


def test_other_processes_are_given_a_hint_after_the_commit_and_one_for_many(
    ada: Subscriber, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    hinted: list[str] = []
    monkeypatch.setattr(hints, "tell", hinted.append)
    monkeypatch.setattr(telling, "_hinting", telling._Hinting())
    with django_capture_on_commit_callbacks() as callbacks:
        trigger(workflow="w", subscribers=["ada", "bob"], data={"name": "d"})
        drain()
        assert hinted == []
    for callback in callbacks:
        callback()

    assert hinted == [telling.HINT]
