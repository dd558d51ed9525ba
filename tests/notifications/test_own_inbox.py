"""One's own inbox in the portal: of the account alone, and opened by who wants it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from apps.notifications.models import Subscriber
from kernel.identity.models import Membership, Tenant
from kernel.identity.scopes import Role
from kernel.identity.services import admit, remove_member
from kernel.tenancy.context import in_tenant
from kernel.testing.events import drain_events
from kernel.testing.tenants import make_tenant
from tests.notifications.people import person

PAGE = "/notifications/inbox/"


def signed_in(tenant: Tenant, name: str = "grace", role: Role = Role.VIEWER) -> tuple[Client, User]:
    user = User.objects.create_user(name)
    admit(user=user, tenant=tenant, role=role)
    browser = Client(enforce_csrf_checks=False)
    browser.force_login(user)
    return browser, user


def test_it_is_opened_by_a_post_and_shown_from_then_on(tenant: Tenant) -> None:
    browser, user = signed_in(tenant)

    first = browser.get(PAGE)
    assert "Open my inbox" in first.text
    assert not Subscriber.objects.exists()
    assert [browser.post(PAGE).status_code for _ in range(2)] == [302, 302]
    then = browser.get(PAGE)

    [made] = Subscriber.objects.all()
    assert (made.key, made.name) == (f"account:{user.pk}", "grace")
    assert "<septet-inbox inline push token=" in then.text
    assert then.headers["Cache-Control"] == "private, no-store"


def test_a_token_of_it_opens_that_inbox_and_no_other(tenant: Tenant) -> None:
    browser, user = signed_in(tenant)
    # A customer of the tenant's who has the account's number for a key.
    person(str(user.pk))
    browser.post(PAGE)

    token = browser.get(PAGE).text.partition('token="')[2].partition('"')[0]
    answer = browser.get(f"/notifications/api/inbox/messages/{token}")

    assert answer.json() == {"messages": [], "more": False, "unseen": 0, "unread": 0}
    assert Subscriber.objects.get(key=f"account:{user.pk}").pk.hex in token


def test_who_is_no_member_any_more_reads_nothing_by_what_was_opened(tenant: Tenant) -> None:
    browser, user = signed_in(tenant)
    browser.post(PAGE)
    token = browser.get(PAGE).text.partition('token="')[2].partition('"')[0]
    messages = f"/notifications/api/inbox/messages/{token}"
    assert browser.get(messages).status_code == 200

    remove_member(membership=Membership.objects.get(user=user))
    drain_events()

    assert browser.get(messages).status_code == 404
    assert not Subscriber.objects.exists()


def test_in_another_tenant_it_is_another(tenant: Tenant) -> None:
    browser, _ = signed_in(tenant)
    browser.post(PAGE)
    other = make_tenant("other")
    stranger, _ = signed_in(other, "eve")

    assert "Open my inbox" in stranger.get(PAGE).text
    with in_tenant(other.pk):
        assert not Subscriber.objects.exists()


@pytest.mark.usefixtures("db")
def test_who_is_no_member_has_none_and_who_is_nobody_signs_in() -> None:
    alone = Client()
    alone.force_login(User.objects.create_user("nobody"))

    assert alone.get(PAGE).status_code == 403
    assert alone.post(PAGE).status_code == 403
    assert Client().get(PAGE).status_code == 302
    assert Client(enforce_csrf_checks=True).post(PAGE).status_code in {302, 403}
