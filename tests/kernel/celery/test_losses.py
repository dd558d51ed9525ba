"""What workers and brokers lose is found; what is too much does no harm."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import redis

from tests.devservices.fixtures import Servers, own_servers
from tests.kernel.celery.conftest import (
    Console,
    Worker,
    children_of,
    open_console,
    told_to_stop,
    waiting,
)

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]

LEASE_SECONDS = 3


@pytest.fixture
def celery_environment(celery_environment: dict[str, str]) -> dict[str, str]:
    """A lease that a test can wait for."""
    return celery_environment | {"LEASE_SECONDS": str(LEASE_SECONDS)}


@pytest.fixture
def mortal() -> Iterator[Servers]:
    """Servers that this test may kill."""
    with own_servers() as started:
        yield started


def test_a_killed_worker_loses_none_of_its_jobs(
    console: Console, celery: Worker, gate: Path
) -> None:
    with celery() as first, celery() as second:
        console("enqueue", "tests.wait", "a", "b", "c", "d")
        assert sorted(console("effects", 4)) == [f"began {target}" for target in "abcd"]
        processes = children_of(first.pid)

        first.kill()
        first.wait()
        killed = time.monotonic()
        gate.touch()
        shown = console("ended")
        recovered = time.monotonic() - killed
        told_to_stop(second)

        assert not any(alive(pid) for pid in processes)
    assert sorted(attempts for *_, attempts in shown) == [1, 1, 2, 2]
    assert {state for _, _, state, _ in shown} == {"done"}
    effects = console("effects")
    assert sorted(line for line in effects if line.startswith("ended")) == [
        f"ended {target}" for target in "abcd"
    ]
    assert recovered < LEASE_SECONDS + 5


def test_the_job_of_a_killed_process_of_the_pool_is_done_by_another(
    console: Console, celery: Worker, gate: Path
) -> None:
    with celery() as worker:
        console("enqueue", "tests.wait", "some-id")
        console("effects", 1)
        for pid in children_of(worker.pid):
            os.kill(pid, signal.SIGKILL)
        killed = time.monotonic()

        console("effects", 2)
        assert time.monotonic() - killed < LEASE_SECONDS + 5
        gate.touch()
        assert console("ended") == [["tests.wait", "some-id", "done", 2]]


def test_a_process_of_the_pool_that_is_told_to_end_ends_and_its_job_is_tried_again(
    console: Console, celery: Worker, gate: Path
) -> None:
    with celery() as worker:
        console("enqueue", "tests.wait", "some-id")
        console("effects", 1)
        told = children_of(worker.pid)
        for pid in told:
            os.kill(pid, signal.SIGTERM)

        console("effects", 2)
        gate.touch()
        assert console("ended") == [["tests.wait", "some-id", "done", 2]]
        # It waits 30 s at the most for its results to be fetched.
        give_up = time.monotonic() + 40
        while any(alive(pid) for pid in told):
            assert time.monotonic() < give_up
            time.sleep(0.1)


def test_a_job_that_ended_in_a_process_told_to_end_is_not_held_by_it(
    console: Console, celery: Worker
) -> None:
    """The process lives on, and once renewed the lease as long as it did."""
    with celery():
        console("enqueue", "tests.told", "some-id")
        console("effects", 1)
        told = time.monotonic()

        console("effects", 2)
        assert time.monotonic() - told < LEASE_SECONDS + 5
        assert console("ended") == [["tests.told", "some-id", "done", 2]]


def test_messages_that_nobody_asked_for_do_nothing(console: Console, celery: Worker) -> None:
    with celery():
        console("messages", 50)
        console("enqueue", "tests.record", *"abc")
        console("messages", 50)

        shown = console("ended")

    assert shown == [["tests.record", target, "done", 1] for target in "abc"]
    assert sorted(console("effects")) == ["a", "b", "c"]


def test_what_waits_in_the_table_does_not_fill_the_broker(
    console: Console, celery: Worker, broker_url: str
) -> None:
    targets = [str(number) for number in range(250)]
    console("enqueue", "tests.record", *targets)
    while waiting(broker_url) < 100:
        pass
    console("messages", 1_000)
    assert waiting(broker_url) == 100

    with celery():
        assert {state for _, _, state, _ in console("ended")} == {"done"}
    assert sorted(console("effects"), key=int) == targets


def test_a_broker_that_lost_all_it_had_loses_no_job(
    console: Console, celery: Worker, broker_url: str
) -> None:
    console("enqueue", "tests.record", *"abc")
    console("messages", 10)
    with redis.Redis.from_url(broker_url) as client:
        client.flushall()

    with celery():
        assert {state for _, _, state, _ in console("ended")} == {"done"}
    assert sorted(console("effects")) == ["a", "b", "c"]


def test_a_broker_that_is_killed_slows_nobody_and_jobs_go_on_after_it(
    mortal: Servers, celery_environment: dict[str, str], celery: Worker
) -> None:
    url = mortal.up("redis")["REDIS_URL"]
    for console in open_console(celery_environment | {"CELERY_BROKER_URL": url}):
        with celery(CELERY_BROKER_URL=url) as worker:
            console("enqueue", "tests.record", "before")
            console("ended")
            mortal.do("kill", "redis")

            slowest = max(console("timed", "tests.record", str(number)) for number in range(20))
            assert waits(console) == 20
            # Not `start`, which would bring its data back.
            assert mortal.up("redis")["REDIS_URL"] == url

            shown = console("ended")
            assert slowest < 0.2
            assert [attempts for *_, attempts in shown] == [1] * 21
            told_to_stop(worker)


def test_a_broker_that_hangs_slows_nobody(
    mortal: Servers, celery_environment: dict[str, str], celery: Worker
) -> None:
    url = mortal.up("redis")["REDIS_URL"]
    for console in open_console(celery_environment | {"CELERY_BROKER_URL": url}):
        with celery(CELERY_BROKER_URL=url):
            console("enqueue", "tests.record", "before")
            console("ended")
            mortal.do("pause", "redis")

            slowest = max(console("timed", "tests.record", str(number)) for number in range(20))
            mortal.do("resume", "redis")

            shown = console("ended")
            assert slowest < 0.2
            assert [attempts for *_, attempts in shown] == [1] * 21


def test_a_worker_told_to_stop_lets_its_jobs_end_and_begins_no_other(
    console: Console, celery: Worker, gate: Path
) -> None:
    with celery() as worker:
        console("enqueue", "tests.wait", "a", "b", "c")
        console("effects", 2)

        worker.send_signal(signal.SIGTERM)
        gate.touch()
        told_to_stop(worker)

    shown = console("show")
    assert sorted((state, attempts) for _, _, state, attempts in shown) == [
        ("done", 1),
        ("done", 1),
        ("queued", 0),
    ]


def test_a_worker_told_to_stop_gives_back_what_takes_too_long(
    console: Console, celery: Worker
) -> None:
    with celery(STOP_TIMEOUT="100ms") as worker:
        console("enqueue", "tests.wait", "some-id")
        console("effects", 1)

        said = told_to_stop(worker)

    assert "1 jobs outlast the stop and are given back" in said
    assert console("show") == [["tests.wait", "some-id", "queued", 1]]


def alive(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return True
    return False


def waits(console: Console) -> int:
    return sum(state == "queued" for _, _, state, _ in console("show"))
