"""From the writer's transaction to the end of a job."""

import uuid
from datetime import timedelta

import pytest
from django.db import transaction

from kernel.errors import ConflictError, UnavailableError
from kernel.identity.models import Tenant
from kernel.jobs import nudge, operations, services
from kernel.jobs.models import Job, JobState
from kernel.jobs.operations import Cancelled
from kernel.jobs.registry import job
from kernel.jobs.services import Ended, enqueue
from kernel.tenancy.context import TenantRequiredError, current_tenant_id
from kernel.testing.jobs import drain
from tests.kernel.jobs.factories import MovableClock, claim, failing, only_job, recording

pytestmark = pytest.mark.django_db


def test_a_job_runs_once_with_its_target(moved: MovableClock) -> None:
    ran = recording()
    enqueue("tests.record", "some-id")

    assert drain() == 1
    assert drain() == 0

    assert ran == ["some-id"]
    done = only_job()
    assert (done.state, done.attempts, done.lease_until) == (JobState.DONE, 1, None)
    assert done.finished_at == moved.now


def test_what_is_rolled_back_was_never_enqueued() -> None:
    ran = recording()

    with transaction.atomic():
        enqueue("tests.record", "some-id")
        transaction.set_rollback(True)

    assert drain() == 0
    assert ran == []
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_the_worker_is_nudged_at_the_commit_and_not_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recording()
    nudges: list[int] = []
    monkeypatch.setattr(services, "nudge", lambda _queue: nudges.append(Job.objects.count()))

    with transaction.atomic():
        enqueue("tests.record")
        assert nudges == []

    assert nudges == [1]


def test_a_nudge_ends_the_wait_and_is_used_up() -> None:
    nudge.nudge()

    nudge.wait_for_nudge(60)

    assert not nudge._event.is_set()


def test_a_job_that_nobody_registered_is_refused() -> None:
    with pytest.raises(LookupError, match=r"no job is called tests\.nothing"):
        enqueue("tests.nothing", "some-id")

    assert not Job.objects.exists()


def test_a_key_is_stored_once_even_when_its_job_is_done() -> None:
    ran = recording()

    stored = [enqueue("tests.record", "first", key="k"), enqueue("tests.record", "second", key="k")]
    drain()
    stored.append(enqueue("tests.record", "third", key="k"))
    drain()

    assert [bool(job_id) for job_id in stored] == [True, False, False]
    assert ran == ["first"]


def test_a_job_waits_for_its_time(moved: MovableClock) -> None:
    ran = recording()
    later = moved.by(hours=1)
    moved.by(hours=-1)
    enqueue("tests.record", "some-id", run_at=later)

    moved.by(minutes=59)
    assert drain() == 0

    moved.by(minutes=1)
    assert drain() == 1
    assert ran == ["some-id"]


def test_jobs_run_in_the_order_of_their_times(moved: MovableClock) -> None:
    ran = recording()
    for target, minutes in (("second", 2), ("first", 1), ("third", 3)):
        enqueue("tests.record", target, run_at=moved.now + timedelta(minutes=minutes))

    assert drain() == 0
    moved.by(minutes=3)
    drain()

    assert ran == ["first", "second", "third"]


def test_a_job_runs_in_the_tenant_of_its_writer_or_in_the_one_named(tenant: Tenant) -> None:
    seen: list[uuid.UUID] = []
    job("tests.look")(lambda _target: seen.append(current_tenant_id()))
    other = uuid.uuid4()
    enqueue("tests.look")
    enqueue("tests.look", tenant_id=other)

    drain()

    assert seen == [tenant.pk, other]


