"""One box over all that the back office lists."""

import time

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.audit.models import AuditLog
from apps.config.models import FeatureFlag
from apps.notifications.models import Subscriber
from kernel.ids import new_id
from kernel.tenancy.context import in_tenant
from kernel.testing.tenants import make_tenant
from project.admin import finding

pytestmark = pytest.mark.django_db


def _browser(*codenames: str) -> Client:
    everything = not codenames
    user = User.objects.create(username=str(new_id()), is_staff=True, is_superuser=everything)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    browser = Client()
    browser.force_login(user)
    return browser


def _page(browser: Client, text: str) -> str:
    return browser.get("/admin/find/", {"text": text}).text


@pytest.fixture
def ada() -> Subscriber:
    with in_tenant(make_tenant("acme").pk):
        FeatureFlag.objects.create(key="lovelace-mode")
        return Subscriber.objects.create(key="u-1", name="Ada Lovelace", email="ada@example.com")


def test_a_row_is_found_by_its_id_whatever_it_is(ada: Subscriber) -> None:
    page = _page(_browser(), f" {ada.pk} ")

    assert f"/admin/notifications/subscriber/{ada.pk}/change/" in page
    assert f'href="/admin/inspector/?id={ada.pk}"' in page
    assert f'href="/admin/audit/auditlog/?q={ada.pk}"' in page


@pytest.mark.parametrize("asked", ["lovelace", "ADA@EXAMPLE.COM"])
def test_a_person_is_found_by_part_of_a_name_and_by_address(ada: Subscriber, asked: str) -> None:
    assert f"/admin/notifications/subscriber/{ada.pk}/change/" in _page(_browser(), asked)


def test_rows_of_all_services_and_pages_stand_together(ada: Subscriber) -> None:
    page = _page(_browser(), "lovelace")
    assert "lovelace-mode" in page
    assert "Ada Lovelace" in page

    assert 'href="/admin/config/featureflag/"' in _page(_browser(), "feature fl")


def test_what_somebody_may_not_open_is_not_found(ada: Subscriber) -> None:
    browser = _browser("view_featureflag")

    for asked in ("lovelace", str(ada.pk)):
        assert f"/subscriber/{ada.pk}/" not in _page(browser, asked)
    assert "lovelace-mode" in _page(browser, "lovelace")
    assert Client().get("/admin/find/", {"text": "lovelace"}).status_code == 302


def test_of_many_the_first_are_shown_and_a_link_to_the_others(ada: Subscriber) -> None:
    with in_tenant(ada.tenant_id):
        for number in range(finding.MOST_OF_A_KIND + 1):
            Subscriber.objects.create(key=f"many-{number}", name="Many")

    page = _page(_browser(), "many-")

    assert page.count("/change/") == finding.MOST_OF_A_KIND
    assert 'href="/admin/notifications/subscriber/?q=many-"' in page


def test_audit_logs_are_not_read_beside_others_as_that_would_be_unrecorded() -> None:
    browser = _browser()
    with CaptureQueriesContext(connection) as captured:
        page = _page(browser, "lovelace")

    assert 'href="/admin/audit/auditlog/?q=lovelace"' in page
    table = AuditLog._meta.db_table
    assert not any(f'FROM "{table}"' in query["sql"] for query in captured.captured_queries)


def test_a_list_that_takes_long_is_left_to_itself(
    ada: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "SECONDS", 0.0)

    page = _page(_browser(), "lovelace")

    assert "Ada Lovelace" not in page
    assert 'href="/admin/notifications/subscriber/?q=lovelace"' in page


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_takes_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    flags = admin.site._registry[FeatureFlag]
    slow = (
        "(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000000)"
        " SELECT count(*) FROM n) > 0"
    )
    monkeypatch.setattr(
        flags, "get_search_results", lambda _request, rows, _text: (rows.extra(where=[slow]), False)
    )
    with in_tenant(make_tenant("acme").pk):
        FeatureFlag.objects.create(key="acme-mode")

    began = time.monotonic()
    page = _page(_browser(), "acme")

    assert time.monotonic() - began < 30
    assert 'href="/admin/config/featureflag/?q=acme"' in page
    assert "/admin/identity/tenant/" in page


def test_an_empty_box_asks_nothing_and_an_odd_one_breaks_nothing() -> None:
    browser = _browser()

    assert "Nothing is called" not in _page(browser, "")
    for odd in ("\0", "%", "'; --", "x" * 5_000, "<b>"):
        assert browser.get("/admin/find/", {"text": odd}).status_code == 200
    assert "<b>" not in _page(browser, "<b>")


def test_an_id_costs_a_look_by_key_for_each_kind() -> None:
    browser = _browser()
    _page(browser, str(new_id()))

    with CaptureQueriesContext(connection) as captured:
        _page(browser, str(new_id()))

    assert len(captured) <= len(admin.site._registry) + 5


def test_the_command_palette_suggests_what_the_page_finds(ada: Subscriber) -> None:
    browser = _browser()

    told = browser.get("/admin/search/", {"s": "lovelace", "extended": "1"}).text

    assert f"/admin/notifications/subscriber/{ada.pk}/change/" in told
    assert 'href="/admin/find/?text=lovelace"' in told
    assert browser.get("/admin/search/", {"s": " "}).content == b""
