"""Events begin workflows, once each, for whom their rules say; an alert of the audit app is one."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import transaction

from apps.notifications.errors import WorkflowRefusedError
from apps.notifications.models import EventRule, Trigger
from apps.notifications.services.workflows import create_workflow, delete_workflow, update_workflow
from contracts.audit import AuditAlertRaised
from kernel.events.publishing import publish
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.events import drain_events
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant
from tests.notifications.people import made, person, send, workflow

ALERT = "audit.alert.raised.v1"


def raise_alert(**told: Any) -> None:
    usual: dict[str, Any] = {
        "search_id": "s-1",
        "name": "Deleted secrets",
        "owner_id": "ada",
        "count": 7,
        "first_at": datetime(2026, 1, 1, tzinfo=UTC),
        "last_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    with transaction.atomic():
        publish(AuditAlertRaised(**(usual | told)))
    drain_events()
    drain()


def test_an_alert_reaches_its_owner_and_who_is_on_call(tenant: Tenant) -> None:
    person()
    person("bob", topics=["on-call"])
    rule = {
        "event": ALERT,
        "when": "data.count > 5",
        "subscribers": ["data.owner_id"],
        "topics": ["on-call"],
    }
    workflow(send("in_app"), rules=[rule])

    raise_alert(count=5)
    assert made() == []
    raise_alert()

    assert sorted(one[0] for one in made()) == ["ada", "bob"]
    assert [one.key.split(":")[0] for one in Trigger.objects.all()] == ["event"]


def test_the_same_event_begins_a_workflow_once(tenant: Tenant) -> None:
    from apps.notifications.services.triggering import follow_event  # noqa: PLC0415

    person()
    workflow(send("in_app"), rules=[{"event": ALERT, "subscribers": ["data.owner_id"]}])
    told = {"owner_id": "ada", "name": "X"}

    for _ in range(2):
        follow_event(ALERT, "e-1", "s-1", told)
    follow_event(ALERT, "e-2", "s-1", {"name": "nobody's"})
    drain()

    assert len(made()) == 1


def test_rules_are_of_their_tenant_and_of_what_is_switched_on(tenant: Tenant) -> None:
    person(topics=["on-call"])
    rule = {"event": ALERT, "topics": ["on-call"]}
    here = workflow(send("in_app"), rules=[rule])
    with in_tenant(make_tenant().pk):
        person(topics=["on-call"])
        workflow(send("in_app"), rules=[rule])

    raise_alert()
    assert Trigger.across_tenants.count() == 1
    update_workflow(id=str(here.pk), enabled=False)
    raise_alert()
    update_workflow(id=str(here.pk), enabled=True, rules=[])
    raise_alert()
    assert Trigger.across_tenants.count() == 1

    delete_workflow(id=str(here.pk))
    assert not EventRule.objects.exists()


def test_what_notifications_tell_themselves_begins_nothing(tenant: Tenant) -> None:
    rule = {"event": "notifications.notification.sent.v1", "topics": ["a"]}

    with pytest.raises(WorkflowRefusedError, match=r"rules\[0\].event: there is no event"):
        create_workflow(name="w", steps=[{"do": "delay", "for": "1h"}], rules=[rule])


def test_a_workflow_names_texts_that_are_there(tenant: Tenant) -> None:
    workflow(send("in_app"))
    steps = [send("sms"), {"do": "send", "channel": "email", "template": "none"}]

    with pytest.raises(WorkflowRefusedError) as refused:
        create_workflow(name="v", steps=steps)

    assert str(refused.value) == (
        "steps[0].channel: the template 'w text' has no text for sms;"
        " steps[1].template: there is no template 'none'"
    )
