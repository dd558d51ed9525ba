"""Events of the platform come to deliveries, one for each endpoint that hears them."""

from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from apps.notifications.domain.event_patterns import wanted
from apps.notifications.models import DeliveryState, EndpointState, WebhookDelivery, WebhookEndpoint
from contracts.envelope import Envelope
from contracts.webhook_endpoints import WebhookDeliveryRequeued
from kernel import clock
from kernel.errors import DomainError
from kernel.events.inbox import once_a_batch
from kernel.events.publishing import publish_all
from kernel.ids import new_id
from kernel.jobs.services import new_job, store_all
from kernel.rows import all_locked, change, locked
from kernel.tenancy.context import current_tenant_id

POST = "notifications.post"
TEST_TYPE = "webhook.test"
#: Receivers take little more: of what is larger, only the subject is told.
MOST_BODY = 64_000


def forward(envelope: Envelope) -> None:
    """Let an event of the current tenant be posted to whoever hears it, once each.

    It is done in the transaction of whoever handles it. Endpoints are asked for once for all events
    that are handled together.
    """
    hearing = once_a_batch(("endpoints", current_tenant_id()), _hearing)
    endpoints = [id_ for id_, patterns in hearing if wanted(patterns, envelope.type)]
    if not endpoints:
        return
    body = _body(envelope)
    made = [
        WebhookDelivery(
            endpoint_id=one, event_id=UUID(envelope.id), event_type=envelope.type, body=body
        )
        for one in endpoints
    ]
    # Of an event that is replayed, nothing is made anew, and its jobs find no row.
    WebhookDelivery.objects.bulk_create(made, ignore_conflicts=True)
    store_all([new_job(POST, target_of(one)) for one in made])


@transaction.atomic
def try_endpoint(*, id: str) -> WebhookDelivery:
    """Have something posted that tells of nothing, also to an endpoint that is disabled."""
    endpoint = locked(WebhookEndpoint, id)
    told = {"type": TEST_TYPE, "timestamp": clock.now(), "data": {"endpoint_id": str(endpoint.pk)}}
    delivery = WebhookDelivery.objects.create(
        endpoint=endpoint,
        event_id=new_id(),
        event_type=TEST_TYPE,
        test=True,
        body=orjson.dumps(told).decode(),
    )
    store_all([new_job(POST, target_of(delivery))])
    return delivery


@transaction.atomic
def redeliver(*, ids: list[str]) -> list[WebhookDelivery | DomainError]:
    """Post again what was delivered or has failed, by the same `Webhook-Id`.

    What is on its way already goes at once. One that is not there does not keep the others.
    """
    found = all_locked(WebhookDelivery, ids)
    again = [one for one in found if isinstance(one, WebhookDelivery)]
    for one in again:
        change(
            one,
            state=DeliveryState.QUEUED,
            attempts=0,
            round=one.round + 1,
            not_before=clock.now(),
        )
    store_all([new_job(POST, target_of(one)) for one in again])
    publish_all(
        [
            WebhookDeliveryRequeued(
                delivery_id=str(one.pk),
                endpoint_id=str(one.endpoint_id),
                event_type=one.event_type,
            )
            for one in again
        ]
    )
    return found


def target_of(delivery: WebhookDelivery) -> str:
    """Return what a job posts: a delivery, in a round of it."""
    return f"{delivery.pk}:{delivery.round}"


def _hearing() -> list[tuple[UUID, Any]]:
    active = WebhookEndpoint.objects.filter(state=EndpointState.ACTIVE).order_by("pk")
    return list(active.values_list("pk", "event_types"))


def _body(envelope: Envelope) -> str:
    told: dict[str, Any] = {"type": envelope.type, "timestamp": envelope.time}
    whole = orjson.dumps(told | {"data": envelope.data})
    if len(whole) > MOST_BODY:
        whole = orjson.dumps(told | {"data": {"subject": envelope.subject}, "truncated": True})
    return whole.decode()
