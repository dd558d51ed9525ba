"""The promises of Django's Tasks, kept by our jobs."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.test import override_settings
from django_tasks import TaskResultStatus, default_task_backend, task_backends
from django_tasks.exceptions import (
    InvalidTaskError,
    TaskResultDoesNotExist,
    TaskResultMismatch,
)
from django_tasks.signals import task_enqueued, task_finished, task_started

from kernel import clock
from kernel.errors import LimitExceededError
from kernel.identity.models import Tenant
from kernel.jobs import services
from kernel.jobs.models import Job
from kernel.jobs.operations import cancel_all
from kernel.jobs.registry import known
from kernel.tasks.backend import JobsBackend
from kernel.tasks.models import TaskCall
from kernel.tasks.upkeep import clear_calls
from kernel.testing.jobs import drain
from tests.kernel.jobs.factories import MovableClock, claim
from tests.kernel.tasks import functions

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_seen() -> None:
    functions.seen.clear()


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> MovableClock:
    """The clock of the kernel."""
    made = MovableClock(clock.now())
    monkeypatch.setattr(clock, "now", lambda: made.now)
    return made


def test_the_default_backend_is_ours_and_can_all_that_there_is() -> None:
    backend = task_backends["default"]

    assert isinstance(backend, JobsBackend)
    assert backend.supports_defer
    assert backend.supports_async_task
    assert backend.supports_get_result
    assert backend.supports_priority


def test_a_call_is_made_by_a_worker_and_its_result_can_be_had() -> None:
    result = functions.add.enqueue(1, two=2)
    assert (result.status, result.is_finished, result.attempts) == ("READY", False, 0)
    assert (result.args, result.kwargs) == ([1], {"two": 2})
    with pytest.raises(ValueError, match="not finished"):
        _ = result.return_value
    assert functions.seen == []

    drain()

    assert functions.seen == [(1, 2)]
    result.refresh()
    assert (result.status, result.return_value, result.attempts) == ("SUCCESSFUL", 3, 1)
    assert result.enqueued_at is not None
    assert result.started_at is not None
    assert result.finished_at is not None
    again = functions.add.get_result(result.id)
    assert (again.return_value, again.task) == (3, functions.add)


def test_a_call_that_is_rolled_back_was_never_made() -> None:
    with transaction.atomic():
        result = functions.add.enqueue(1)
        transaction.set_rollback(True)

    drain()

    assert functions.seen == []
    with pytest.raises(TaskResultDoesNotExist):
        default_task_backend.get_result(result.id)


def test_a_failure_is_kept_with_its_exception_and_not_repeated(moved: MovableClock) -> None:
    result = functions.fail.enqueue()

    drain()
    moved.by(hours=2)
    drain()

    result.refresh()
    assert (result.status, result.attempts) == (TaskResultStatus.FAILED, 1)
    [error] = result.errors
    assert error.exception_class is KeyError
    assert "nothing here" in error.traceback
    with pytest.raises(ValueError, match="failed"):
        _ = result.return_value


def test_what_no_json_holds_is_a_failure() -> None:
    result = functions.unspeakable.enqueue()

    drain()

    result.refresh()
    assert result.status == TaskResultStatus.FAILED
    assert result.errors[0].exception_class is TypeError


def test_a_coroutine_runs_to_its_end() -> None:
    result: Any = functions.later.enqueue()

    drain()

    result.refresh()
    assert result.return_value == "later"


def test_a_context_tells_which_attempt_it_is() -> None:
    result = functions.attempt.enqueue()

    drain()

    result.refresh()
    assert result.return_value == 1


def test_the_greater_priority_goes_first() -> None:
    functions.add.enqueue(1)
    functions.first.enqueue()
    functions.add.using(priority=50).enqueue(2)

    drain()

    assert functions.seen == [(2, 0), "first", (1, 0)]


def test_a_call_waits_for_its_time(moved: MovableClock) -> None:
    result = functions.add.using(run_after=moved.now + timedelta(hours=1)).enqueue(1)

    assert drain() == 0
    moved.by(hours=1)
    drain()

    result.refresh()
    assert result.return_value == 1


def test_a_call_belongs_to_the_tenant_that_made_it(tenant: Tenant) -> None:
    result = functions.add.enqueue(1)

    job = Job.objects.get(pk=result.id)
    assert (job.tenant_id, job.queue, job.name) == (tenant.pk, "default", "default.call_task")
    assert TaskCall.objects.get().tenant_id == tenant.pk


@pytest.mark.parametrize("wrong", ["", "x", str(uuid.UUID(int=1))])
def test_a_result_that_is_not_there_is_said_so(wrong: str) -> None:
    with pytest.raises(TaskResultDoesNotExist):
        default_task_backend.get_result(wrong)


def test_a_result_of_another_task_is_no_result_of_this_one() -> None:
    result = functions.add.enqueue(1)

    with pytest.raises(TaskResultMismatch):
        functions.first.get_result(result.id)


def test_a_cancelled_call_has_failed_and_says_why() -> None:
    result = functions.add.enqueue(1)
    claim()
    cancel_all(Job.objects.all())
    running = Job.objects.get()
    services.settle([services.Ended(running, ZeroDivisionError())])

    result.refresh()

    assert result.status == TaskResultStatus.FAILED


def test_a_call_whose_worker_was_lost_is_not_made_twice(moved: MovableClock) -> None:
    result = functions.add.enqueue(1)
    claim()
    moved.by(minutes=1)
    services.recover(known())

    result.refresh()

    assert result.status == TaskResultStatus.FAILED
    assert result.errors[0].exception_class.__name__ == "WorkerLostError"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"queue_name": "nowhere"}, "Queue 'nowhere' is not valid"),
        ({"priority": 101}, "priority must be a whole number"),
        ({"run_after": datetime(2030, 1, 1)}, "must be an aware datetime"),  # noqa: DTZ001  what is refused
    ],
)
def test_a_call_that_cannot_be_kept_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidTaskError, match=message):
        functions.add.using(**changes)

    assert not Job.objects.exists()


def test_arguments_have_a_limit_and_are_json() -> None:
    anything: Any = functions.add
    with pytest.raises(LimitExceededError):
        anything.enqueue("x" * 20_000)
    with pytest.raises(TypeError):
        anything.enqueue(object())

    assert not Job.objects.exists()


@pytest.fixture
def signals() -> Iterator[list[tuple[str, str]]]:
    """What is told to who listens to the signals of `django_tasks`."""
    told: list[tuple[str, str]] = []
    kinds = {"enqueued": task_enqueued, "started": task_started, "finished": task_finished}
    heard = {
        kind: lambda kind=kind, task_result=None, **_: told.append((kind, task_result.status))
        for kind in kinds
    }
    for kind, signal in kinds.items():
        signal.connect(heard[kind])
    yield told
    for kind, signal in kinds.items():
        signal.disconnect(heard[kind])


def test_the_signals_are_sent(signals: list[tuple[str, str]]) -> None:
    functions.add.enqueue(1)
    functions.fail.enqueue()
    drain()

    assert signals == [
        ("enqueued", "READY"),
        ("enqueued", "READY"),
        ("started", "RUNNING"),
        ("finished", "SUCCESSFUL"),
        ("started", "RUNNING"),
        ("finished", "FAILED"),
    ]


def test_a_backend_of_its_own_has_its_queues_and_attempts(moved: MovableClock) -> None:
    more = {
        "BACKEND": "kernel.tasks.backend.JobsBackend",
        "QUEUES": ["reports"],
        "OPTIONS": {"max_attempts": 3},
    }
    with override_settings(TASKS={"default": more}):
        result = functions.fail.using(queue_name="reports").enqueue()
        for _ in range(5):
            drain()
            moved.by(hours=1)
        result.refresh()

    assert (result.status, result.attempts) == (TaskResultStatus.FAILED, 3)
    assert Job.objects.get().queue == "reports"


def test_a_queue_that_no_job_can_have_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"a queue is called \[a-z\]\+"):
        JobsBackend("other", {"QUEUES": ["High Priority"]})


def test_calls_go_with_their_jobs(moved: MovableClock) -> None:
    kept, gone = functions.add.enqueue(1), functions.add.enqueue(2)
    moved.by(days=8)
    young = functions.add.enqueue(3)
    Job.objects.filter(pk__in=[gone.id, young.id]).delete()

    clear_calls("")

    assert {str(pk) for pk in TaskCall.objects.values_list("pk", flat=True)} == {kept.id, young.id}
