"""Logs as staff read them: page by page at one price, archived ones too, each look on record."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.audit.domain.entries import Actor, Target
from apps.audit.models import Archive, AuditLog
from apps.audit.services.policies import create_policy
from apps.audit.services.recording import record, record_all
from apps.audit.services.retaining import retain
from kernel.identity.models import Tenant
from kernel.tenancy.context import PLATFORM, in_tenant
from kernel.testing.tenants import make_tenant
from tests.audit.archiving import recorded
from tests.audit.factories import MOMENT, an_entry

LIST = "/admin/audit/auditlog/"


@pytest.fixture
def staff(db: None) -> Client:
    """A browser with an administrator signed in."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("admin", password="secret"))
    return browser


def many(count: int, **parts: Any) -> None:
    """Record logs a second apart."""
    record_all(
        [
            an_entry(
                action=f"step.{number}",
                occurred_at=MOMENT + timedelta(seconds=number),
                **parts,
            )
            for number in range(count)
        ]
    )


def listed(page: str) -> list[int]:
    """Return the numbers of the steps that a page lists."""
    return [int(number) for number in re.findall(r">step\.(\d+)</a>", page)]


def link(page: str, rel: str) -> str | None:
    """Return the address of a page beside this one."""
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return LIST + found[1].replace("&amp;", "&") if found else None


def reads(tenant_id: UUID) -> list[AuditLog]:
    """Return what is on record of reads of a tenant's logs, the oldest first."""
    with in_tenant(tenant_id):
        return list(AuditLog.objects.filter(action__startswith="audit.log.").order_by("id"))


@pytest.mark.parametrize("of_one", [True, False])
def test_pages_follow_each_other_there_and_back_with_their_filters(
    staff: Client, tenant: Tenant, of_one: bool
) -> None:
    many(120)
    asked = {"q": "invoice"} | ({"tenant": str(tenant.pk), "actor_id": "u-1"} if of_one else {})

    first = staff.get(LIST, asked).text
    second = staff.get(link(first, "next") or "").text
    third = staff.get(link(second, "next") or "").text
    back = staff.get(link(third, "prev") or "").text

    assert [listed(page) for page in (first, second, third)] == [
        list(range(119, 69, -1)),
        list(range(69, 19, -1)),
        list(range(19, -1, -1)),
    ]
    assert listed(back) == listed(second)
    assert (link(first, "prev"), link(third, "next")) == (None, None)
    for page in (first, second):
        assert "q=invoice" in (link(page, "next") or "")
        assert ("actor_id=u-1" in (link(page, "next") or "")) is of_one


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"p": "after.x"}, "the cursor is not one of this list"),
        ({"p": "before.W10"}, "the cursor is not one of this list"),
        ({"p": "7"}, "the cursor is not one of this list"),
        ({"containing": "nvoic"}, "parts of words are not searched here"),
        ({"tenant": "x"}, ""),
    ],
)
def test_an_address_that_makes_no_sense_leads_back_to_the_list(
    staff: Client, tenant: Tenant, asked: dict[str, str], problem: str
) -> None:
    many(3)

    answer = staff.get(LIST, {"tenant": str(tenant.pk)} | asked, follow=True)

    assert [place for place, _ in answer.redirect_chain] == [f"{LIST}?e=1"]
    assert problem in answer.text
    assert listed(answer.text) == [2, 1, 0]


def test_any_page_costs_what_the_first_costs_and_none_is_counted(
    staff: Client, tenant: Tenant
) -> None:
    many(160)
    asked = {"tenant": str(tenant.pk)}
    page, costs = staff.get(LIST, asked).text, []
    for _ in range(3):
        with CaptureQueriesContext(connection) as queries:
            page = staff.get(link(page, "next") or "").text
        costs.append(len(queries))
        assert not [one for one in queries if " OFFSET " in one["sql"]]

    assert len(set(costs)) == 1
    assert costs[0] <= 30


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"actions": "step.1, step.3"}, [3, 1]),
        ({"actor_id": "u-1"}, [4, 3, 2, 1, 0]),
        ({"actor_name": "Eve"}, []),
        ({"target_type": "invoice", "target_id": "i-1"}, [4, 3, 2, 1, 0]),
        ({"target_id": "i-2"}, []),
        ({"occurred_from": "2024-05-01T12:00:03"}, [4, 3]),
        ({"occurred_before": "2024-05-01T12:00:01"}, [0]),
        ({"ip_address": "10.0.0.1"}, []),
    ],
)
def test_each_part_of_a_question_narrows_the_list(
    staff: Client, tenant: Tenant, asked: dict[str, str], found: list[int]
) -> None:
    many(5)

    page = staff.get(LIST, asked | {"tenant": str(tenant.pk)}).text

    assert listed(page) == found
    for name in asked:
        assert f"Without {name.replace('_', ' ')}" in page


