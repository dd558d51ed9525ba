"""Who may take a job, for how long, and what becomes of those whose worker is gone."""

import pytest

from kernel.jobs import claiming, services
from kernel.jobs.claiming import LEASE
from kernel.jobs.models import JobState
from kernel.jobs.registry import REGISTRY, known
from kernel.jobs.services import Ended, enqueue
from kernel.testing.jobs import drain
from tests.kernel.jobs.factories import MovableClock, claim, only_job, recording

pytestmark = pytest.mark.django_db


def test_a_job_is_claimed_by_one() -> None:
    recording()
    for target in ("a", "b", "c"):
        enqueue("tests.record", target)

    taken = [
        [job.target for job in claim(2, worker="one")],
        [job.target for job in claim(2, worker="two")],
        [job.target for job in claim(2, worker="one")],
    ]

    assert taken == [["a", "b"], ["c"], []]


def test_a_claim_is_told_as_it_is_stored(moved: MovableClock) -> None:
    recording()
    enqueue("tests.record")

    [claimed] = claim(worker="one")

    stored = only_job()
    assert stored.lease_until == moved.now + LEASE
    for job in (claimed, stored):
        assert (job.state, job.attempts, job.worker) == (JobState.RUNNING, 1, "one")


def test_a_worker_takes_only_what_it_knows_and_what_it_is_for() -> None:
    recording("files.scan")
    recording("audit.archive")
    recording("audit.forget")
    for name in ("files.scan", "audit.archive", "audit.forget"):
        enqueue(name)
    del REGISTRY["audit.forget"]

    audit = claiming.claim(10, known({"audit"}), worker="one")
    rest = claiming.claim(10, known(), worker="two")

    assert [job.name for job in audit] == ["audit.archive"]
    assert [job.name for job in rest] == ["files.scan"]


def test_an_idle_look_costs_one_query(django_assert_num_queries: object) -> None:
    recording()

    with django_assert_num_queries(1):  # type: ignore[operator]
        assert claim() == []


def test_a_full_worker_asks_nothing(django_assert_num_queries: object) -> None:
    recording()
    enqueue("tests.record")

    with django_assert_num_queries(0):  # type: ignore[operator]
        assert claim(0) == []


def test_the_job_of_a_lost_worker_runs_again_at_once(moved: MovableClock) -> None:
    ran = recording()
    enqueue("tests.record", "some-id")
    claim(worker="gone")

    moved.now += LEASE
    assert services.recover(known()) == 0
    moved.by(seconds=1)
    assert services.recover(known()) == 1
    assert only_job().last_error == "WORKER_LOST: gone went away during attempt 1"
    drain()

    assert ran == ["some-id"]
    found = only_job()
    assert (found.state, found.attempts) == (JobState.DONE, 2)


@pytest.mark.parametrize("error", [None, ZeroDivisionError()])
def test_what_a_lost_worker_reports_late_changes_nothing(
    moved: MovableClock, error: Exception | None
) -> None:
    recording()
    enqueue("tests.record")
    [late] = claim(worker="slow")
    moved.by(minutes=1)
    services.recover(known())
    claim(worker="two")
    before = only_job()

    services.settle([Ended(late, error)])
    services.renew([late])
    services.give_back([late])

    after = only_job()
    for field in ("state", "attempts", "worker", "lease_until", "run_at", "finished_at"):
        assert getattr(after, field) == getattr(before, field), field


def test_a_renewed_lease_holds(moved: MovableClock) -> None:
    recording()
    enqueue("tests.record")
    [held] = claim()

    moved.by(seconds=20)
    services.renew([held])
    moved.by(seconds=20)

    assert services.recover(known()) == 0
    moved.by(seconds=11)
    assert services.recover(known()) == 1


def test_a_job_that_kills_its_workers_ends_as_failed(moved: MovableClock) -> None:
    recording()
    enqueue("tests.record")

    for _ in range(10):
        claim(worker="gone")
        moved.by(minutes=1)
        services.recover(known())

    found = only_job()
    assert (found.state, found.attempts) == (JobState.FAILED, 10)
    assert found.last_error == "WORKER_LOST: gone went away during attempt 10"
    assert drain() == 0


def test_a_job_given_back_can_be_claimed_at_once(moved: MovableClock) -> None:
    recording()
    enqueue("tests.record")
    held = claim(worker="stopping")
    moved.by(seconds=5)

    services.give_back(held)

    found = only_job()
    assert (found.state, found.lease_until, found.run_at) == (JobState.QUEUED, None, moved.now)
    [again] = claim(worker="two")
    assert again.attempts == 2


def test_of_jobs_that_end_together_each_gets_its_own_end(moved: MovableClock) -> None:
    recording()
    for target in ("good", "bad"):
        enqueue("tests.record", target)
    good, bad = claim()

    services.settle([Ended(bad, ZeroDivisionError()), Ended(good)])

    good.refresh_from_db()
    bad.refresh_from_db()
    assert (good.state, good.last_error) == (JobState.DONE, "")
    assert (bad.state, bad.last_error) == (JobState.QUEUED, "INTERNAL: ZeroDivisionError: ")
