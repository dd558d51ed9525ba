"""The audit log in the back office: found, read, never changed."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.audit.domain.entries import Actor, Change, Target
from apps.audit.domain.receipts import check_receipt
from apps.audit.models import AuditLog
from apps.audit.selectors.integrity import keys_of_log
from apps.audit.services.recording import record, record_all
from apps.audit.services.sealing import seal_log
from contracts.staff import StaffChanged
from kernel import clock
from kernel.identity.models import Tenant
from kernel.tenancy.context import in_tenant
from kernel.testing.events import published
from kernel.testing.tenants import make_tenant
from tests.audit.factories import an_entry, forge

LIST = "/admin/audit/auditlog/"


@pytest.fixture
def staff(db: None) -> Client:
    """A browser with an administrator signed in."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("admin", password="secret"))
    return browser


def test_the_list_shows_logs_of_every_tenant_and_whose_they_are(
    staff: Client, tenant: Tenant
) -> None:
    record(an_entry(action="first.thing"))
    other = make_tenant("other")
    with in_tenant(other.pk):
        record(an_entry(action="second.thing"))

    page = staff.get(LIST).text

    assert "first.thing" in page
    assert "second.thing" in page
    assert tenant.slug in page
    assert "other" in page


def test_search_and_filters_narrow_the_list(staff: Client, tenant: Tenant) -> None:
    record_all([an_entry(action="s3.DeleteBucket"), an_entry(action="s3.ListBuckets")])
    with in_tenant(make_tenant().pk):
        record(an_entry(action="iam.DeleteUser"))

    searched = staff.get(LIST, {"q": "delete"}).text
    filtered = staff.get(LIST, {"tenant": str(tenant.pk)}).text
    nothing = staff.get(LIST, {"q": "no such word"})

    assert "DeleteBucket" in searched
    assert "DeleteUser" in searched
    assert "ListBuckets" not in searched
    assert "ListBuckets" in filtered
    assert "DeleteUser" not in filtered
    assert nothing.status_code == 200


def test_the_page_of_a_log_can_be_read_by_people(staff: Client, tenant: Tenant) -> None:
    log = record(
        an_entry(
            actor=Actor(type="user", id="u-1", name="Ada <script>"),
            targets=(Target(type="invoice", id="i-1", name="May"),),
            changes=(
                Change(field="state", before="open", after="approved"),
                Change(field="plan", before={"kept": 7, "seats": 3}, after={"kept": 7, "seats": 4}),
            ),
            metadata={"why": "it was due"},
        )
    )

    page = staff.get(f"{LIST}{log.pk}/change/").text

    assert "did invoice.approved on May at 2024-05-01 12:00:00 UTC" in page
    assert "Ada &lt;script&gt;" in page
    assert "<script>Ada" not in page
    assert "approved" in page
    assert "it was due" in page
    assert "<td>plan.seats</td><td>3</td><td>4</td>" in page
    assert "kept" not in page


def test_all_that_an_actor_did_is_one_click_away(staff: Client, tenant: Tenant) -> None:
    log = record(an_entry(action="a.first", actor=Actor(type="user", id="u&1", name="Ada")))
    record(an_entry(action="a.second", actor=Actor(type="user", id="u&1", name="Ada")))
    record(an_entry(action="a.third"))
    with in_tenant(make_tenant().pk):
        record(an_entry(action="a.fourth", actor=Actor(type="user", id="u&1", name="Ada")))

    link = f"{LIST}timeline/?tenant={tenant.pk}&amp;actor_id=u%261"
    page = staff.get(f"{LIST}{log.pk}/change/").text
    shown = staff.get(link.replace("&amp;", "&")).text

    assert link in page
    assert "What Ada did" in shown
    assert [f"a.{name}" in shown for name in ("first", "second", "third", "fourth")] == [
        True,
        True,
        False,
        False,
    ]


def test_all_that_was_done_to_a_target_is_one_click_away(staff: Client, tenant: Tenant) -> None:
    log = record(
        an_entry(
            action="a.first",
            targets=(Target(type="invoice", id="i/1", name="May"),),
            changes=(Change(field="state", before="open", after="paid"),),
        )
    )
    record(an_entry(action="a.second", targets=(Target(type="invoice", id="i-2", name="June"),)))

    link = f"{LIST}timeline/?tenant={tenant.pk}&amp;target_type=invoice&amp;target_id=i%2F1"
    page = staff.get(f"{LIST}{log.pk}/change/").text
    shown = staff.get(link.replace("&amp;", "&")).text

    assert link in page
    assert "What was done to May" in shown
    assert "<del>open</del> → <ins>paid</ins>" in shown
    assert "a.second" not in shown


@pytest.mark.parametrize("asked", ["", "actor_id=u-1", "tenant={}", "tenant={}&actor_id=u-1&p=x"])
def test_a_timeline_is_of_somebody_or_something_of_one_tenant(
    staff: Client, tenant: Tenant, asked: str
) -> None:
    record(an_entry())

    assert staff.get(f"{LIST}timeline/?{asked.format(tenant.pk)}").status_code == 404


