"""What staff do beside looking: a workflow is tried, an address is suppressed."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from apps.notifications.models import Notification, NotificationTemplate, Run, Suppression
from apps.notifications.services.suppressions import add_suppression
from kernel.identity.models import Tenant
from tests.notifications.people import person, send, workflow


@pytest.fixture
def browser(tenant: Tenant) -> Client:
    """Somebody of the staff who may do everything."""
    staff = Client()
    staff.force_login(User.objects.create_superuser("root"))
    return staff


def test_a_workflow_is_tried_with_each_decision_and_nothing_is_sent(browser: Client) -> None:
    person(email="ada@example.com")
    add_suppression(address="ada@example.com")
    made = workflow(
        send("in_app"), {"do": "delay", "for": "1h"}, {"do": "condition", "when": "not read"},
        send("email"),
    )  # fmt: skip
    page = f"/admin/notifications/workflow/{made.pk}/try/"

    assert "Each decision" not in browser.get(page).text
    said = browser.post(page, {"subscriber": "ada", "told": '{"name": "X <1>"}'}).text
    read = browser.post(page, {"subscriber": "ada", "told": '{"name": "X"}', "read": "on"}).text

    assert "sends by Inbox" in said
    assert "About X &lt;1&gt;" in said
    assert "SUPPRESSED" in said
    assert "holds" in said
    # Who has read it goes no further.
    assert "does not hold" in read
    assert "SUPPRESSED" not in read
    assert (Notification.objects.count(), Run.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"subscriber": "nobody", "told": "{}"}, "no subscriber"),
        ({"told": "[1]"}, "Expected an object"),
        ({"told": "{"}, "Enter a valid JSON"),
    ],
)
def test_what_cannot_be_tried_is_told_where_it_was_filled_in(
    browser: Client, given: dict[str, str], said: str
) -> None:
    made = workflow(send("in_app"))

    answer = browser.post(f"/admin/notifications/workflow/{made.pk}/try/", given)

    assert said in answer.text
    assert "Each decision" not in answer.text


def test_it_begins_with_the_sample_of_what_is_said(browser: Client) -> None:
    made = workflow({"do": "branch", "when": "data.name == 'X'", "then": [send("in_app")]})
    NotificationTemplate.objects.update(sample={"name": "Grace"})

    assert "Grace" in browser.get(f"/admin/notifications/workflow/{made.pk}/try/").text


def test_staff_suppress_an_address_after_a_question(browser: Client, tenant: Tenant) -> None:
    given = {"tenant": str(tenant.pk), "address": "Eve@Example.com", "category": "news"}
    page = "/admin/notifications/suppression/put/"

    asked = browser.post(page, given)
    assert "Send nothing to Eve@Example.com any more?" in asked.text
    assert not Suppression.objects.exists()
    browser.post(page, given | {"confirmed": "yes"})
    again = browser.post(page, given | {"confirmed": "yes"})

    [made] = Suppression.objects.all()
    assert (made.address, made.category, made.reason) == ("eve@example.com", "news", "staff")
    assert "nothing is sent to this address already" in again.text