def test_the_form_of_filters_goes_with_what_it_has_no_field_for(
    staff: Client, tenant: Tenant
) -> None:
    many(60)
    asked = {"tenant": str(tenant.pk), "actor_id": "u-1"}
    second = (link(staff.get(LIST, asked).text, "next") or "") + "&request_id=r-1"

    form = staff.get(second).text.partition('id="filter-form"')[2]

    assert f'<input type="hidden" name="tenant" value="{tenant.pk}">' in form
    assert '<input type="hidden" name="request_id" value="r-1">' in form
    assert 'type="hidden" name="p"' not in form.partition("</form>")[0]


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"actor_id": "u-1"}, "choose a tenant"),
        ({"tenant": "{}", "occurred_from": "yesterday"}, "occurred_from"),
        ({"tenant": "{}", "actions": "x" * 501}, "actions"),
    ],
)
def test_what_makes_no_sense_is_told_and_shows_all(
    staff: Client, tenant: Tenant, asked: dict[str, str], problem: str
) -> None:
    many(2)

    page = staff.get(LIST, {name: one.format(tenant.pk) for name, one in asked.items()}).text

    assert problem in page.lower()
    assert listed(page) == [1, 0]


def test_what_logs_share_is_counted_beside_them_and_leads_on(staff: Client, tenant: Tenant) -> None:
    many(3)
    many(2, actor=Actor(type="user", id="u&2", name="Bob"), targets=(Target(type="a b", id="1"),))

    page = staff.get(LIST, {"tenant": str(tenant.pk), "q": "step"}).text
    links = re.findall(r'<a href="([^"]+)"><span>([^<]+)</span><b>(\d+)</b>', page)

    counted = {(name, int(count)) for _, name, count in links}
    assert {("Ada", 3), ("Bob", 2), ("invoice", 3), ("a b", 2), ("step.0", 2)} <= counted
    bobs = next(href for href, name, _ in links if name == "Bob").replace("&amp;", "&")
    assert listed(staff.get(LIST + bobs).text) == [1, 0]
    assert "q=step" in bobs


def test_the_chart_leads_to_a_span_of_time_and_is_a_table_too(
    staff: Client, tenant: Tenant
) -> None:
    many(2)
    record(an_entry(action="step.9", occurred_at=MOMENT + timedelta(minutes=2)))

    page = staff.get(LIST, {"tenant": str(tenant.pk), "actor_id": "u-1"}).text
    table = page.partition("As a table")[2].partition("</table>")[0]
    rows = re.findall(r'href="([^"]+)">([^<]+)</a></td><td>(\d+)', table)

    assert "Logs in each minute" in page
    assert [row[1:] for row in rows] == [("2024-05-01 12:00", "2"), ("2024-05-01 12:02", "1")]
    first = LIST + rows[0][0].replace("&amp;", "&")
    assert set(listed(staff.get(first).text)) == {1, 0}


# --- On record --------------------------------------------------------------------------------


def test_a_search_is_on_record_in_the_log_that_was_read(staff: Client, tenant: Tenant) -> None:
    many(60)

    staff.get(LIST, {"tenant": str(tenant.pk), "q": "invoice", "actor_id": "u-1"})

    [read] = reads(tenant.pk)
    assert (read.action, read.actor_type, read.actor_name) == (
        "audit.log.searched",
        "user",
        "admin",
    )
    assert read.metadata == {"filter": {"actor_id": "u-1", "text": "invoice"}, "logs": 50}
    assert reads(PLATFORM) == []