@pytest.mark.parametrize("verb", ["add", "change", "delete"])
def test_nobody_changes_anything_by_hand(staff: Client, tenant: Tenant, verb: str) -> None:
    log = record(an_entry())
    path = f"{LIST}add/" if verb == "add" else f"{LIST}{log.pk}/{verb}/"

    response = staff.post(path, {"action": "forged", "post": "yes"})

    assert response.status_code == 403
    assert not AuditLog.objects.filter(action="forged").exists()


def test_strangers_are_sent_to_sign_in(db: None) -> None:
    response = Client().get(LIST)

    assert (response.status_code, response["Location"]) == (302, f"/admin/login/?next={LIST}")


def test_the_list_costs_the_same_however_long_it_is(staff: Client, tenant: Tenant) -> None:
    record_all([an_entry()] * 5)
    with CaptureQueriesContext(connection) as short:
        staff.get(LIST)
    record_all([an_entry()] * 60)
    with CaptureQueriesContext(connection) as long:
        staff.get(LIST)

    # The first one also learns which rules are in force, which is believed for seconds.
    assert len(long) <= len(short)


def test_the_list_says_how_the_log_stands(
    staff: Client, tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "nothing sealed yet" in staff.get(LIST).text
    record_all([an_entry()] * 3)
    seal_log()
    record(an_entry())

    every, one = staff.get(LIST).text, staff.get(LIST, {"tenant": str(tenant.pk)}).text
    other = staff.get(LIST, {"tenant": str(make_tenant().pk)}).text
    monkeypatch.setattr(clock, "now", lambda: datetime.now(tz=UTC) + timedelta(minutes=2))
    late = staff.get(LIST).text

    assert f"number 1 of {tenant.slug}," in " ".join(every.split())
    assert "over 3 logs, at " in " ".join(one.split())
    assert "; 1 wait." in one
    assert "nothing sealed yet" in other
    assert "Something waits to be sealed since" in late


def test_the_page_of_a_log_proves_it_each_time(staff: Client, tenant: Tenant) -> None:
    log = record(an_entry())
    page = f"{LIST}{log.pk}/change/"
    assert "it is sealed within seconds" in staff.get(page).text
    seal_log()

    # The first look is on record behind it.
    sealed = staff.get(page).text
    forge("UPDATE audit_auditlog SET actor_name = 'Eve'")
    altered = staff.get(page).text

    assert f"in checkpoint 1 of septet/audit/{tenant.pk}, at position 0 of 2" in sealed
    assert "its columns show other things than were sealed" in altered


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditlog SET record = record || 'x'",
        "DELETE FROM audit_tile",
        "DELETE FROM audit_signingkey",
        "DELETE FROM audit_leaf",
        "UPDATE audit_checkpoint SET note = replace(note, 'septet', 'forged')",
    ],
)
def test_whatever_does_not_fit_is_shown_as_altered(
    staff: Client, tenant: Tenant, statement: str
) -> None:
    log, _ = record(an_entry()), record(an_entry())
    seal_log()
    forge(statement)

    page = staff.get(f"{LIST}{log.pk}/change/").text

    assert "altered" in page
    assert "at position 0" not in page


def test_staff_take_a_receipt_and_that_is_on_record(staff: Client, tenant: Tenant) -> None:
    log = record(an_entry())
    seal_log()

    answer = staff.get(f"{LIST}{log.pk}/receipt/")

    keys = [key for key, _ in keys_of_log()]
    assert check_receipt(answer.json(), keys).size == 1
    assert answer["Content-Disposition"] == f'attachment; filename="receipt-{log.pk}.json"'
    told = [event for event in published() if isinstance(event, StaffChanged)]
    assert [(event.model, event.object_id) for event in told] == [("AuditLog", str(log.pk))]


def test_a_receipt_of_what_is_not_sealed_yet_is_told_in_a_sentence(
    staff: Client, tenant: Tenant
) -> None:
    log = record(an_entry())

    assert staff.get(f"{LIST}{log.pk}/receipt/").status_code == 404


@pytest.mark.parametrize(
    ("of_one", "order"),
    [(False, {"id"}), (True, {"occurred_at", "id"})],
)
def test_the_list_is_in_an_order_that_an_index_has(
    staff: Client, tenant: Tenant, of_one: bool, order: set[str]
) -> None:
    record(an_entry())

    with CaptureQueriesContext(connection) as queries:
        page = staff.get(LIST, {"tenant": str(tenant.pk)} if of_one else {}).text

    orders = [
        told.replace('"audit_auditlog".', "").replace('"', "").replace(" DESC", "")
        for query in queries
        for told in re.findall(r'FROM "audit_auditlog".*? ORDER BY (.*?) LIMIT', query["sql"])
    ]
    assert "?o=" not in page
    # The rows and the chart over them; of one tenant also what they have in common.
    assert len(orders) == (3 if of_one else 2)
    for told in orders:
        # A digit is a column that is selected.
        assert {column for column in told.split(", ") if not column.isdigit()} <= order
