"""Queues and jobs for staff: what is shown, what may be done to one, and at which cost."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from kernel import clock
from kernel.jobs.models import Job, JobState, Queue
from kernel.testing.tenants import make_tenant

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    """A browser with an administrator signed in."""
    browser = Client()
    browser.force_login(User.objects.create_superuser("root", password="secret"))
    return browser


def make_job(state: JobState = JobState.QUEUED, **columns: object) -> Job:
    ended = state in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}
    finished = clock.now() - timedelta(minutes=2) if ended else None
    return Job.objects.create(
        **{
            "name": "files.scan",
            "queue": "files",
            "state": state,
            "finished_at": finished,
            **columns,
        }
    )


def path(row: Job | Queue, verb: str = "change") -> str:
    return f"/admin/jobs/{row._meta.model_name}/{row.pk}/{verb}/"


def test_a_running_job_shows_how_far_it_is_and_whose_it_is(staff: Client) -> None:
    tenant = make_tenant("acme")
    make_job(
        JobState.RUNNING,
        tenant_id=tenant.pk,
        progress_done=1_250,
        progress_total=5_000,
        progress_message="<page> 3",
    )

    page = staff.get("/admin/jobs/job/?state__exact=running").text

    assert 'max="5000" value="1250" aria-label="progress of files.scan"' in page
    assert "1,250 of 5,000" in page
    assert "&lt;page&gt; 3" in page
    assert "acme" in page


def test_the_page_of_a_job_has_its_reason_and_nothing_to_save(staff: Client) -> None:
    job = make_job(JobState.FAILED, last_error="CONFLICT: it is at <2>")

    page = staff.get(path(job)).text

    assert "CONFLICT: it is at &lt;2&gt;" in page
    assert 'name="_save"' not in page
    assert 'name="_continue"' not in page
    assert path(job, "retry") in page
    assert path(job, "cancel") not in page


def test_the_page_of_a_job_leads_to_all_jobs_of_its_trace(staff: Client) -> None:
    trace = uuid4()
    job, other = make_job(trace_id=trace), make_job(name="files.derive", trace_id=trace)
    apart = make_job(name="audit.seal")

    assert f'href="/admin/jobs/job/?trace_id={trace}">{trace.hex}<' in staff.get(path(job)).text
    assert "its own" in staff.get(path(apart)).text
    page = staff.get(f"/admin/jobs/job/?trace_id={trace}").text
    assert (path(job) in page, path(other) in page, path(apart) in page) == (True, True, False)


def test_one_job_is_tried_again_and_cancelled_after_a_yes(staff: Client) -> None:
    job = make_job(JobState.FAILED)

    question = staff.post(path(job, "retry")).text
    job.refresh_from_db()
    assert "Try this job again? files.scan" in question
    assert job.state == JobState.FAILED

    staff.post(path(job, "retry"), {"confirmed": "yes"})
    job.refresh_from_db()
    assert job.state == JobState.QUEUED

    staff.post(path(job, "cancel"), {"confirmed": "yes"})
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED


def test_a_running_job_is_told_to_end(staff: Client) -> None:
    job = make_job(JobState.RUNNING)

    told = staff.post(path(job, "cancel"), {"confirmed": "yes"}, follow=True).text

    job.refresh_from_db()
    assert (job.state, job.cancel_asked_at is None) == (JobState.RUNNING, False)
    assert "1 that run are told to end" in told


def test_a_queue_is_paused_and_resumed_after_a_yes(staff: Client) -> None:
    staff.get("/admin/jobs/queue/")
    queue = Queue.objects.get(pk="audit")

    def paused() -> bool:
        return Queue.objects.filter(pk="audit").exclude(paused_at=None).exists()

    staff.post(path(queue, "pause"))
    assert not paused()

    staff.post(path(queue, "pause"), {"confirmed": "yes"})
    assert paused()
    assert path(queue, "resume") in staff.get(path(queue)).text

    both = {"action": "resume", "_selected_action": ["audit"], "confirmed": "1"}
    staff.post("/admin/jobs/queue/", both)
    assert not paused()


def test_the_queues_show_what_waits_runs_and_has_failed(staff: Client) -> None:
    for state, number in ((JobState.QUEUED, 3), (JobState.RUNNING, 2), (JobState.FAILED, 7)):
        for _ in range(number):
            make_job(state)

    page = staff.get("/admin/jobs/queue/").text

    for told in ('queued">3<', 'running">2<', 'failed">7<'):
        assert f"?queue=files&amp;state__exact={told}" in page


def test_the_page_of_a_queue_shows_how_many_were_done_by_the_minute(staff: Client) -> None:
    staff.get("/admin/jobs/queue/")
    for _ in range(4):
        make_job(JobState.DONE, queue="audit")
    make_job(JobState.DONE)
    minute = clock.now() - timedelta(minutes=2)

    page = staff.get("/admin/jobs/queue/audit/change/").text

    assert f"{minute:%H:%M}: 4" in page


def test_the_queues_cost_the_same_for_few_and_many_jobs_and_count_to_an_end(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kernel.jobs.selectors.MOST_COUNTED", 20)
    monkeypatch.setattr("project.admin.jobs.MOST_COUNTED", 20)
    make_job()
    staff.get("/admin/jobs/queue/")
    with CaptureQueriesContext(connection) as few:
        staff.get("/admin/jobs/queue/")
    Job.objects.bulk_create(Job(name="files.scan", queue="files") for _ in range(50))
    with CaptureQueriesContext(connection) as many:
        page = staff.get("/admin/jobs/queue/").text

    assert len(many) == len(few)
    assert "20 or more" in page
    counts = [one["sql"] for one in many if "COUNT" in one["sql"] and "jobs_job" in one["sql"]]
    assert counts
    assert all("LIMIT 20" in sql for sql in counts)


def test_jobs_that_ended_are_read_out_of_an_index(staff: Client) -> None:
    make_job(JobState.FAILED)
    with CaptureQueriesContext(connection) as captured:
        staff.get("/admin/jobs/job/?state__exact=failed")
    [listed] = [one["sql"] for one in captured if '"jobs_job"."finished_at" DESC' in one["sql"]]
    if connection.vendor != "sqlite":
        return

    with connection.cursor() as cursor:
        plan = " ".join(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {listed}"))

    assert "INDEX jobs_finished" in plan


def test_staff_who_may_only_look_may_do_nothing(db: None) -> None:
    looker = User.objects.create_user("looker", password="x", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename__in=["view_job", "view_queue"]))
    browser = Client()
    browser.force_login(looker)
    job = make_job(JobState.FAILED)
    queue = Queue.objects.create(name="files")

    assert browser.get(path(job)).status_code == 200
    for row, verb in ((job, "retry"), (job, "cancel"), (queue, "pause"), (queue, "resume")):
        assert path(row, verb) not in browser.get(path(row)).text
        assert browser.post(path(row, verb), {"confirmed": "yes"}).status_code == 403
    job.refresh_from_db()
    queue.refresh_from_db()
    assert (job.state, queue.paused_at) == (JobState.FAILED, None)