def test_a_look_is_found_by_what_it_asked_and_not_by_the_words_of_it(
    staff: Client, tenant: Tenant
) -> None:
    many(2)
    asked = {"tenant": str(tenant.pk), "q": "step"}

    pages = [staff.get(LIST, asked).text for _ in range(3)]
    wanted = {"metadata": '{"filter": {"text": "step"}}'}
    looks = staff.get(LIST, {"tenant": str(tenant.pk)} | wanted).text

    assert ["audit.log.searched" in page for page in pages] == [False] * 3
    assert "3 here, and no more" in looks


def test_a_search_over_all_tenants_is_on_record_once_and_names_them(
    staff: Client, tenant: Tenant
) -> None:
    many(3)
    other = make_tenant()
    with in_tenant(other.pk):
        many(3)

    staff.get(LIST, {"q": "invoice"})

    [read] = reads(PLATFORM)
    assert read.metadata == {"filter": {"text": "invoice"}, "logs": 6}
    assert {one["id"] for one in read.targets} == {str(tenant.pk), str(other.pk)}
    assert reads(tenant.pk) == reads(other.pk) == []


def test_a_timeline_and_a_log_are_on_record_too(staff: Client, tenant: Tenant) -> None:
    log = record(an_entry())

    staff.get(f"{LIST}timeline/", {"tenant": str(tenant.pk), "actor_id": "u-1"})
    staff.get(f"{LIST}{log.pk}/change/")

    searched, opened = reads(tenant.pk)
    assert searched.metadata == {"filter": {"actor_id": "u-1"}, "logs": 1}
    assert opened.action == "audit.log.opened"
    assert [one["id"] for one in opened.targets] == [str(log.pk)]
    assert opened.metadata == {"archived": False}


def test_what_cannot_be_put_on_record_is_not_shown(
    staff: Client, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = record(an_entry())

    def refuse(*_: Any) -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr("apps.audit.services.reading.record_event", refuse)
    for path in (LIST, f"{LIST}{log.pk}/change/"):
        with pytest.raises(OSError, match="full"):
            staff.get(path)


@pytest.mark.parametrize("permission", [None, "view_archive"])
@pytest.mark.parametrize("path", ["", "{}/change/", "{}/receipt/", "timeline/?actor_id=u-1"])
def test_staff_without_the_permission_see_no_log_and_leave_no_record(
    db: None, tenant: Tenant, permission: str | None, path: str
) -> None:
    log = record(an_entry())
    user = User.objects.create_user("bert", password="secret", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename=permission))
    browser = Client()
    browser.force_login(user)

    answer = browser.get(LIST + path.format(log.pk), {"tenant": str(tenant.pk)})

    assert answer.status_code == 403
    assert reads(tenant.pk) == reads(PLATFORM) == []


# --- Archived ---------------------------------------------------------------------------------


@pytest.fixture
def archived(tenant: Tenant) -> list[AuditLog]:
    """Six logs that are in an archive and nowhere else."""
    logs = recorded(6)
    create_policy(actions="step.*", live_days=1)
    retain()
    assert not AuditLog.objects.filter(pk__in=[log.pk for log in logs]).exists()
    return logs


def test_an_archived_log_has_the_same_page_and_it_tells_where_it_lies(
    staff: Client, archived: list[AuditLog], tenant: Tenant
) -> None:
    log, archive = archived[2], Archive.objects.get()

    page = staff.get(f"{LIST}{log.pk}/change/").text

    assert "did step.2 on é at 2024-03-01 02:00:00 UTC" in page
    assert f"/admin/audit/archive/{archive.pk}/change/" in page
    assert archive.file_key in page
    assert "proved just now" in page
    assert [one.metadata for one in reads(tenant.pk)] == [{"archived": True}]
    assert staff.get(f"{LIST}{log.pk}/receipt/").status_code == 200


def test_archived_logs_are_in_the_list_and_in_timelines(
    staff: Client, archived: list[AuditLog], tenant: Tenant
) -> None:
    asked = {"tenant": str(tenant.pk), "actor_id": "u-1"}

    found = staff.get(LIST, asked).text
    shown = staff.get(f"{LIST}timeline/", asked).text

    for page in (found, shown):
        assert [str(log.pk) in page for log in archived] == [False, True] * 3


@pytest.mark.parametrize("log_id", ["01900000-0000-7000-8000-000000000001", "x"])
def test_a_log_that_is_nowhere_has_no_page(
    staff: Client, archived: list[AuditLog], log_id: str
) -> None:
    answer = staff.get(f"{LIST}{log_id}/change/")

    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