def test_a_job_enqueued_outside_any_tenant_runs_outside_any() -> None:
    recording()
    job("tests.look")(lambda _target: str(current_tenant_id()))  # type: ignore[arg-type]
    enqueue("tests.look")

    drain()

    found = only_job()
    assert found.tenant_id is None
    assert TenantRequiredError.__name__ in found.last_error


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 2), (2, 4), (3, 8), (11, 2048), (12, 3600), (40, 3600)]
)
@pytest.mark.usefixtures("no_jitter")
def test_each_failure_doubles_the_pause_up_to_an_hour(
    moved: MovableClock, attempts: int, seconds: int
) -> None:
    failing(ZeroDivisionError("by zero"), max_attempts=100)
    enqueue("tests.fail")
    Job.objects.update(attempts=attempts - 1)

    drain()

    found = only_job()
    assert (found.state, found.attempts) == (JobState.QUEUED, attempts)
    assert (found.run_at - moved.now).total_seconds() == seconds
    assert found.last_error == "INTERNAL: ZeroDivisionError: by zero"


def test_a_crowd_that_fails_together_does_not_return_together(moved: MovableClock) -> None:
    failing(ZeroDivisionError())
    for _ in range(20):
        enqueue("tests.fail")

    drain()

    pauses = {(found.run_at - moved.now).total_seconds() for found in Job.objects.all()}
    assert len(pauses) > 10
    assert all(1 <= pause <= 2 for pause in pauses)


def test_a_job_that_was_tried_enough_is_kept_as_failed(moved: MovableClock) -> None:
    ran = failing(ZeroDivisionError("by zero"), max_attempts=3)
    enqueue("tests.fail", "some-id")

    for _ in range(5):
        drain()
        moved.by(hours=1)

    assert ran == ["some-id"] * 3
    found = only_job()
    assert (found.state, found.attempts) == (JobState.FAILED, 3)
    assert found.last_error == "INTERNAL: ZeroDivisionError: by zero"
    assert found.finished_at is not None


def test_an_error_that_no_repetition_heals_fails_at_once(moved: MovableClock) -> None:
    ran = failing(ConflictError("it is at version 2"))
    enqueue("tests.fail", "some-id")

    drain()
    moved.by(days=1)
    drain()

    assert ran == ["some-id"]
    found = only_job()
    assert (found.state, found.last_error) == (JobState.FAILED, "CONFLICT: it is at version 2")


def test_an_error_of_the_contract_that_may_heal_is_tried_again(moved: MovableClock) -> None:
    ran = failing(UnavailableError("the scanner does not answer"))
    enqueue("tests.fail", "some-id")

    drain()
    moved.by(hours=1)
    drain()

    assert ran == ["some-id"] * 2
    assert only_job().last_error == "UNAVAILABLE: the scanner does not answer"


def test_a_job_that_ends_the_process_has_failed_and_the_thread_goes_on() -> None:
    failing(SystemExit("no such file"), max_attempts=1)
    enqueue("tests.fail")

    assert drain() == 1

    assert only_job().last_error == "INTERNAL: SystemExit: no such file"


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("a\0b", "a\N{REPLACEMENT CHARACTER}b"),
        (f"septet_live_{'0' * 16}_{'a' * 72}", f"septet_live_{'0' * 16}_***"),
        ("x" * 5000, "x" * (2000 - len("CONFLICT: "))),
    ],
)
def test_a_reason_can_be_stored_and_holds_no_secret(message: str, told: str) -> None:
    failing(ConflictError(message))
    enqueue("tests.fail")

    drain()

    assert only_job().last_error == f"CONFLICT: {told}"


def test_a_job_that_has_not_begun_can_be_cancelled() -> None:
    ran = recording()
    for target in ("running", "queued"):
        enqueue("tests.record", target)
    [running] = claim(1)

    assert operations.cancel_all(Job.objects.all()) == Cancelled(at_once=1, asked=1)
    services.settle([Ended(running)])
    drain()

    assert ran == []
    assert set(Job.objects.values_list("target", "state")) == {
        ("running", JobState.DONE),
        ("queued", JobState.CANCELLED),
    }


def test_failed_jobs_are_queued_again_from_their_first_attempt() -> None:
    ran = failing(ConflictError("no"))
    enqueue("tests.fail", "some-id")
    drain()

    assert operations.retry_all(Job.objects.all()) == 1
    assert operations.retry_all(Job.objects.all()) == 0
    found = only_job()
    assert (found.state, found.attempts, found.finished_at) == (JobState.QUEUED, 0, None)
    drain()

    assert ran == ["some-id"] * 2
