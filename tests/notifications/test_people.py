"""Subscribers, templates, workflows and suppressions through GraphQL; subscribers as rows."""

from typing import Any

import pytest

from apps.notifications.models import Notification, Subscriber
from apps.notifications.services.subscribers import create_subscriber
from contracts.datasets import Mode
from contracts.notifications import SubscriberChanged, SubscriberCreated, SubscriberDeleted
from kernel.identity.models import Tenant
from kernel.tenancy.context import acting_as, in_tenant
from kernel.testing.datasets import exported, imported, somebody, statements
from kernel.testing.events import told
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.notifications.people import person, texts

NAME = "notifications.subscribers"
FIELDS = "id key name email emailVerifiedAt locale timeZone preferences quietHours topics"
CREATE = f"""mutation($input: CreateSubscriberInput!) {{
  change: createSubscriber(input: $input) {{
    subscriber {{ {FIELDS} }} error {{ code message }} }} }}"""
UPDATE = f"""mutation($input: UpdateSubscriberInput!) {{
  change: updateSubscriber(input: $input) {{
    subscriber {{ {FIELDS} }} error {{ code message }} }} }}"""
ADA = {
    "key": "ada",
    "name": "Ada",
    "email": "Ada@Example.com",
    "emailVerified": True,
    "timeZone": "Europe/Berlin",
    "preferences": {"news": {"email": False}},
    "quietHours": {"from": "22:00", "until": "07:00"},
    "topics": ["b", "a"],
}


def change(graphql: GraphQLClient, document: str, **told_: Any) -> Any:
    return graphql(document, input=told_).data["change"]


def test_somebody_is_made_changed_and_removed(graphql: GraphQLClient) -> None:
    made = change(graphql, CREATE, **ADA)["subscriber"]
    again = change(graphql, CREATE, **ADA)["error"]
    row = made.pop("id")
    verified = made.pop("emailVerifiedAt")

    assert verified is not None
    assert made == {
        **{name: ADA[name] for name in ("key", "name", "timeZone", "preferences", "quietHours")},
        "email": "Ada@example.com",
        "locale": "en",
        "topics": ["a", "b"],
    }
    assert again["code"] == "CONFLICT"

    other = change(graphql, UPDATE, id=row, email="new@example.com", topics=["c"])["subscriber"]
    assert (other["email"], other["emailVerifiedAt"]) == ("new@example.com", None)
    assert (other["topics"], other["preferences"]) == (["c"], ADA["preferences"])

    graphql("mutation($id: ID!) { deleteSubscriber(input: {id: $id}) { error { code } } }", id=row)
    assert not Subscriber.objects.exists()
    assert [type(one) for one in told(SubscriberCreated)] == [SubscriberCreated]
    assert told(SubscriberChanged)[0].fields == ("email", "topics")
    assert told(SubscriberDeleted)[0].key == "ada"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"email": "nobody"}, "no address of e-mail"),
        ({"email": "a@x.org\nBcc: b@x.org"}, "no address of e-mail"),
        ({"timeZone": "Mars/Base"}, "no zone of the IANA database"),
        ({"quietHours": {"from": "25:00", "until": "07:00"}}, "a time of the day"),
        ({"preferences": {"news": {"fax": False}}}, "no channel 'fax'"),
        ({"webhookUrl": "ftp://x.org"}, "webhookUrl"),
        ({"topics": [""]}, "a topic has"),
        ({"locale": None}, "locale cannot be null"),
        ({"key": "a\nb"}, "a key is of one line"),
    ],
)
def test_what_nobody_can_be_is_refused(
    graphql: GraphQLClient, wrong: dict[str, Any], message: str
) -> None:
    error = change(graphql, CREATE, **(ADA | wrong))["error"]

    assert error["code"] == "INVALID_INPUT"
    assert message in error["message"]
    assert not Subscriber.objects.exists()
    assert told(SubscriberCreated) == []


def test_addresses_are_for_who_may_see_them(graphql: GraphQLClient, tenant: Tenant) -> None:
    person()
    reader = GraphQLClient(make_key(tenant, "notifications:read").secret, graphql.path)

    seen = reader("{ subscribers { nodes { key email } } }")
    searched = reader('{ subscribers(filter: {email: "a"}) { nodes { key } } }')
    stranger = GraphQLClient(make_key(make_tenant()).secret, graphql.path)

    assert "notifications:personal" in seen.body["errors"][0]["message"]
    assert "notifications:personal" in searched.body["errors"][0]["message"]
    assert stranger("{ subscribers { nodes { key } } }").data["subscribers"]["nodes"] == []


