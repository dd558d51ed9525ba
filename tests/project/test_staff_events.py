"""What staff do in the back office is told in the same transaction, without a value of a field."""

import re

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from contracts.envelope import Actor
from contracts.staff import StaffActed, StaffChanged
from kernel.events.models import OutboxEvent
from kernel.events.publishing import publish_all
from kernel.identity.models import ApiKey, Membership, Tenant
from kernel.jobs.models import Job, JobState
from kernel.testing.events import published
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key

PASSWORD = "correct horse battery staple"


@pytest.fixture
def root(db: None) -> User:
    """An administrator."""
    return User.objects.create_superuser("root", password="secret")


@pytest.fixture
def staff(root: User) -> Client:
    """A browser with the administrator signed in."""
    browser = Client()
    browser.force_login(root)
    return browser


def told() -> list[StaffChanged | StaffActed]:
    """Return what was told of staff, in order."""
    return [event for event in published() if isinstance(event, StaffChanged | StaffActed)]


def form_of(browser: Client, path: str) -> dict[str, str]:
    """Return the values of a page's form as a browser would send them back."""
    form = browser.get(path).context["adminform"].form
    return {name: form.initial.get(name) or "" for name in form.fields}


def test_a_changed_row_is_told_by_its_fields_and_by_whom(
    staff: Client, root: User, tenant: Tenant
) -> None:
    path = f"/admin/identity/tenant/{tenant.pk}/change/"
    form = form_of(staff, path) | {"name": "Another name"}

    assert staff.post(path, form).status_code == 302

    assert told() == [
        StaffChanged(
            app="identity",
            model="Tenant",
            object_id=str(tenant.pk),
            name="Another name",
            action="changed",
            fields=("Name",),
        )
    ]
    row = OutboxEvent.objects.get(type=StaffChanged.TYPE)
    assert row.envelope().actor == Actor(type="user", id=str(root.pk), name="root")
    assert row.tenant_id == tenant.pk


def test_a_form_that_is_refused_is_not_told(staff: Client, tenant: Tenant) -> None:
    path = f"/admin/identity/tenant/{tenant.pk}/change/"

    assert staff.post(path, form_of(staff, path) | {"name": ""}).status_code == 200

    assert told() == []


def test_a_password_is_told_to_be_changed_and_never_told(staff: Client, root: User) -> None:
    form = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}

    assert staff.post(f"/admin/auth/user/{root.pk}/password/", form).status_code == 302

    (event,) = told()
    assert isinstance(event, StaffChanged)
    assert (event.model, event.name, event.fields) == ("User", "root", ("password",))
    assert PASSWORD not in str(list(OutboxEvent.objects.values()))


def test_a_password_is_not_changed_when_that_cannot_be_told(
    staff: Client, root: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the outbox is full")

    monkeypatch.setattr("kernel.staff.publish_all", fail)
    form = {"password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    staff.raise_request_exception = False

    assert staff.post(f"/admin/auth/user/{root.pk}/password/", form).status_code == 500

    root.refresh_from_db()
    assert root.check_password("secret")
    monkeypatch.setattr("kernel.staff.publish_all", publish_all)
    assert staff.post(f"/admin/auth/user/{root.pk}/password/", form).status_code == 302


def test_rows_deleted_together_are_told_each_by_one_statement(staff: Client) -> None:
    people = [User.objects.create_user(f"user-{number}") for number in range(3)]
    form = {
        "action": "delete_selected",
        "_selected_action": [one.pk for one in people],
        "post": "yes",
    }

    with CaptureQueriesContext(connection) as captured:
        assert staff.post("/admin/auth/user/", form).status_code == 302

    events = told()
    inserts = [one for one in captured if one["sql"].startswith("INSERT INTO events_outbox")]
    assert len(inserts) == 1
    assert {(one.name, one.action) for one in events if isinstance(one, StaffChanged)} == {
        ("user-0", "deleted"),
        ("user-1", "deleted"),
        ("user-2", "deleted"),
    }
    assert len(events) == 3
    assert not User.objects.filter(username__startswith="user-").exists()


def test_an_action_is_told_with_its_rows_after_the_yes_alone(staff: Client) -> None:
    failed = [Job.objects.create(name="kernel.clear_jobs", state=JobState.FAILED) for _ in range(2)]
    action = {"action": "retry", "_selected_action": [str(job.pk) for job in failed]}

    staff.post("/admin/jobs/job/", action)
    assert told() == []
    staff.post("/admin/jobs/job/", action | {"confirmed": "2"})

    (event,) = told()
    assert isinstance(event, StaffActed)
    assert (event.app, event.model, event.action, event.count) == ("jobs", "Job", "retry", 2)
    assert set(event.object_ids) == {str(job.pk) for job in failed}


def test_an_action_on_very_many_rows_names_the_first_hundred(staff: Client) -> None:
    Job.objects.bulk_create(
        [Job(name="kernel.clear_jobs", state=JobState.FAILED) for _ in range(120)]
    )
    action = {
        "action": "retry",
        "_selected_action": [str(Job.objects.first().pk)],  # type: ignore[union-attr]
        "select_across": "1",
        "confirmed": "120",
    }

    staff.post("/admin/jobs/job/", action)

    (event,) = told()
    assert isinstance(event, StaffActed)
    assert (event.count, len(event.object_ids)) == (120, 100)


def test_a_key_that_is_made_by_hand_is_told_without_its_secret(
    staff: Client, tenant: Tenant
) -> None:
    form = {"tenant": str(tenant.pk), "name": "robot", "scopes": '["audit:read"]'}

    shown = staff.post("/admin/identity/apikey/add/", form, follow=True).text

    key = ApiKey.objects.get(name="robot")
    (event,) = told()
    assert isinstance(event, StaffChanged)
    assert (event.model, event.object_id, event.action) == ("ApiKey", key.pk, "added")
    secret = re.search(r"septet_[a-z]+_[0-9a-f]{16}_([0-9a-f]+)", shown)
    assert secret
    assert secret[1] not in str(list(OutboxEvent.objects.values()))


def test_a_member_that_staff_admit_is_told_of_as_their_change(
    staff: Client, tenant: Tenant
) -> None:
    ada = User.objects.create_user("ada")
    form = {"user": str(ada.pk), "tenant": str(tenant.pk), "role": "viewer", "extra_scopes": "[]"}

    assert staff.post("/admin/identity/membership/add/", form).status_code == 302

    membership = Membership.objects.get(user=ada, tenant=tenant)
    (event,) = [one for one in told() if isinstance(one, StaffChanged)]
    assert (event.model, event.object_id, event.action) == (
        "Membership",
        str(membership.pk),
        "added",
    )


def test_what_a_program_does_is_not_told_as_staffs(tenant: Tenant) -> None:
    graphql = GraphQLClient(make_key(tenant).secret)

    graphql('mutation { createFeatureFlag(input: {key: "a"}) { error { code } } }')

    assert told() == []
    assert OutboxEvent.objects.get(type="config.flag.created.v1").envelope().actor.type == "api_key"
