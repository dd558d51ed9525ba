"""What is done in a run: a chore, a mutation, a webhook, an event, or waiting for a ping."""

import time
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
from django.db import transaction

from apps.scheduler.errors import AnsweredError, AnsweredLaterError, WorkFailedError
from apps.scheduler.models import JobRun, JobSchedule, TargetKind
from apps.scheduler.services.following import parameters_of
from apps.scheduler.services.lines import tell
from apps.scheduler.services.rights import acting_for
from apps.scheduler.services.works import is_stale, stop_begun
from contracts.scheduler import ScheduleFired
from contracts.webhooks import webhook_headers
from kernel import clock
from kernel.chores import client
from kernel.chores.services import Begun
from kernel.events.publishing import publish
from kernel.http import passes, seconds_to_wait
from kernel.mesh.changes import ERROR, asking_for_error
from kernel.mesh.client import RemoteError, mesh
from kernel.outbound.client import fetch
from kernel.outbound.limits import Limits
from kernel.secrets.reading import read_secret

PURPOSE = "scheduler_webhook"
LONGEST_CALL = timedelta(minutes=5)
MOST_ANSWER_BYTES = 100_000
#: Of an answer that is kept.
MOST_KEPT = 2_000
#: In bytes; of what a longer one told its length is kept.
MOST_KEPT_OF_CHANGE = 20_000


def do_target(schedule: JobSchedule, run: JobRun) -> Begun:
    """Do what a run is for, outside of any transaction, and return what came of it.

    Raises a DomainError. Done twice for one run, it has the key of the run both times.
    """
    parameters = parameters_of(schedule, run)
    match schedule.target_kind:
        case TargetKind.CHORE:
            return _do_chore(schedule, run, parameters)
        case TargetKind.GRAPHQL:
            return Begun(_change(schedule, run, parameters), goes_on=False)
        case TargetKind.WEBHOOK:
            return Begun(_post(schedule, run, parameters), goes_on=False)
    return Begun(_tell(schedule, run, parameters), goes_on=False)


def _do_chore(schedule: JobSchedule, run: JobRun, parameters: dict[str, Any]) -> Begun:
    if is_stale(run):
        # What took too long may still go on, and is not to meet what is begun now.
        stop_begun(run)
    # Asked for once more under the same key, it would tell of the work that came to nothing.
    key = f"run:{run.pk}:{run.begun_anew}" if run.begun_anew else f"run:{run.pk}"
    with acting_for(schedule, run):
        return client.do(schedule.target, parameters, key=key)


def _change(schedule: JobSchedule, run: JobRun, parameters: dict[str, Any]) -> Mapping[str, Any]:
    document = asking_for_error(schedule.target, schedule.document)
    try:
        with acting_for(schedule, run):
            data = mesh.change(schedule.target, document, parameters, key=f"run:{run.pk}")
    except RemoteError as error:
        raise WorkFailedError(str(error), error.remote_code) from None
    (told,) = data.values()
    refused = told.pop(ERROR, None) if isinstance(told, dict) else None
    if refused is not None:
        raise WorkFailedError(refused["message"], refused["code"])
    size = len(orjson.dumps(data))
    return data if size <= MOST_KEPT_OF_CHANGE else {"bytes": size}


def _post(schedule: JobSchedule, run: JobRun, parameters: dict[str, Any]) -> Mapping[str, Any]:
    now = clock.now()
    body = orjson.dumps(
        {
            "type": "schedule.fired",
            "timestamp": now,
            "data": {
                "scheduleId": str(schedule.pk),
                "runId": str(run.pk),
                "name": schedule.name,
                "fireTime": run.fire_time,
                "attempt": run.attempt,
                "parameters": parameters,
            },
        }
    )
    headers = {"Content-Type": "application/json"}
    if schedule.webhook_secret is not None:
        secret = read_secret(schedule, "webhook_secret", purpose="sign a webhook", shown=False)
        headers = webhook_headers(secret, str(run.pk), now, body)
    host = urlsplit(schedule.target).hostname or ""
    tell(run, f"attempt {run.attempt} of {schedule.maximum_attempts}: POST to {host}")
    begun = time.perf_counter()
    answer = fetch(
        "POST",
        schedule.target,
        purpose=PURPOSE,
        body=body,
        headers=headers | {"Idempotency-Key": str(run.pk)},
        limits=_limits(schedule),
    )
    tell(run, f"{host} answers {answer.status} after {time.perf_counter() - begun:.2f} s")
    kept = answer.body[:MOST_KEPT].decode("utf-8", "replace")
    if 200 <= answer.status < 300:
        return {"status": answer.status, "body": kept}
    told = f"the webhook answers {answer.status}"
    if not passes(answer.status):
        raise AnsweredError(told)
    later = AnsweredLaterError(told)
    seconds = seconds_to_wait(answer.headers.get("Retry-After", ""))
    if seconds is not None:
        later.retry_after_seconds = seconds
    raise later


def _limits(schedule: JobSchedule) -> Limits:
    total = min(timedelta(seconds=schedule.timeout_seconds), LONGEST_CALL)
    return Limits(
        connect=min(total, timedelta(seconds=5)),
        idle=total,
        total=total,
        response_bytes=MOST_ANSWER_BYTES,
    )


@transaction.atomic
def _tell(schedule: JobSchedule, run: JobRun, parameters: dict[str, Any]) -> Mapping[str, Any]:
    told = publish(
        ScheduleFired(
            schedule_id=str(schedule.pk),
            run_id=str(run.pk),
            name=schedule.name,
            fire_time=run.fire_time.isoformat(),
            parameters=orjson.dumps(parameters).decode(),
        )
    )
    return {"event": str(told)}
