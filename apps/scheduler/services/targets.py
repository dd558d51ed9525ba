"""What is done in a run: a chore, a webhook, an event, or waiting for a ping."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
from django.db import transaction

from apps.scheduler.errors import AnsweredError, AnsweredLaterError
from apps.scheduler.models import JobRun, JobSchedule, TargetKind
from contracts.scheduler import ScheduleFired
from contracts.webhooks import webhook_headers
from kernel import clock
from kernel.chores import client
from kernel.events.publishing import publish
from kernel.identity.rights import remaining_rights
from kernel.outbound.client import fetch
from kernel.outbound.limits import Limits
from kernel.secrets.reading import read_secret
from kernel.tenancy.context import Principal, acting_as, current_tenant_id

PURPOSE = "scheduler_webhook"
LONGEST_CALL = timedelta(minutes=5)
MOST_ANSWER_BYTES = 100_000
#: Of an answer that is kept.
MOST_KEPT = 2_000
#: Answers of a receiver that may be asked again (RFC 9110; Standard Webhooks).
_ASK_AGAIN = frozenset({408, 425, 429})


def do_target(schedule: JobSchedule, run: JobRun) -> Mapping[str, Any] | None:
    """Do what a run is for, outside of any transaction, and return what came of it.

    None where that is told later. Raises a DomainError. Done twice for one run, it has the key of
    the run both times.
    """
    match schedule.target_kind:
        case TargetKind.CHORE:
            return _do_chore(schedule, run)
        case TargetKind.WEBHOOK:
            return _post(schedule, run)
        case TargetKind.EVENT:
            return _tell(schedule, run)
    return None


def _do_chore(schedule: JobSchedule, run: JobRun) -> Mapping[str, Any]:
    with acting_as(_principal(schedule, run)):
        return client.do(schedule.target, run.parameters, key=f"run:{run.pk}")


def _principal(schedule: JobSchedule, run: JobRun) -> Principal:
    """Return who asked, with what they may still do; what we made ourselves has its chore alone."""
    if run.asked_by:
        return remaining_rights(run.asked_by)
    service = schedule.target.partition(".")[0]
    return Principal(
        kind="system",
        id="scheduler",
        name="scheduler",
        tenant_id=current_tenant_id(),
        scopes=frozenset({f"{service}:read", f"{service}:write"}),
    )


def _post(schedule: JobSchedule, run: JobRun) -> Mapping[str, Any]:
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
                "parameters": run.parameters,
            },
        }
    )
    headers = {"Content-Type": "application/json"}
    if schedule.webhook_secret is not None:
        secret = read_secret(schedule, "webhook_secret", purpose="sign a webhook", shown=False)
        headers = webhook_headers(secret, str(run.pk), now, body)
    answer = fetch(
        "POST",
        schedule.target,
        purpose=PURPOSE,
        body=body,
        headers=headers | {"Idempotency-Key": str(run.pk)},
        limits=_limits(schedule),
    )
    kept = answer.body[:MOST_KEPT].decode("utf-8", "replace")
    if 200 <= answer.status < 300:
        return {"status": answer.status, "body": kept}
    again = answer.status >= 500 or answer.status in _ASK_AGAIN
    raise (AnsweredLaterError if again else AnsweredError)(f"the webhook answers {answer.status}")


def _limits(schedule: JobSchedule) -> Limits:
    total = min(timedelta(seconds=schedule.timeout_seconds), LONGEST_CALL)
    return Limits(
        connect=min(total, timedelta(seconds=5)),
        idle=total,
        total=total,
        response_bytes=MOST_ANSWER_BYTES,
    )


@transaction.atomic
def _tell(schedule: JobSchedule, run: JobRun) -> Mapping[str, Any]:
    told = publish(
        ScheduleFired(
            schedule_id=str(schedule.pk),
            run_id=str(run.pk),
            name=schedule.name,
            fire_time=run.fire_time.isoformat(),
            parameters=orjson.dumps(run.parameters).decode(),
        )
    )
    return {"event": str(told)}
