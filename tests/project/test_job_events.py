"""The view of a job's progress: whom it lets in, and what it tells."""

import json
from typing import Any

import pytest
from django.test import Client

from kernel import clock
from kernel.identity.models import Tenant
from kernel.ids import new_id
from kernel.jobs.models import Job, JobState
from kernel.testing.tenants import make_key, make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def job(tenant: Tenant) -> Job:
    """A job that is half done."""
    return Job.objects.create(
        name="files.scan",
        queue="files",
        tenant_id=tenant.pk,
        state=JobState.RUNNING,
        progress_done=5,
        progress_total=10,
        progress_message="page 5",
        last_error="INTERNAL: OperationalError: db7 refused",
    )


def ask(tenant: Tenant, job_id: Any, *scopes: str, service: str = "files", **headers: str) -> Any:
    secret = make_key(tenant, *scopes or ("files:read",)).secret
    return Client().get(
        f"/{service}/api/jobs/{job_id}/events",
        headers={"Authorization": f"Bearer {secret}", **headers},
    )


def told(response: Any) -> dict[str, Any]:
    data = response.text.partition("data: ")[2]
    found: dict[str, Any] = json.loads(data)
    return found


def id_of(response: Any) -> str:
    found: str = response.text.partition("id: ")[2].partition("\n")[0]
    return found


def test_it_tells_how_far_the_job_is_and_nothing_of_our_inside(tenant: Tenant, job: Job) -> None:
    response = ask(tenant, job.pk)

    assert (response.status_code, response["Content-Type"]) == (200, "text/event-stream")
    assert response["Cache-Control"] == "no-store"
    assert response.text.startswith("retry: 2000\n\nid: ")
    assert "event: progress\n" in response.text
    found = told(response)
    assert (found["id"], found["state"]) == (str(job.pk), "RUNNING")
    assert found["progress"] == {"done": 5, "total": 10, "message": "page 5"}
    assert found["error"]["code"] == "INTERNAL"
    assert "db7" not in response.text


def test_who_has_seen_it_is_not_told_again_until_it_changes(tenant: Tenant, job: Job) -> None:
    seen = id_of(ask(tenant, job.pk))

    assert ask(tenant, job.pk, **{"Last-Event-ID": seen}).text == "retry: 2000\n\n"
    Job.objects.update(progress_done=6)
    assert told(ask(tenant, job.pk, **{"Last-Event-ID": seen}))["progress"]["done"] == 6


def test_who_has_seen_the_end_need_not_come_back(tenant: Tenant, job: Job) -> None:
    Job.objects.update(state=JobState.DONE, finished_at=clock.now())
    end = ask(tenant, job.pk)
    assert "event: end\n" in end.text

    again = ask(tenant, job.pk, **{"Last-Event-ID": id_of(end)})

    assert (again.status_code, again.text) == (204, "")


@pytest.mark.parametrize("who", ["another tenant", "another service", "nobody's", "no job"])
def test_a_job_of_others_is_not_there(tenant: Tenant, job: Job, who: str) -> None:
    match who:
        case "another tenant":
            response = ask(make_tenant(), job.pk)
        case "another service":
            response = ask(tenant, job.pk, "audit:read", service="audit")
        case "nobody's":
            Job.objects.update(tenant_id=None)
            response = ask(tenant, job.pk)
        case _:
            response = ask(tenant, new_id())

    assert response.status_code == 404
    assert response.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"


def test_another_scope_and_none_are_refused(tenant: Tenant, job: Job) -> None:
    wrong = ask(tenant, job.pk, "documents:read")
    none = Client().get(f"/files/api/jobs/{job.pk}/events")
    posted = Client().post(f"/files/api/jobs/{job.pk}/events")

    assert (wrong.status_code, none.status_code) == (403, 401)
    assert posted.status_code in {401, 405}
    for response in (wrong, none):
        assert "page 5" not in response.text
