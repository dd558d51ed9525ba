"""Jobs that are done together: claimed beside each other, and each settled by itself."""

from collections.abc import Mapping, Sequence

import pytest

from kernel.celery.batch import Batch
from kernel.ids import new_id
from kernel.jobs.ahead import Ahead
from kernel.jobs.models import Job
from kernel.jobs.registry import TIMEOUT, job, known, together
from kernel.jobs.running import Running
from kernel.jobs.services import enqueue, recover
from kernel.jobs.watching import GRACE_SECONDS
from kernel.jobs.worker import Worker
from kernel.testing.jobs import drain
from tests.kernel.jobs.factories import MovableClock, claim, recording

pytestmark = pytest.mark.django_db

NAME = "tests.many"


def many(*bad: str, most: int = 3) -> list[list[str]]:
    """Register a job of which these fail; return the list of those that were done together."""
    ran: list[list[str]] = []

    @together(NAME, most=most)
    def do(targets: Sequence[str]) -> Mapping[str, Exception]:
        ran.append(list(targets))
        return {one: ValueError(one) for one in targets if one in bad}

    return ran


def stand() -> list[tuple[str, str, int]]:
    return list(Job.objects.order_by("target").values_list("target", "state", "attempts"))


def test_one_is_claimed_with_those_that_go_with_it() -> None:
    ran = many()
    for target in "abcde":
        enqueue(NAME, target)

    assert drain() == 5

    assert ran == [["a", "b", "c"], ["d", "e"]]
    assert {state for _, state, _ in stand()} == {"done"}


def test_only_those_of_one_tenant_and_priority_go_together() -> None:
    many()
    recording()
    tenant = new_id()
    enqueue(NAME, "urgent", priority=5)
    for target in ("x", "y"):
        enqueue(NAME, target, tenant_id=tenant)
        enqueue(NAME, f"{target} of nobody")
    enqueue("tests.record", "other")

    claimed = [sorted(job.target for job in claim(1)) for _ in range(4)]

    assert claimed[0] == ["urgent"]
    assert sorted(claimed[1:]) == [["other"], ["x", "y"], ["x of nobody", "y of nobody"]]


def test_one_that_fails_is_tried_again_alone_and_the_others_are_done(moved: MovableClock) -> None:
    ran = many("b")
    for target in "abc":
        enqueue(NAME, target)
    drain()
    moved.by(minutes=1)
    enqueue(NAME, "d")
    drain()

    assert ran[0] == ["a", "b", "c"]
    assert sorted(ran[1:]) == [["b"], ["d"]]
    assert stand() == [("a", "done", 1), ("b", "queued", 2), ("c", "done", 1), ("d", "done", 1)]


def test_what_is_raised_is_the_error_of_each(moved: MovableClock) -> None:
    @together(NAME, most=3)
    def do(targets: Sequence[str]) -> Mapping[str, Exception]:
        if len(targets) > 1:
            raise ZeroDivisionError
        return {}

    for target in "ab":
        enqueue(NAME, target)
    drain()
    assert [state for _, state, _ in stand()] == ["queued"] * 2
    moved.by(minutes=1)
    drain()

    assert stand() == [("a", "done", 2), ("b", "done", 2)]


def test_those_of_a_lost_worker_go_alone(moved: MovableClock) -> None:
    ran = many()
    for target in "abc":
        enqueue(NAME, target)
    claim(1, worker="gone")
    moved.by(minutes=1)
    assert recover(known()) == 3
    drain()

    assert sorted(ran) == [["a"], ["b"], ["c"]]


def test_those_together_keep_one_thread_of_a_worker_busy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kernel.jobs.worker.connections.close_all", lambda: None)
    ran = many(most=2)
    for target in "abcdef":
        enqueue(NAME, target)
    worker = Worker(2)

    assert [worker.step(), worker.step()] == [4, 0]
    group = worker._begun.get_nowait()
    assert group
    assert all(one.begin() for one in group)
    assert worker._done(group)
    worker.step()

    assert ran == [["a", "b"]]
    assert [state for _, state, _ in stand()] == ["done"] * 2 + ["running"] * 4


def a_set(monkeypatch: pytest.MonkeyPatch) -> tuple[Worker, list[Running], list[object]]:
    """Return a worker whose thread has begun three that are done together, and its interrupts."""
    interrupts: list[object] = []
    monkeypatch.setattr("kernel.jobs.worker.connections.close_all", lambda: None)
    monkeypatch.setattr(
        "kernel.jobs.running.ctypes.pythonapi.PyThreadState_SetAsyncExc",
        lambda *told: interrupts.append(told),
    )
    many()
    for target in "abc":
        enqueue(NAME, target)
    worker = Worker(1)
    monkeypatch.setattr(worker, "_replace", lambda _ident: None)
    worker.step()
    group = worker._begun.get_nowait()
    assert group
    assert all(one.begin() for one in group)
    return worker, group, interrupts


def watched(worker: Worker) -> None:
    worker._next_watch = 0
    worker.step()
    worker.step()


@pytest.mark.parametrize("target", ["a", "b"])
def test_to_cancel_one_that_is_done_with_others_does_not_end_them(
    monkeypatch: pytest.MonkeyPatch, moved: MovableClock, target: str
) -> None:
    monkeypatch.setattr("kernel.jobs.running.time.monotonic", moved.seconds)
    worker, group, interrupts = a_set(monkeypatch)
    Job.objects.filter(target=target).update(cancel_asked_at=moved.now)
    for _ in range(3):
        watched(worker)
        moved.by(seconds=GRACE_SECONDS)
    assert worker._done(group)
    worker.step()

    assert interrupts == []
    assert {state for _, state, _ in stand()} == {"done"}


def test_those_done_together_take_too_long_together(
    monkeypatch: pytest.MonkeyPatch, moved: MovableClock
) -> None:
    monkeypatch.setattr("kernel.jobs.running.time.monotonic", moved.seconds)
    worker, group, interrupts = a_set(monkeypatch)
    moved.by(seconds=TIMEOUT.total_seconds() + 1)
    watched(worker)
    moved.by(seconds=GRACE_SECONDS + 1)
    watched(worker)

    assert len(interrupts) == 1
    assert {state for _, state, _ in stand()} == {"queued"}
    assert not any(one.finish() for one in group)


def test_a_thread_that_says_that_some_are_over_is_not_interrupted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, group, interrupts = a_set(monkeypatch)
    assert group[0].finish()

    assert [one.abandon() for one in group] == [[], [], []]

    assert interrupts == []
    assert all(one.finish() for one in group[1:])


def test_a_shift_of_celery_does_them_together() -> None:
    ran = many()
    for target in "abcd":
        enqueue(NAME, target)
    batch = Batch(claim(2))
    batch.do()
    batch.settle(Ahead())

    assert ran == [["a", "b", "c"], ["d"]]
    assert {state for _, state, _ in stand()} == {"done"}


def test_a_name_stands_for_one_function() -> None:
    job(NAME)(lambda _target: None)

    with pytest.raises(ValueError, match="two jobs"):
        many()
    with pytest.raises(ValueError, match="at least two"):
        many(most=1)