def test_a_message_goes_from_template_to_timeline(graphql: GraphQLClient) -> None:
    person()
    graphql(
        """mutation($texts: JSON!, $steps: JSON!) {
          a: createNotificationTemplate(input: {name: "t", texts: $texts}) { error { message } }
          b: createNotificationWorkflow(input: {name: "w", steps: $steps}) { error { message } }
        }""",
        texts=texts("in_app"),
        steps=[{"do": "send", "channel": "in_app", "template": "t"}],
    )
    made = graphql(
        """mutation { triggerNotificationWorkflow(input: {
          workflow: "w", subscribers: ["ada"], data: {name: "X"}
        }) { notificationTrigger { id state } error { message } } }"""
    ).data["triggerNotificationWorkflow"]["notificationTrigger"]
    drain()

    data = graphql(
        """query($id: ID!) {
          notificationTrigger(id: $id) { state runs { subscriber state trace } }
          notifications(filter: {triggerId: $id}) {
            nodes { subject body state timeline { what } } } }""",
        id=made["id"],
    ).data

    assert made["state"] == "ACCEPTED"
    [run] = data["notificationTrigger"]["runs"]
    assert (run["subscriber"], run["state"]) == ("ada", "DONE")
    assert [(one["place"], one["what"]) for one in run["trace"]] == [("steps[0]", "queued")]
    assert data["notifications"]["nodes"] == [
        {
            "subject": "About X",
            "body": "1 of X",
            "state": "SENT",
            "timeline": [{"what": "sent"}],
        }
    ]


def test_mistakes_are_told_with_their_places(graphql: GraphQLClient) -> None:
    data = graphql(
        """mutation {
          a: createNotificationTemplate(input: {name: "t", texts: {email: {en: {
            subject: "{{ a", body: "b"}}}}) { error { code message } }
          b: createNotificationWorkflow(input: {name: "w", steps: [{do: "delay", for: "soon"}]}) {
            error { code message } } }"""
    ).data

    assert data["a"]["error"]["code"] == "NOTIFICATIONS_TEMPLATE_REFUSED"
    assert data["a"]["error"]["message"].startswith("texts.email.en.subject: at character 1")
    assert data["b"]["error"]["code"] == "NOTIFICATIONS_WORKFLOW_REFUSED"
    assert data["b"]["error"]["message"].startswith("steps[0].for: a length of time")


def test_subscribers_go_out_as_rows_and_come_back_the_same(tenant: Tenant) -> None:
    create_subscriber(
        key="ada",
        email="ada@example.com",
        email_verified=True,
        preferences={"news": {"email": False}},
        quiet_hours={"from": "22:00", "until": "07:00"},
        topics=["a", "b"],
    )
    create_subscriber(key="bob", time_zone="Asia/Tokyo", locale="ja")
    other = make_tenant()
    with acting_as(somebody(tenant.pk)):
        rows = exported(NAME)
        assert statements(NAME, size=1) == statements(NAME, size=2) == 2
    with acting_as(somebody(other.pk)):
        imported(NAME, rows, mode=Mode.INSERT)
        again = exported(NAME)
        imported(NAME, [rows[0] | {"locale": "de"}], mode=Mode.UPSERT)
        changed = exported(NAME)

    def told_of(some: list[Any]) -> list[Any]:
        return [{k: v for k, v in row.items() if k not in {"id", "created_at"}} for row in some]

    assert told_of(again) == told_of(rows)
    assert told_of(changed) == [told_of(rows)[0] | {"locale": "de"}, told_of(rows)[1]]
    with acting_as(somebody(tenant.pk, "notifications:read")):
        assert {row["email"] for row in exported(NAME)} == {"***"}


def test_what_was_said_to_somebody_goes_with_them(graphql: GraphQLClient, tenant: Tenant) -> None:
    from apps.notifications.models import NotificationChannel  # noqa: PLC0415
    from apps.notifications.services import create_notification  # noqa: PLC0415
    from apps.notifications.services.subscribers import delete_subscriber  # noqa: PLC0415

    ada = person()
    person("bob")
    for key in ("ada", "bob"):
        create_notification(recipient=key, channel=NotificationChannel.IN_APP, subject="a")
    drain()

    with in_tenant(tenant.pk):
        delete_subscriber(id=str(ada.pk))

    assert list(Notification.objects.values_list("recipient", flat=True)) == ["bob"]
