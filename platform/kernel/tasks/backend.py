"""A backend of `django_tasks`: enqueue, results, priorities, times and queues, on our jobs."""

import json
import re
from traceback import format_exception
from typing import Any
from uuid import UUID

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.utils.module_loading import import_string
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskContext, TaskError, TaskResult, TaskResultStatus
from django_tasks.exceptions import TaskResultDoesNotExist
from django_tasks.signals import task_enqueued, task_finished, task_started
from django_tasks.utils import get_module_path, normalize_json

from kernel.errors import LimitExceededError, NotFoundError
from kernel.jobs import errors
from kernel.jobs.models import Job, JobState
from kernel.jobs.registry import job
from kernel.jobs.running import current_job
from kernel.jobs.services import new_job, store
from kernel.tasks.models import TaskCall

#: Arguments are ids and short texts; what is longer belongs into a row of its own.
MOST_ARGUMENT_CHARACTERS = 16_384
MOST_TRACEBACK_CHARACTERS = 8_000

_QUEUE = re.compile(r"[a-z]+")
_STATUS = {
    JobState.QUEUED: TaskResultStatus.READY,
    JobState.RUNNING: TaskResultStatus.RUNNING,
    JobState.DONE: TaskResultStatus.SUCCESSFUL,
    JobState.FAILED: TaskResultStatus.FAILED,
    JobState.CANCELLED: TaskResultStatus.FAILED,
}
#: What ends a job without an exception of its task.
_ENDS = {
    found.code: get_module_path(found)
    for found in (errors.WorkerLostError, errors.JobTimedOutError, errors.JobCancelledError)
}


class JobsBackend(BaseTaskBackend):
    """Tasks as jobs, in the caller's transaction.

    A task runs once: nobody has said that it may run twice. The option `max_attempts` says so, of
    all tasks of the backend.
    """

    supports_defer = True
    supports_async_task = True
    supports_get_result = True
    supports_priority = True

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        for queue in self.queues:
            if not _QUEUE.fullmatch(queue):
                raise ImproperlyConfigured(f"TASKS: a queue is called [a-z]+, found {queue!r}")
            job(_job_of(queue), max_attempts=self.options.get("max_attempts", 1))(call_task)

    def enqueue(self, task: Task[..., Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        """Store a call and its job; it runs when the caller's transaction is committed."""
        self.validate_task(task)
        given = normalize_json(list(args)), normalize_json(dict(kwargs))
        if len(json.dumps(given)) > MOST_ARGUMENT_CHARACTERS:
            raise LimitExceededError(
                f"the arguments of a task have at most {MOST_ARGUMENT_CHARACTERS} characters"
            )
        made = new_job(_job_of(task.queue_name), priority=task.priority, run_at=task.run_after)
        made.target = str(made.pk)
        with transaction.atomic():
            call = TaskCall.objects.create(
                pk=made.pk,
                tenant_id=made.tenant_id,
                task_path=task.module_path,
                backend=self.alias,
                takes_args=given[0],
                takes_kwargs=given[1],
            )
            store(made)
        result = _result(task, call, made)
        task_enqueued.send(type(self), task_result=result)
        return result

    def get_result(self, result_id: str) -> TaskResult[Any]:
        """Return how a call stands; raises TaskResultDoesNotExist."""
        try:
            key = UUID(result_id)
        except ValueError:
            raise TaskResultDoesNotExist(result_id) from None
        call = TaskCall.objects.filter(pk=key, backend=self.alias).first()
        found = Job.objects.filter(pk=key).first()
        if call is None or found is None:
            raise TaskResultDoesNotExist(result_id)
        return _result(_task(call, found), call, found)


def call_task(target: str) -> None:
    """Make the call of this id, and keep what came of it."""
    call = TaskCall.objects.filter(pk=target).first()
    made = Job.objects.filter(pk=target).first()
    if call is None or made is None:
        raise NotFoundError(f"no call {target}")
    task = _task(call, made)
    call.worker_ids = [*call.worker_ids, current_job().job.worker]
    call.save(update_fields=["worker_ids"])
    sender = type(task.get_backend())
    result = _result(task, call, made)
    task_started.send(sender, task_result=result)
    context = [TaskContext(task_result=result)] if task.takes_context else []
    try:
        returned = task.call(*context, *call.takes_args, **call.takes_kwargs)
        call.returned = normalize_json(returned)
    except Exception as error:
        told = "".join(format_exception(error))[-MOST_TRACEBACK_CHARACTERS:]
        call.errors = [*call.errors, [get_module_path(type(error)), told.replace("\0", "")]]
        call.save(update_fields=["errors"])
        made.state = JobState.FAILED
        task_finished.send(sender, task_result=_result(task, call, made))
        raise
    call.save(update_fields=["returned"])
    made.state = JobState.DONE
    task_finished.send(sender, task_result=_result(task, call, made))


def _job_of(queue: str) -> str:
    return f"{queue}.call_task"


def _task(call: TaskCall, made: Job) -> Task[..., Any]:
    task: Task[..., Any] = import_string(call.task_path)
    return task.using(priority=made.priority, queue_name=made.queue, backend=call.backend)


def _result(task: Task[..., Any], call: TaskCall, made: Job) -> TaskResult[Any]:
    told = [tuple(one) for one in call.errors]
    code = made.last_error.partition(":")[0]
    if _STATUS[JobState(made.state)] == TaskResultStatus.FAILED and code in _ENDS:
        told.append((_ENDS[code], made.last_error))
    result: TaskResult[Any] = TaskResult(
        task=task,
        id=str(call.pk),
        status=_STATUS[JobState(made.state)],
        enqueued_at=made.created_at,
        started_at=made.started_at,
        finished_at=made.finished_at,
        last_attempted_at=made.started_at,
        args=call.takes_args,
        kwargs=call.takes_kwargs,
        backend=call.backend,
        errors=[TaskError(exception_class_path=path, traceback=text) for path, text in told],
        worker_ids=list(call.worker_ids),
    )
    object.__setattr__(result, "_return_value", call.returned)
    return result
