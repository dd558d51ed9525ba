"""The screen of caches: what it tells, and forgetting by hand."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client

from contracts.staff import StaffActed
from kernel.cache.namespaces import REGISTRY
from kernel.identity.models import Tenant
from kernel.identity.recent_tenants import TENANTS, recent_tenants
from kernel.testing.events import told
from kernel.testing.tenants import make_tenant
from project.admin import caches

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = "/admin/caches/"


@pytest.fixture(autouse=True)
def _nothing_is_kept_from_test_to_test() -> Iterator[None]:
    TENANTS.memory.clear()
    yield
    TENANTS.memory.clear()


@pytest.fixture
def staff() -> Client:
    browser = Client()
    browser.force_login(User.objects.create(username="root", is_staff=True, is_superuser=True))
    return browser


def test_each_namespace_is_told_of(staff: Client) -> None:
    page = staff.get(PAGE).content.decode()

    assert all(name in page for name in REGISTRY)


def test_what_is_asked_for_most_is_shown_first(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TENANTS, "ttl_seconds", 60.0)
    monkeypatch.setattr("kernel.cache.hub.UNTOLD_SECONDS", 60.0)
    # Whatever other tests have asked for is not among the ten.
    monkeypatch.setattr(caches, "REGISTRY", {TENANTS.name: TENANTS})
    seldom, often, never = (make_tenant(slug) for slug in ("seldom", "often", "never"))
    for asked, times in ((seldom, 2), (often, 3), (never, 1)):
        for _ in range(times):
            recent_tenants.by_slug(asked.slug)

    page = staff.get(PAGE).text

    shown = page.partition("Asked for most")[2].partition("</section>")[0]
    assert shown.index("/often") < shown.index("/seldom")
    assert "/never" not in shown


@pytest.mark.parametrize("scope", ["one", "all", "tenant"])
def test_values_are_forgotten_after_a_yes_and_it_is_on_record(
    staff: Client, tenant: Tenant, monkeypatch: pytest.MonkeyPatch, scope: str
) -> None:
    monkeypatch.setattr(TENANTS, "ttl_seconds", 60.0)
    recent_tenants.by_id(tenant.pk)
    asked = {
        "one": {"namespace": TENANTS.name, "tenant": ""},
        "all": {"namespace": "", "tenant": ""},
        "tenant": {"namespace": "", "tenant": tenant.slug},
    }[scope]

    question = staff.post(PAGE, asked)
    assert "Are you sure?" in question.text
    # A namespace that tells no tenants apart forgets those of all.
    assert ("of all tenants" in question.text.casefold()) == (scope == "tenant")
    assert len(TENANTS.memory) == 1

    staff.post(PAGE, {**asked, "confirmed": "yes"})
    assert len(TENANTS.memory) == 0
    assert [one.action for one in told(StaffActed)] == ["forget"]


@pytest.mark.parametrize("asked", [{"namespace": "none:such"}, {"tenant": "nobody"}])
def test_what_there_is_not_is_not_forgotten(staff: Client, asked: dict[str, str]) -> None:
    answer = staff.post(PAGE, {**asked, "confirmed": "yes"}, follow=True)

    assert "There is no" in answer.content.decode()
    assert told(StaffActed) == []


def test_staff_who_are_no_superusers_are_refused() -> None:
    browser = Client()
    browser.force_login(User.objects.create(username="some", is_staff=True))

    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, {"confirmed": "yes"}).status_code == 403
