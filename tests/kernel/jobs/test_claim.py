"""Which job is next: priorities, tenants in turn, limits of a kind, queues that rest."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection

from kernel.jobs import claiming, services
from kernel.jobs.models import Job, JobState, WaitsFor
from kernel.jobs.operations import pause_queue, resume_queue
from kernel.jobs.registry import job, known
from kernel.jobs.services import Ended, enqueue
from kernel.testing.jobs import drain
from tests.kernel.jobs.factories import MovableClock, claim, only_job, recording

pytestmark = pytest.mark.django_db

ONE, TWO, THREE = (uuid.UUID(int=number) for number in (1, 2, 3))


def targets(jobs: list[Job]) -> list[str]:
    return [found.target for found in jobs]


def test_the_greatest_priority_goes_first_whatever_has_waited_longer() -> None:
    ran = recording()
    job("tests.urgent", priority=10)(ran.append)
    for target, priority in (("usual", None), ("low", -5), ("raised", 20)):
        enqueue("tests.record", target, priority=priority)
    enqueue("tests.urgent", "urgent")

    drain()

    assert ran == ["raised", "urgent", "usual", "low"]


def test_a_tenant_with_many_jobs_lets_one_with_few_go_between() -> None:
    ran = recording()
    for number in range(50):
        enqueue("tests.record", f"many {number}", tenant_id=ONE)
    for _ in range(20):
        services.settle([Ended(one) for one in claim(1)])
    for number in range(3):
        enqueue("tests.record", f"few {number}", tenant_id=TWO)
    enqueue("tests.record", "ours")

    drain()

    places = {target: place for place, target in enumerate(ran)}
    assert places["few 0"] <= 2
    assert places["ours"] <= 2
    assert places["few 2"] <= 6
    many = [target for target in ran if target.startswith("many")]
    assert many == [f"many {number}" for number in range(20, 50)]


def test_jobs_whose_time_comes_together_take_turns_too(moved: MovableClock) -> None:
    ran = recording()
    later = moved.now + timedelta(hours=1)
    for number in range(5):
        enqueue("tests.record", f"many {number}", tenant_id=ONE, run_at=later)
    enqueue("tests.record", "few", tenant_id=TWO, run_at=later)

    moved.by(hours=1)
    drain()

    assert ran.index("few") == 1


def test_a_priority_has_turns_of_its_own() -> None:
    ran = recording()
    for number in range(3):
        enqueue("tests.record", f"high {number}", tenant_id=ONE, priority=1)
    enqueue("tests.record", "usual", tenant_id=TWO)
    enqueue("tests.record", "high of another", tenant_id=TWO, priority=1)

    drain()

    assert ran == ["high 0", "high of another", "high 1", "high 2", "usual"]


def test_a_worker_with_one_free_thread_serves_every_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    orders = iter([["audit", "files"], ["files", "audit"]])

    def put(queues: list[str]) -> None:
        queues[:] = next(orders)

    monkeypatch.setattr("kernel.jobs.claiming.random.shuffle", put)
    for name in ("audit.archive", "files.scan"):
        recording(name)
        enqueue(name)
        enqueue(name)

    assert [found.name for found in (*claim(1), *claim(1))] == ["audit.archive", "files.scan"]


def test_queues_share_the_free_threads_and_what_one_leaves_another_takes() -> None:
    for name, number in (("audit.archive", 1), ("files.scan", 10)):
        recording(name)
        for _ in range(number):
            enqueue(name)

    first = claim(4)
    rest = claim(4 - len(first))

    assert {"audit", "files"} == {found.queue for found in first}
    assert len(first) >= 3
    assert sorted(found.queue for found in (*first, *rest)) == ["audit", "files", "files", "files"]


def test_no_more_of_a_kind_run_at_once_than_it_allows() -> None:
    ran: list[str] = []
    job("tests.slow", at_once=2)(ran.append)
    recording()
    for number in range(4):
        enqueue("tests.slow", f"slow {number}")
    enqueue("tests.record", "other")

    first = claim(10)
    assert targets(first) == ["slow 0", "slow 1", "other"]
    assert claim(10) == []

    services.settle([Ended(first[0])])
    assert targets(claim(10)) == ["slow 2"]
    assert claim(10) == []


def test_a_tenant_has_no_more_of_a_kind_at_once_than_it_allows() -> None:
    job("tests.slow", at_once_per_tenant=1)(lambda _target: None)
    for number in range(3):
        enqueue("tests.slow", f"one {number}", tenant_id=ONE)
    enqueue("tests.slow", "two 0", tenant_id=TWO)
    enqueue("tests.slow", "ours 0")
    enqueue("tests.slow", "ours 1")

    first = claim(10)
    assert sorted(targets(first)) == ["one 0", "ours 0", "two 0"]
    assert claim(10) == []

    services.settle([Ended(found) for found in first if found.target == "ours 0"])
    assert targets(claim(10)) == ["ours 1"]
    services.settle([Ended(found, ZeroDivisionError()) for found in first])
    assert targets(claim(10)) == ["one 1"]


@pytest.mark.parametrize("how", ["lost", "given back", "given back unbegun"])
def test_a_place_is_free_however_a_job_leaves_it(moved: MovableClock, how: str) -> None:
    job("tests.slow", at_once=1, max_attempts=1)(lambda _target: None)
    enqueue("tests.slow", "first")
    enqueue("tests.slow", "second")
    [first] = claim(2)

    if how == "lost":
        moved.by(minutes=1)
        services.recover(known())
        expected = "second"
    elif how == "given back":
        services.give_back([first])
        expected = "first"
    else:
        services.give_back_unbegun([first])
        expected = "first"

    assert targets(claim(2)) == [expected]


def test_thousands_over_their_limit_are_in_nobodys_way(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: object
) -> None:
    monkeypatch.setattr(claiming, "LOOKED_AT", 20)
    job("tests.slow", at_once=1)(lambda _target: None)
    recording()
    for number in range(60):
        enqueue("tests.slow", str(number))
    enqueue("tests.record", "other")

    assert targets(claim(2)) == ["0", "other"]

    assert Job.objects.filter(waits_for=WaitsFor.LIMIT).count() == 59
    with django_assert_max_num_queries(1):  # type: ignore[operator]
        assert claim(2) == []


def test_of_a_queue_that_rests_nothing_is_taken_and_all_is_kept() -> None:
    ran = recording("audit.archive")
    recording("files.scan")
    enqueue("audit.archive", "a")
    enqueue("files.scan")

    assert pause_queue("audit")
    assert not pause_queue("audit")
    assert [found.name for found in claim()] == ["files.scan"]
    assert claim() == []

    assert resume_queue("audit")
    assert not resume_queue("audit")
    drain()
    assert ran == ["a"]


def test_one_job_is_claimed_by_its_id_and_once() -> None:
    recording()
    enqueue("tests.record", "other")
    wanted = enqueue("tests.record", "wanted")
    assert wanted

    found = claiming.claim_one(wanted, known(), worker="one")

    assert found
    assert (found.target, found.state, found.attempts) == ("wanted", JobState.RUNNING, 1)
    assert claiming.claim_one(wanted, known(), worker="two") is None


@pytest.mark.parametrize("why", ["early", "paused", "unknown", "over the limit"])
def test_a_job_that_is_not_to_be_run_now_is_not_claimed_by_its_id(
    moved: MovableClock, why: str
) -> None:
    job("tests.slow", at_once=1)(lambda _target: None)
    if why == "over the limit":
        enqueue("tests.slow")
        claim()
    wanted = enqueue("tests.slow", run_at=moved.now + timedelta(hours=why == "early"))
    if why == "paused":
        pause_queue("tests")

    assert wanted
    here = [] if why == "unknown" else known()
    assert claiming.claim_one(wanted, here, worker="one") is None
    assert Job.objects.get(pk=wanted).state == JobState.QUEUED

    moved.by(hours=1)
    if why == "early":
        assert claiming.claim_one(wanted, here, worker="one")


def test_a_live_key_is_held_until_its_job_has_ended() -> None:
    ran = recording()

    stored = [bool(enqueue("tests.record", target, live_key="k")) for target in ("first", "second")]
    drain()
    stored.append(bool(enqueue("tests.record", "third", live_key="k")))
    [running] = claim()
    stored.append(bool(enqueue("tests.record", "fourth", live_key="k")))
    services.settle([Ended(running)])

    assert stored == [True, False, True, False]
    assert ran == ["first"]


def test_a_claim_reads_on_in_an_index(django_assert_num_queries: object) -> None:
    recording()
    enqueue("tests.record", tenant_id=ONE)
    plan = next_of_plan()

    if connection.vendor == "sqlite":
        assert "INDEX jobs_ready" in plan
        assert "TEMP B-TREE" not in plan
    # Is there something; begin; read; mark; commit is told by no query in a test.
    with django_assert_num_queries(5):  # type: ignore[operator]
        claim()
    assert only_job().state == JobState.RUNNING


def next_of_plan() -> str:
    sql, params = claiming.next_of("tests", ["tests.record"])[:2].query.sql_with_params()
    with connection.cursor() as cursor:
        explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
        cursor.execute(f"{explain} {sql}", params)
        return " ".join(str(row[-1]) for row in cursor.fetchall())
