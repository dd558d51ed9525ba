"""Jobs as a tenant sees them in the graph: its own, of one service, and what it may do to them."""

from typing import Any

import pytest

from kernel import clock
from kernel.identity.models import Tenant
from kernel.ids import new_id
from kernel.jobs.models import Job, JobState
from kernel.testing.graphql import GraphQLClient
from kernel.testing.tenants import make_key, make_tenant

pytestmark = pytest.mark.django_db

RETRY = """mutation($input: RetryJobsInput!) { filesRetryJobs(input: $input) {
    outcomes { job { id state } error { code message } } error { code } } }"""
CANCEL = RETRY.replace("Retry", "Cancel")


def make_job(tenant: Tenant, state: JobState = JobState.QUEUED, **columns: Any) -> Job:
    ended = state in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}
    return Job.objects.create(
        **{
            "name": "files.scan",
            "queue": "files",
            "tenant_id": tenant.pk,
            "state": state,
            "finished_at": clock.now() if ended else None,
            **columns,
        }
    )


def test_a_running_job_tells_its_progress(graphql: GraphQLClient, tenant: Tenant) -> None:
    job = make_job(
        tenant,
        JobState.RUNNING,
        target="f-1",
        progress_done=2**40,
        progress_total=2**41,
        progress_message="page 3",
    )

    found = graphql(
        "query($id: ID!) { filesJob(id: $id) {"
        " target state waitsFor progress { done total message } error { code } } }",
        id=str(job.pk),
    ).data["filesJob"]

    assert found == {
        "target": "f-1",
        "state": "RUNNING",
        "waitsFor": "NOTHING",
        "progress": {"done": 2**40, "total": 2**41, "message": "page 3"},
        "error": None,
    }


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("CONFLICT: it is at 2: no", {"code": "CONFLICT", "message": "it is at 2: no"}),
        (
            "INTERNAL: OperationalError: db7.internal refused",
            {
                "code": "INTERNAL",
                "message": "something went wrong here; the log has the reason under the id of the"
                " job",
            },
        ),
    ],
)
def test_a_failure_tells_the_tenant_its_reason_and_nothing_of_our_inside(
    graphql: GraphQLClient, tenant: Tenant, told: str, shown: dict[str, str]
) -> None:
    make_job(tenant, JobState.FAILED, last_error=told)

    [found] = graphql("{ filesJobs { nodes { error { code message } } } }").data["filesJobs"][
        "nodes"
    ]

    assert found["error"] == shown


def test_jobs_of_others_and_of_other_services_are_not_there(
    graphql: GraphQLClient, tenant: Tenant
) -> None:
    ours = make_job(tenant, target="wanted")
    make_job(tenant, JobState.DONE)
    hidden = [make_job(make_tenant()), make_job(tenant, queue="audit", name="audit.archive")]
    platform = Job.objects.create(name="files.tidy", queue="files")

    listed = graphql(
        '{ filesJobs(filter: {state: QUEUED, target: "wanted"}) { totalCount nodes { id } } }'
    ).data["filesJobs"]
    assert listed == {"totalCount": 1, "nodes": [{"id": str(ours.pk)}]}

    for job in (*hidden, platform):
        asked = graphql("query($id: ID!) { filesJob(id: $id) { id } }", id=str(job.pk))
        assert asked.codes == ["NOT_FOUND"]
        for change in (RETRY, CANCEL):
            answer = graphql(change, input={"ids": [str(job.pk)]}).data
            [outcome] = next(iter(answer.values()))["outcomes"]
            assert outcome["error"]["code"] == "NOT_FOUND"
    assert set(Job.objects.filter(pk__in=[job.pk for job in hidden]).values_list("state")) == {
        ("queued",)
    }


def test_each_of_many_tells_what_became_of_it(graphql: GraphQLClient, tenant: Tenant) -> None:
    failed, done = make_job(tenant, JobState.FAILED), make_job(tenant, JobState.DONE)
    gone = str(new_id())

    answer = graphql(RETRY, input={"ids": [str(failed.pk), str(done.pk), gone, "x"]}).data

    outcomes = answer["filesRetryJobs"]["outcomes"]
    assert outcomes[0] == {"job": {"id": str(failed.pk), "state": "QUEUED"}, "error": None}
    assert outcomes[1]["error"] == {
        "code": "CONFLICT",
        "message": f"job {done.pk} is done, not failed",
    }
    assert [one["error"]["code"] for one in outcomes[2:]] == ["NOT_FOUND", "INVALID_INPUT"]


def test_a_running_job_is_asked_to_end_and_a_queued_one_does_not_begin(
    graphql: GraphQLClient, tenant: Tenant
) -> None:
    running, queued = make_job(tenant, JobState.RUNNING), make_job(tenant)

    answer = graphql(CANCEL, input={"ids": [str(running.pk), str(queued.pk)]}).data

    states = [one["job"]["state"] for one in answer["filesCancelJobs"]["outcomes"]]
    assert states == ["RUNNING", "CANCELLED"]
    running.refresh_from_db()
    assert running.cancel_asked_at is not None


def test_a_change_with_a_key_is_done_once(graphql: GraphQLClient, tenant: Tenant) -> None:
    failed = make_job(tenant, JobState.FAILED)
    sent = {"ids": [str(failed.pk)], "idempotencyKey": "again-1"}
    first = graphql(RETRY, input=sent).data
    Job.objects.filter(pk=failed.pk).update(state=JobState.FAILED)

    again = graphql(RETRY, input=sent).data

    assert first["filesRetryJobs"]["outcomes"][0]["job"]["state"] == "QUEUED"
    assert again["filesRetryJobs"]["outcomes"][0]["job"]["id"] == str(failed.pk)
    failed.refresh_from_db()
    assert failed.state == JobState.FAILED


def test_more_than_a_call_takes_is_refused(graphql: GraphQLClient) -> None:
    answer = graphql(RETRY, input={"ids": [str(new_id())] * 101}).data

    assert answer["filesRetryJobs"]["error"] == {"code": "LIMIT_EXCEEDED"}


def test_a_key_of_another_service_sees_no_jobs(tenant: Tenant) -> None:
    make_job(tenant)
    client = GraphQLClient(make_key(tenant, "documents:read").secret)

    assert client("{ filesJobs { nodes { id } } }").codes == ["FORBIDDEN"]
