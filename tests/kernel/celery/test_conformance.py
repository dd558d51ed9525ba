"""Jobs keep their promises whoever carries them: threads that look, or Celery's pools and Redis."""

import json
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.kernel.celery.conftest import Console, Worker, children_of, open_console, working
from tests.nights import at_night

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=["threads", "celery", *at_night("celery -P threads")])
def carrier(request: pytest.FixtureRequest) -> str:
    """Who carries jobs."""
    return str(request.param)


@pytest.fixture
def given(carrier: str, request: pytest.FixtureRequest) -> dict[str, str]:
    """What the processes of this carrier are given."""
    if carrier == "threads":
        return dict(request.getfixturevalue("environment"))
    _, _, pool = carrier.partition(" -P ")
    return {**request.getfixturevalue("celery_environment"), "POOL": pool or "prefork"}


@pytest.fixture
def console(given: dict[str, str]) -> Iterator[Console]:
    """A console of processes with this carrier."""
    yield from open_console(given)


@pytest.fixture
def worker(carrier: str, given: dict[str, str]) -> Worker:
    """Start a worker of this carrier for two jobs at a time."""
    return lambda **more: working(carrier.partition(" ")[0], given | more)


def test_a_job_runs_once(console: Console, worker: Worker) -> None:
    targets = [str(number) for number in range(30)]
    with worker(), worker():
        console("enqueue", "tests.record", *targets)

        shown = console("ended")

    assert shown == [["tests.record", target, "done", 1] for target in targets]
    assert sorted(console("effects"), key=int) == targets


def test_what_was_enqueued_before_there_was_a_worker_is_done(
    console: Console, worker: Worker
) -> None:
    console("enqueue", "tests.record", "early")

    with worker():
        assert console("ended") == [["tests.record", "early", "done", 1]]


def test_a_failure_is_tried_again(console: Console, worker: Worker) -> None:
    with worker():
        console("enqueue", "tests.heal", "some-id")

        assert console("ended") == [["tests.heal", "some-id", "done", 2]]
    assert console("effects") == ["some-id", "some-id"]


def test_a_key_is_held_by_one_job(console: Console, worker: Worker) -> None:
    with worker():
        stored = console("enqueue", "tests.record", "first", "second", key="the only one")

        assert stored == [True, False]
        assert console("ended") == [["tests.record", "first", "done", 1]]


def test_a_job_runs_in_its_tenant_under_its_own_id_and_in_a_process_that_works(
    console: Console, worker: Worker
) -> None:
    tenant = str(uuid4())
    with worker() as process:
        console("enqueue", "tests.tell", "", tenant=tenant)
        console("enqueue", "tests.tell", "")
        console("ended")
        children = {process.pid, *children_of(process.pid)}

    told = [json.loads(line) for line in console("effects")]
    assert sorted(tenant for _, _, tenant in told) == ["", tenant]
    assert len({job_id for _, job_id, _ in told}) == 2
    assert {pid for pid, _, _ in told} <= children


def test_a_job_of_a_newer_release_waits_for_a_worker_that_knows_it(
    console: Console, worker: Worker
) -> None:
    console("enqueue", "tests.later", "new")
    with worker(OLD="1"):
        console("enqueue", "tests.record", "old")
        assert console("done", 1) == [
            ["tests.later", "new", "queued", 0],
            ["tests.record", "old", "done", 1],
        ]

        with worker():
            assert console("ended") == [
                ["tests.later", "new", "done", 1],
                ["tests.record", "old", "done", 1],
            ]


def test_a_job_for_later_waits_for_its_time(console: Console, worker: Worker) -> None:
    with worker():
        console("enqueue", "tests.record", "later", in_seconds=1.5)
        console("enqueue", "tests.record", "now")

        console("ended")

    assert console("effects") == ["now", "later"]


def test_the_greater_priority_goes_first(console: Console, worker: Worker) -> None:
    console("enqueue", "tests.record", *"abcdefgh")
    console("enqueue", "tests.record", "urgent", priority=10)

    with worker(WORKER_THREADS="1"):
        console("ended")

    assert console("effects") == ["urgent", *"abcdefgh"]


def test_a_job_that_is_cancelled_while_it_runs_ends(console: Console, worker: Worker) -> None:
    with worker():
        console("enqueue", "tests.patient", "some-id")
        console("effects", 1)

        assert console("cancel", "some-id") == 1

        assert console("ended") == [["tests.patient", "some-id", "cancelled", 1]]


def test_a_job_that_takes_too_long_fails_and_holds_up_no_other(
    console: Console, worker: Worker
) -> None:
    with worker(WORKER_THREADS="1"):
        console("enqueue", "tests.deaf", "deaf")
        console("effects", 1)
        console("enqueue", "tests.record", "next")

        shown = console("ended")

    assert shown == [["tests.deaf", "deaf", "failed", 1], ["tests.record", "next", "done", 1]]
    assert console("errors") == ["JOB_TIMED_OUT: attempt 1 took over 1 s", ""]
