"""What waits for staff, over the index of the back office."""

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.config.models import ChangeRequest, Environment, RequestState
from kernel.admin import concerns
from kernel.events.models import Redelivery, RedeliveryState
from kernel.ids import new_id
from kernel.jobs.models import Job, JobState
from kernel.tenancy.context import in_tenant
from kernel.testing.tenants import make_tenant

pytestmark = pytest.mark.django_db

DEAD = "/admin/events/redelivery/?state=dead"
IN_REVIEW = "/admin/config/changerequest/?state__exact=in_review"
FAILED = "/admin/jobs/job/?state__exact=failed"


def _browser(*codenames: str) -> Client:
    user = User.objects.create(username="ada", is_staff=True, is_superuser=not codenames)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    browser = Client()
    browser.force_login(user)
    return browser


@pytest.fixture
def _trouble() -> None:
    for _ in range(2):
        Redelivery.objects.create(
            group="a", event_id=new_id(), type="a", envelope={}, state=RedeliveryState.DEAD
        )
    Redelivery.objects.create(group="a", event_id=new_id(), type="a", envelope={})
    Job.objects.create(name="kernel.clear_jobs", state=JobState.FAILED)
    with in_tenant(make_tenant("acme").pk):
        production = Environment.objects.create(key="production")
        ChangeRequest.objects.create(environment=production, state=RequestState.IN_REVIEW)


@pytest.mark.usefixtures("_trouble")
def test_what_waits_is_counted_and_led_to() -> None:
    page = _browser().get("/admin/").text

    assert f'<a href="{DEAD}"><strong>2</strong> dead letters</a>' in page
    assert f'<a href="{FAILED}"><strong>1</strong>' in page
    assert (
        '<a href="/admin/config/changerequest/?state__exact=in_review"><strong>1</strong>' in page
    )
    # Nothing is told of what is well.
    assert "webhook endpoints" not in page


@pytest.mark.usefixtures("_trouble")
def test_staff_are_told_of_what_they_may_see() -> None:
    page = _browser("view_changerequest").get("/admin/").text

    assert "changes that wait for a review" in page
    assert "dead letters" not in page
    assert "Operations" not in page


def test_each_address_opens_the_list_as_it_is_narrowed() -> None:
    browser = _browser()

    for concern in concerns._CONCERNS:
        url = concerns._counted(concern).url
        # Django leads away from what it cannot narrow by.
        assert browser.get(url).status_code == 200, url


@pytest.mark.usefixtures("_trouble")
def test_many_are_not_counted_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(concerns, "MOST_COUNTED", 1)

    assert f'<a href="{DEAD}"><strong>1+</strong>' in _browser().get("/admin/").text


def test_the_index_asks_once_for_each_concern() -> None:
    browser = _browser()
    browser.get("/admin/")

    with CaptureQueriesContext(connection) as captured:
        browser.get("/admin/")

    assert len(captured) <= len(concerns._CONCERNS) + 6
