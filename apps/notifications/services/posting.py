"""An event is posted to an endpoint, and what came of it written down.

Between the endpoint's yes and our commit is a gap that nobody can close: killed in it, an event is
posted again, with the same `Webhook-Id`.
"""

import random
import time
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from apps.notifications.adapters.endpoints import NotTakenError
from apps.notifications.adapters.endpoints import post as post_to
from apps.notifications.conf import WEBHOOK_FAILING
from apps.notifications.domain.posting import MOST_ATTEMPTS, pause, rest
from apps.notifications.domain.webhooks import signed
from apps.notifications.errors import EndpointDisabledError
from apps.notifications.metrics import posted
from apps.notifications.models import DeliveryState, EndpointState, WebhookDelivery, WebhookEndpoint
from apps.notifications.selectors.secrets import secrets_of
from apps.notifications.services.endpoints import give_up
from apps.notifications.services.forwarding import POST, target_of
from contracts.webhook_endpoints import WebhookDeliveryFailed
from kernel import clock
from kernel.errors import DomainError
from kernel.events.publishing import publish
from kernel.faults import fault_point
from kernel.jobs.services import enqueue
from kernel.outbound.errors import OutboundRefusedError

#: When an endpoint has taken something is written down so often, and after each failure.
_NOTED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of an attempt."""

    milliseconds: int
    status: int | None = None
    error: NotTakenError | None = None


def post(delivery_id: UUID, round_: int) -> None:
    """Post an event if it is still to be; a job of a former round changes nothing."""
    delivery = _take(delivery_id, round_)
    if delivery is None:
        return
    fault_point("notifications-post-taken")
    outcome = _posted(delivery)
    fault_point("notifications-posted")
    if outcome.error is None:
        _note_delivered(delivery_id, round_, outcome)
    else:
        _note_failure(delivery_id, round_, outcome, outcome.error)


def _posted(delivery: WebhookDelivery) -> _Outcome:
    endpoint, body = delivery.endpoint, delivery.body.encode()
    began = time.monotonic()
    try:
        secrets = secrets_of(endpoint, "secret", purpose="webhook endpoint")
        headers = signed(secrets, str(delivery.event_id), clock.now(), body)
        status = post_to(endpoint.url, body, headers)
    except NotTakenError as error:
        return _Outcome(_since(began), error.status, error)
    except DomainError as error:
        return _Outcome(_since(began), error=NotTakenError(error, None))
    return _Outcome(_since(began), status)


@transaction.atomic
def give_up_post(delivery_id: UUID, round_: int, error: DomainError) -> bool:
    """Fail a delivery that is queued in this round; False if it is not any more."""
    delivery = _locked(delivery_id, round_)
    if delivery is None:
        return False
    _fail(delivery, error)
    return True


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1_000)


@transaction.atomic
def _take(delivery_id: UUID, round_: int) -> WebhookDelivery | None:
    """Return a delivery that is posted now; else write down what becomes of it."""
    delivery = _locked(delivery_id, round_)
    if delivery is None or delivery.test:
        return delivery
    endpoint = delivery.endpoint
    if endpoint.state == EndpointState.DISABLED:
        _fail(delivery, EndpointDisabledError(f"{endpoint.name} is disabled"))
        return None
    if endpoint.rests_until is not None and endpoint.rests_until > clock.now():
        # Spread, so that those who waited do not all come at once.
        _again(delivery, endpoint.rests_until - clock.now() + timedelta(seconds=30 * _chance()))
        return None
    return delivery


@transaction.atomic
def _note_delivered(delivery_id: UUID, round_: int, outcome: _Outcome) -> None:
    delivery = _locked(delivery_id, round_)
    if delivery is None:
        return
    _note(delivery, outcome)
    delivery.state, delivery.delivered_at = DeliveryState.DELIVERED, delivery.tried_at
    delivery.error_code = delivery.error_message = ""
    delivery.save()
    posted("delivered")
    if delivery.test:
        return
    now = clock.now()
    # Each event would write the one row of its endpoint.
    stale = Q(failures__gt=0) | Q(delivered_at=None) | Q(delivered_at__lt=now - _NOTED)
    WebhookEndpoint.objects.filter(stale, pk=delivery.endpoint_id).update(
        delivered_at=now, failures=0, failing_since=None, rests_until=None, last_error=""
    )


@transaction.atomic
def _note_failure(delivery_id: UUID, round_: int, outcome: _Outcome, error: NotTakenError) -> None:
    delivery = _locked(delivery_id, round_)
    if delivery is None:
        return
    _note(delivery, outcome)
    if not delivery.test:
        _count_against(delivery.endpoint_id, error)
    # A rule of ours forbids the address, and will the next time; all else may heal.
    never = error.gone or isinstance(error.error, OutboundRefusedError)
    if delivery.test or never or delivery.attempts >= MOST_ATTEMPTS:
        _fail(delivery, error.error)
        return
    _set_error(delivery, error.error)
    posted("retried")
    _again(delivery, pause(delivery.attempts, error.told_seconds, _chance()))


def _count_against(endpoint_id: UUID, error: NotTakenError) -> None:
    """Note that an endpoint failed; let it rest, and disable one that has failed for too long."""
    endpoint = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint_id).first()
    if endpoint is None or endpoint.state == EndpointState.DISABLED:
        return
    now = clock.now()
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.last_error = f"{error.error.code}: {error.error}"[:500].replace("\0", "")
    rests = rest(endpoint.failures)
    endpoint.rests_until = now + rests if rests else None
    endpoint.save(update_fields=["failures", "failing_since", "last_error", "rests_until"])
    if error.gone or now - endpoint.failing_since > WEBHOOK_FAILING.value():
        give_up(endpoint, reason=endpoint.last_error)


def _locked(delivery_id: UUID, round_: int) -> WebhookDelivery | None:
    """Return the row if it is queued and in the job's round."""
    return (
        WebhookDelivery.objects.select_for_update(of=("self",))
        .select_related("endpoint")
        .filter(pk=delivery_id, round=round_, state=DeliveryState.QUEUED)
        .first()
    )


def _note(delivery: WebhookDelivery, outcome: _Outcome) -> None:
    delivery.attempts += 1
    delivery.tried_at = clock.now()
    delivery.response_status, delivery.duration_ms = outcome.status, outcome.milliseconds


def _again(delivery: WebhookDelivery, wait: timedelta) -> None:
    delivery.not_before = clock.now() + wait
    delivery.round += 1
    delivery.save()
    enqueue(POST, target_of(delivery), run_at=delivery.not_before)


def _fail(delivery: WebhookDelivery, error: DomainError) -> None:
    delivery.state = DeliveryState.FAILED
    _set_error(delivery, error)
    delivery.save()
    posted("failed")
    publish(
        WebhookDeliveryFailed(
            delivery_id=str(delivery.pk),
            endpoint_id=str(delivery.endpoint_id),
            event_type=delivery.event_type,
            code=error.code,
            attempts=delivery.attempts,
        )
    )


def _set_error(delivery: WebhookDelivery, error: DomainError) -> None:
    delivery.error_code = error.code
    delivery.error_message = str(error)[:500].replace("\0", "")


def _chance() -> float:
    return random.random()  # noqa: S311  no secret depends on it # nosec B311
