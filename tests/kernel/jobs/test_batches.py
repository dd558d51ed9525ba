"""A job that runs when all of a batch have ended."""

import uuid
from datetime import timedelta

import pytest

from kernel.errors import ConflictError
from kernel.jobs import services
from kernel.jobs.models import After, Job, JobState
from kernel.jobs.operations import cancel_all, retry_all
from kernel.jobs.services import Ended, enqueue_batch, new_job
from kernel.testing.jobs import drain
from tests.kernel.jobs.factories import MovableClock, claim, failing, recording

pytestmark = pytest.mark.django_db


def batch(*targets: str, after: After = After.DONE, name: str = "tests.record") -> uuid.UUID:
    return enqueue_batch(
        [new_job(name, target) for target in targets],
        then=new_job("tests.record", "last"),
        after=after,
    )


def state(job_id: uuid.UUID) -> str:
    return Job.objects.get(pk=job_id).state


def test_the_last_runs_when_all_before_it_have_ended() -> None:
    ran = recording()
    batch("a", "b", "c")

    first = claim(2)
    assert [one.target for one in claim()] == ["c"]
    services.settle([Ended(one) for one in first])
    assert claim() == []
    services.settle([Ended(Job.objects.get(target="c"))])
    drain()

    assert ran == ["last"]


def test_of_nothing_the_end_has_come_at_once() -> None:
    ran = recording()

    batch()
    drain()

    assert ran == ["last"]


def test_a_job_that_is_tried_again_has_not_ended(moved: MovableClock) -> None:
    ran = recording()
    last = batch("a")
    [one] = claim()
    services.settle([Ended(one, ZeroDivisionError())])
    assert drain() == 0
    assert state(last) == JobState.QUEUED

    moved.by(minutes=1)
    drain()

    assert ran == ["a", "last"]


@pytest.mark.parametrize(
    ("after", "expected"), [(After.DONE, JobState.FAILED), (After.ENDED, JobState.DONE)]
)
@pytest.mark.parametrize("how", ["failed", "cancelled"])
def test_what_follows_a_failure_is_said_by_the_batch(
    after: After, expected: JobState, how: str
) -> None:
    recording()
    failing(ConflictError("no"))
    last = enqueue_batch(
        [new_job("tests.record", "a"), new_job("tests.fail", "b")],
        then=new_job("tests.record", "last"),
        after=after,
    )

    if how == "cancelled":
        cancel_all(Job.objects.filter(target="b"))
    drain()

    found = Job.objects.get(pk=last)
    assert found.state == expected
    assert found.last_error.startswith("BATCH_FAILED" if after == After.DONE else "")
    assert (found.finished_at is None) is False


def test_a_failed_batch_is_mended_by_trying_its_parts_again() -> None:
    failing(ConflictError("no"))
    ran = recording()
    last = enqueue_batch([new_job("tests.fail")], then=new_job("tests.record", "last"))
    drain()
    assert state(last) == JobState.FAILED

    assert retry_all(Job.objects.filter(pk=last)) == 1
    assert state(last) == JobState.FAILED
    Job.objects.filter(name="tests.fail").update(name="tests.record")
    assert retry_all(Job.objects.all()) == 2
    drain()

    assert ran == ["", "last"]


def test_a_failure_goes_up_through_batches_of_batches() -> None:
    failing(ConflictError("no"))
    recording()
    inner = new_job("tests.record", "inner")
    outer = enqueue_batch([], then=new_job("tests.record", "outer"), after=After.DONE)
    Job.objects.filter(pk=outer).update(waits_for="batch")
    inner.batch_id = outer
    enqueue_batch([new_job("tests.fail")], then=inner)

    drain()

    assert state(inner.pk) == JobState.FAILED
    assert state(outer) == JobState.FAILED


def test_the_last_still_waits_for_its_own_time(moved: MovableClock) -> None:
    ran = recording()
    enqueue_batch(
        [new_job("tests.record", "a")],
        then=new_job("tests.record", "last", run_at=moved.now + timedelta(hours=1)),
    )

    drain()
    assert ran == ["a"]
    moved.by(hours=1)
    drain()

    assert ran == ["a", "last"]


def test_the_jobs_of_a_large_batch_take_turns_with_others() -> None:
    ran = recording()
    one, two = uuid.UUID(int=1), uuid.UUID(int=2)
    enqueue_batch(
        [new_job("tests.record", str(number), tenant_id=one) for number in range(10)],
        then=new_job("tests.record", "last", tenant_id=one),
        at_once=4,
    )
    services.enqueue("tests.record", "other", tenant_id=two)

    drain()

    assert ran.index("other") == 1
    assert [target for target in ran if target != "other"] == [*map(str, range(10)), "last"]
