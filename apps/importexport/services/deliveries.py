"""Deliveries as people direct them: asked for, and retried when they have failed."""

from collections.abc import Sequence

from django.db import transaction

from apps.importexport.errors import EndpointDisabledError
from apps.importexport.models import (
    DataEndpoint,
    DeliveryState,
    EndpointState,
    ExportDelivery,
    ExportJob,
    ExportState,
)
from apps.importexport.models.exports import UNFINISHED
from apps.importexport.services.endpoints import endpoint_of
from contracts.deliveries import ExportDeliveryRetried
from kernel.errors import ConflictError, LimitExceededError
from kernel.events.publishing import publish
from kernel.jobs.services import enqueue
from kernel.rows import locked

#: Places that one export goes to.
MOST_PLACES = 10


@transaction.atomic
def deliver_export(*, id: str, endpoint_id: str) -> ExportDelivery:
    """Let an export go to a place, once it is written; twice it is the one delivery.

    Raises ConflictError for one without files, EndpointDisabledError, LimitExceededError.
    """
    export = locked(ExportJob, id)
    if export.state not in (*UNFINISHED, ExportState.READY):
        raise ConflictError(f"the export is {export.state}: there is nothing to deliver")
    delivery = ask_for(export, [endpoint_id])[0]
    if export.state == ExportState.READY and delivery.state == DeliveryState.WAITING:
        go(delivery)
    return delivery


@transaction.atomic
def retry_delivery(*, id: str) -> ExportDelivery:
    """Try a delivery again that failed, with all its attempts.

    Raises ConflictError for any other, and when the files are gone; EndpointDisabledError.
    """
    delivery = locked(ExportDelivery, id)
    if delivery.state != DeliveryState.FAILED:
        raise ConflictError(f"the delivery is {delivery.state}, and not to be tried again")
    if delivery.export.state != ExportState.READY:
        raise ConflictError(f"the export is {delivery.export.state}: nothing is to be delivered")
    _refuse_disabled(delivery.endpoint)
    delivery.attempts, delivery.error_code, delivery.error_message = 0, "", ""
    delivery.save(update_fields=["attempts", "error_code", "error_message"])
    go(delivery)
    publish(ExportDeliveryRetried(delivery_id=str(delivery.pk), name=delivery.export.name))
    return delivery


def ask_for(export: ExportJob, endpoint_ids: Sequence[str]) -> list[ExportDelivery]:
    """Note where an export is to go, in the caller's transaction, and what is noted already."""
    places = [endpoint_of(one) for one in dict.fromkeys(endpoint_ids)]
    for place in places:
        _refuse_disabled(place)
    there = {one.endpoint_id: one for one in ExportDelivery.objects.filter(export=export)}
    new = [one for one in places if one.pk not in there]
    if len(there) + len(new) > MOST_PLACES:
        raise LimitExceededError(f"an export goes to at most {MOST_PLACES} places")
    for place in new:
        there[place.pk] = ExportDelivery.objects.create(export=export, endpoint=place)
    return [there[one.pk] for one in places]


def go_all(export: ExportJob) -> None:
    """Let an export that is written now go where it is awaited, in the caller's transaction."""
    for delivery in ExportDelivery.objects.filter(export=export, state=DeliveryState.WAITING):
        go(delivery)


def go(delivery: ExportDelivery) -> None:
    """Let a job deliver it, in the caller's transaction."""
    delivery.state = DeliveryState.QUEUED
    name, target = "importexport.deliver", str(delivery.pk)
    delivery.job_id = enqueue(name, target, live_key=f"{name} {target}") or delivery.job_id
    delivery.save(update_fields=["state", "job_id"])


def _refuse_disabled(endpoint: DataEndpoint) -> None:
    if endpoint.state == EndpointState.DISABLED:
        raise EndpointDisabledError(f"{endpoint.name} is disabled: see why, and enable it")
