"""The back office: every page opens, keys are shown once, jobs are tried again or taken back."""

import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from kernel.events.models import Redelivery
from kernel.identity.keys import PATTERN
from kernel.identity.models import ApiKey, Tenant
from kernel.ids import new_id
from kernel.jobs.models import Job, JobState
from kernel.tenancy.context import in_tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant
from project.demo import load_data
from project.demo import make_tenant as make_demo


@pytest.fixture
def staff(db: None) -> Client:
    """A browser with an administrator signed in."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("root", password="secret"))
    return browser


def test_of_a_message_that_is_no_event_its_text_is_shown_and_nothing_of_it_is_run(
    staff: Client,
) -> None:
    row = Redelivery.objects.create(
        group="audit.trail", event_id=new_id(), envelope={}, message=b"<script>\xff"
    )

    page = staff.get(f"/admin/events/redelivery/{row.pk}/change/").text

    assert '<pre class="septet-json">&lt;script&gt;\ufffd</pre>' in page


def test_a_new_key_is_shown_once_and_opens_what_it_says(staff: Client, tenant: Tenant) -> None:
    form = {"tenant": str(tenant.pk), "name": "robot", "scopes": '["audit:read"]'}

    shown = staff.post("/admin/identity/apikey/add/", form, follow=True).text
    again = staff.get("/admin/identity/apikey/").text

    secret = re.search(PATTERN, shown)
    assert secret
    assert secret.group() not in again
    assert secret.group() not in str(staff.cookies)
    graphql = GraphQLClient(secret.group())
    assert graphql("{ auditLogs { totalCount } }").data == {"auditLogs": {"totalCount": 0}}
    assert graphql("{ files { totalCount } }").codes == ["FORBIDDEN"]


def test_a_scope_of_another_form_makes_no_key(staff: Client, tenant: Tenant) -> None:
    form = {"tenant": str(tenant.pk), "name": "robot", "scopes": '["everything"]'}

    page = staff.post("/admin/identity/apikey/add/", form)

    assert page.status_code == 200
    assert "a scope reads" in page.text
    assert ApiKey.objects.count() == 0


def test_a_key_that_is_revoked_opens_nothing_but_only_after_a_yes(
    staff: Client, tenant: Tenant
) -> None:
    credential = make_key(tenant)
    ask = GraphQLClient(credential.secret)
    action = {"action": "revoke", "_selected_action": [credential.key.pk]}

    question = staff.post("/admin/identity/apikey/", action).text
    before = ask("{ files { totalCount } }").status
    staff.post("/admin/identity/apikey/", action | {"confirmed": "1"})

    assert "for ever: 1 API key" in question
    assert str(credential.key) in question
    assert (before, ask("{ files { totalCount } }").status) == (200, 401)


def test_a_yes_to_another_number_of_rows_is_no_yes(staff: Client) -> None:
    failed = [
        Job.objects.create(name="kernel.clear_jobs", state=JobState.FAILED) for _ in range(12)
    ]
    action = {"action": "retry", "_selected_action": [str(failed[0].pk)], "select_across": "1"}

    question = staff.post("/admin/jobs/job/", action | {"confirmed": "1"}).text
    untouched = Job.objects.filter(state=JobState.FAILED).count()
    staff.post("/admin/jobs/job/", action | {"confirmed": "12"})

    assert "12 jobs" in question
    assert "and more" in question
    assert untouched == 12
    assert Job.objects.filter(state=JobState.QUEUED).count() == 12


@pytest.mark.parametrize("path", ["audit/auditlog", "files/file"])
def test_what_nobody_changes_has_no_history_but_leads_to_what_happened(
    staff: Client, path: str
) -> None:
    make_demo()
    load_data(lambda _: None)
    page = staff.get(f"/admin/{path}/").text
    link = re.search(rf"/admin/{path}/[^/\"]+/change/", page)
    assert link

    shown = staff.get(link.group()).text
    assert "/history/" not in shown
    assert f'href="/admin/find/?text={link.group().split("/")[-3]}"' in shown


def test_failed_jobs_are_tried_again_and_waiting_ones_taken_back(staff: Client) -> None:
    failed = Job.objects.create(name="kernel.clear_jobs", state=JobState.FAILED, attempts=3)
    waiting = Job.objects.create(name="kernel.clear_jobs")
    done = Job.objects.create(name="kernel.clear_jobs", state=JobState.DONE)
    all_of_them = [str(job.pk) for job in (failed, waiting, done)]
    both = {"_selected_action": all_of_them, "confirmed": "3"}

    staff.post("/admin/jobs/job/", both | {"action": "cancel"})
    staff.post("/admin/jobs/job/", both | {"action": "retry"})

    states = dict(Job.objects.values_list("pk", "state"))
    assert states == {failed.pk: "queued", waiting.pk: "cancelled", done.pk: "done"}


@pytest.mark.parametrize("path", ["/admin/", "/admin/audit/auditlog/", "/admin/jobs/job/"])
def test_people_who_are_not_staff_stay_outside(db: None, path: str) -> None:
    browser = Client()
    browser.force_login(User.objects.create_user("somebody", password="secret"))

    assert browser.get(path).status_code == 302


def test_staff_without_a_permission_see_nothing_of_it(db: None) -> None:
    tenant = make_tenant()
    with in_tenant(tenant.pk):
        make_key(tenant)
    browser = Client()
    browser.force_login(User.objects.create_user("staff", password="secret", is_staff=True))

    assert browser.get("/admin/identity/apikey/").status_code == 403
    assert browser.get("/admin/audit/auditlog/").status_code == 403


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_a_page_that_is_not_there_says_so_to_people(db: None, accept: str) -> None:
    answer = Client().get("/nowhere", headers={"Accept": accept})

    assert answer.status_code == 404
    assert "There is nothing here." in answer.text
