"""A workflow is tried: each decision it would take for somebody, and nothing of it happens."""

from datetime import timedelta
from typing import Any

import pytest

from apps.notifications.models import (
    Notification,
    NotificationChannel,
    Passage,
    Run,
    Suppression,
    Trigger,
)
from apps.notifications.services.subscribers import update_subscriber
from apps.notifications.services.templates import create_template
from apps.notifications.services.trials import try_workflow
from apps.notifications.services.triggering import trigger
from kernel.errors import NotFoundError
from kernel.events.models import OutboxEvent
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key, make_tenant
from tests.notifications.people import NOON, StandingClock, person, send, workflow

pytestmark = pytest.mark.usefixtures("tenant")

TRIAL = """query($id: ID!, $subscriber: String, $data: JSON, $read: Boolean) {
  notificationWorkflowTrial(id: $id, subscriber: $subscriber, data: $data, read: $read) {
    place what at code why channel message { locale subject text }
  } }"""
STEPS = (
    send("in_app"),
    {"do": "digest", "for": "1h", "by": "data.name"},
    {"do": "condition", "when": "not read"},
    {
        "do": "branch",
        "when": "data.amount > 5",
        "then": [{"do": "throttle", "most": 1, "per": "1d"}, send("email")],
        "else": [send("webhook")],
    },
)


def tried(id_: Any, **more: Any) -> list[tuple[str, str, str]]:
    found = try_workflow(id=str(id_), **{"data": {"name": "X", "amount": 6}, **more})
    return [(one.place, one.what, one.code) for one in found]


def test_each_decision_is_told_and_nothing_happens(
    graphql: GraphQLClient, moved: StandingClock
) -> None:
    person()
    made = workflow(*STEPS)
    before = OutboxEvent.objects.count()

    told = graphql(TRIAL, id=str(made.pk), subscriber="ada", data={"name": "X", "amount": 6}).data[
        "notificationWorkflowTrial"
    ]

    assert [(one["place"], one["what"], one["channel"]) for one in told] == [
        ("steps[0]", "sends", "IN_APP"),
        ("steps[1]", "gathers", None),
        ("steps[2]", "holds", None),
        ("steps[3]", "holds", None),
        ("steps[3].then[0]", "passes", None),
        ("steps[3].then[1]", "sends", "EMAIL"),
    ]
    assert told[1]["why"] == "until 2026-03-03 13:00:00 UTC"
    assert told[-1]["at"] == (NOON + timedelta(hours=1)).isoformat()
    assert told[-1]["message"] == {"locale": "en", "subject": "About X", "text": "1 of X"}
    assert [one.objects.count() for one in (Notification, Trigger, Run, Passage)] == [0] * 4
    assert OutboxEvent.objects.count() == before


def test_a_run_takes_the_steps_that_the_trial_has_told(moved: StandingClock) -> None:
    person()
    made = workflow(*STEPS)
    data = {"name": "X", "amount": 6}
    told = [place for place, _, _ in tried(made.pk, subscriber="ada", data=data)]

    trigger(workflow="w", subscribers=["ada"], data=data)
    drain()
    moved.by(hours=1)
    drain()

    assert list(dict.fromkeys(one["place"] for one in Run.objects.get().trace)) == told


def test_it_goes_the_ways_of_what_is_said_and_of_what_would_be_read(moved: StandingClock) -> None:
    person()
    made = workflow(*STEPS)

    assert tried(made.pk)[-1] == ("steps[3].then[1]", "sends", "")
    assert tried(made.pk, read=True)[-1] == ("steps[2]", "does not hold", "")
    assert tried(made.pk, data={"name": "X", "amount": 5}, subscriber="ada")[-1] == (
        "steps[3].else[0]",
        "skips",
        "NO_ADDRESS",
    )
    assert tried(made.pk, data={"name": "X"})[-1] == (
        "steps[3]",
        "fails",
        "NOTIFICATIONS_WORKFLOW_REFUSED",
    )
    # Whoever is not told in the inbox has read nothing there.
    update_subscriber(id=str(person("bob").pk), preferences={"*": {"in_app": False}})
    assert tried(made.pk, subscriber="bob", read=True)[2] == ("steps[2]", "holds", "")


@pytest.mark.parametrize(
    ("change", "code", "why"),
    [
        ({"preferences": {"*": {"email": False}}}, "UNWANTED", "everything is not wanted by email"),
        ({"email": ""}, "NO_ADDRESS", "there is no address for email"),
        ({"email": "new@example.com"}, "UNVERIFIED", "the address is not verified"),
        ({"quiet_hours": {"from": "11:00", "until": "13:00"}}, "", "quiet hours: 2026-03-03 13:00"),
    ],
)
def test_it_says_why_somebody_would_not_get_it(
    change: dict[str, Any], code: str, why: str, moved: StandingClock
) -> None:
    update_subscriber(id=str(person().pk), **change)
    made = workflow(send("email"))

    [told] = try_workflow(id=str(made.pk), subscriber="ada", data={"name": "X"})

    assert (told.code, told.why[: len(why)]) == (code, why)


def test_a_suppressed_address_and_a_throttle_that_is_full_are_told(moved: StandingClock) -> None:
    ada = person()
    made = workflow({"do": "throttle", "most": 1, "per": "1h"}, send("email"))
    Suppression.objects.create(address=ada.email, reason=Suppression.Reason.BOUNCED)

    assert tried(made.pk, subscriber="ada")[-1] == ("steps[1]", "skips", "SUPPRESSED")
    Passage.objects.create(workflow=made, subscriber=ada, place="steps[0]")
    assert tried(made.pk, subscriber="ada") == [("steps[0]", "was too much", "")]


def test_a_step_that_cannot_be_filled_says_so_and_the_next_goes_on() -> None:
    bad = {"in_app": {"en": {"subject": "{{ data.other }}", "body": "x"}}}
    create_template(name="bad text", texts=bad)
    made = workflow(send("in_app", "bad"), send("in_app"))

    assert tried(made.pk) == [
        ("steps[0]", "fails", "NOTIFICATIONS_RENDERING_FAILED"),
        ("steps[1]", "sends", ""),
    ]


def test_it_is_for_those_who_may_see_it(tenant: Tenant) -> None:
    made = workflow(send(NotificationChannel.IN_APP))
    reader = GraphQLClient(make_key(tenant, "notifications:read").secret)

    told = reader(TRIAL, id=str(made.pk), data={"name": "X"}).data

    assert told["notificationWorkflowTrial"][0]["message"] is None
    with pytest.raises(NotFoundError):
        tried(made.pk, subscriber="nobody")
    with in_tenant(make_tenant("other").pk), pytest.raises(NotFoundError):
        tried(made.pk)
