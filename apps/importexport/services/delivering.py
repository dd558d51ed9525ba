"""Exports are delivered: each to each of its places once, however often that is tried.

What waiting may heal is tried again by the job, later each time; all else is noted in the delivery.
A place that fails for too long is disabled.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.importexport.access import EXPORT_JOB
from apps.importexport.adapters.endpoints.ports import GoneError, Package, Parcel
from apps.importexport.conf import ENDPOINT_FAILING, EXPORT_BYTES
from apps.importexport.domain.endpoints.paths import folder_of
from apps.importexport.domain.exports.names import content_type
from apps.importexport.errors import AbandonedError, EndpointDisabledError
from apps.importexport.models import (
    DataEndpoint,
    DeliveryState,
    EndpointState,
    ExportDelivery,
    ExportJob,
    ExportPart,
    ExportState,
)
from apps.importexport.services.endpoints import destination_at, stop
from contracts.deliveries import ExportDelivered, ExportDeliveryFailed
from kernel import clock
from kernel.errors import ConflictError, DomainError
from kernel.events.publishing import publish
from kernel.faults import fault_point
from kernel.jobs.models import Job, JobState
from kernel.jobs.running import current_job
from kernel.mesh.storing import NotStoredYetError, address_of, taken_back
from kernel.origin import public_origin
from kernel.tenancy.context import in_tenant

APP = "importexport"
#: With the pauses of jobs about nine hours.
MOST_ATTEMPTS = 20
_SWEPT_AT_ONCE = 500


def deliver(delivery_id: UUID) -> None:
    """Bring an export to a place. Told twice, or after a crash, it is there once."""
    delivery = _begin(delivery_id)
    if delivery is None:
        return
    try:
        if delivery.endpoint.state == EndpointState.DISABLED:
            raise EndpointDisabledError(f"{delivery.endpoint.name} is disabled")
        package = package_of(delivery)
        location = destination_at(delivery.endpoint).deliver(package)
    except DomainError as error:
        if isinstance(error, NotStoredYetError):
            # It waits to be scanned: nobody has tried the place.
            delivery.attempts -= 1
        over = not error.retryable or delivery.attempts >= MOST_ATTEMPTS
        _note_failure(delivery, error, over=over)
        if over:
            return
        raise
    fault_point("importexport-delivered")
    _note_delivered(delivery, location)


def sweep_deliveries() -> None:
    """End deliveries whose job has given up, or is gone."""
    rows = ExportDelivery.across_tenants.filter(state=DeliveryState.QUEUED).order_by("pk")
    for delivery in rows[:_SWEPT_AT_ONCE]:
        job = Job.objects.filter(pk__in=[delivery.job_id]).first()
        if job is None or job.state in (JobState.FAILED, JobState.CANCELLED):
            with in_tenant(delivery.tenant_id):
                error = AbandonedError(job.last_error if job else "its job is gone")
                _note_failure(delivery, error, over=True)


def package_of(delivery: ExportDelivery) -> Package:
    """Return what is delivered; raises ConflictError when its files are gone."""
    export = delivery.export
    if export.state != ExportState.READY:
        raise ConflictError(f"the export is {export.state}: there is nothing to deliver")
    parts = ExportPart.objects.filter(export=export).order_by("position")
    folder = folder_of(
        str(delivery.endpoint.settings.get("folder", "")),
        created_at=export.created_at,
        dataset=export.dataset,
        export_id=str(export.pk),
        series=export.series,
    )
    return Package(
        id=str(delivery.pk),
        export_id=str(export.pk),
        name=export.name,
        dataset=export.dataset,
        format=export.format,
        rows=export.row_count,
        folder=folder,
        parcels=[_parcel(export, part) for part in parts],
    )


def _parcel(export: ExportJob, part: ExportPart) -> Parcel:
    return Parcel(
        name=part.name,
        content_type=content_type(export.format, export.compression),
        size_bytes=part.size_bytes,
        sha256=part.sha256,
        rows=part.row_count,
        opened=partial(_opened, part),
        address=partial(_address, part),
    )


@contextmanager
def _opened(part: ExportPart) -> Iterator[Iterator[bytes]]:
    # Raises what is retryable while it waits to be scanned.
    address_of(APP, reader_scope=EXPORT_JOB.read, file_id=str(part.file_id))
    with taken_back(
        APP,
        reader_scope=EXPORT_JOB.read,
        file_id=str(part.file_id),
        most_bytes=EXPORT_BYTES.value(),
    ) as file:
        yield _told_of(file.chunks, part)


def _told_of(chunks: Iterator[bytes], part: ExportPart) -> Iterator[bytes]:
    sent = 0
    for chunk in chunks:
        yield chunk
        sent += len(chunk)
        current_job().progress(sent, part.size_bytes, f"delivering {part.name}"[:200])
        fault_point("importexport-delivering")


def _address(part: ExportPart, lasting: timedelta) -> str:
    """Return where whoever is given it fetches a file, from anywhere."""
    seconds = int(lasting.total_seconds())
    address = address_of(
        APP, reader_scope=EXPORT_JOB.read, file_id=str(part.file_id), seconds=seconds
    )
    return f"{public_origin()}{address}" if address.startswith("/") else address


@transaction.atomic
def _begin(delivery_id: UUID) -> ExportDelivery | None:
    rows = ExportDelivery.objects.select_for_update(of=("self",))
    found = rows.select_related("export", "endpoint").filter(pk=delivery_id).first()
    if found is None or found.state != DeliveryState.QUEUED:
        return None
    found.attempts, found.tried_at = found.attempts + 1, clock.now()
    found.save(update_fields=["attempts", "tried_at"])
    return found


def _going_on(delivery: ExportDelivery) -> QuerySet[ExportDelivery]:
    return ExportDelivery.objects.filter(pk=delivery.pk, state=DeliveryState.QUEUED)


@transaction.atomic
def _note_delivered(delivery: ExportDelivery, location: str) -> None:
    now = clock.now()
    noted = _going_on(delivery).update(
        state=DeliveryState.DELIVERED,
        delivered_at=now,
        location=location[:1000],
        error_code="",
        error_message="",
    )
    if not noted:
        return
    DataEndpoint.objects.filter(pk=delivery.endpoint_id).update(
        delivered_at=now, failures=0, failing_since=None, last_error=""
    )
    publish(
        ExportDelivered(
            delivery_id=str(delivery.pk),
            name=delivery.export.name,
            export_id=str(delivery.export_id),
            endpoint_id=str(delivery.endpoint_id),
            kind=delivery.endpoint.kind,
            location=location[:1000],
            attempts=delivery.attempts,
        )
    )


@transaction.atomic
def _note_failure(delivery: ExportDelivery, error: DomainError, *, over: bool) -> None:
    told = str(error)[:1000].replace("\0", "\N{REPLACEMENT CHARACTER}")
    noted = _going_on(delivery).update(
        state=DeliveryState.FAILED if over else DeliveryState.QUEUED,
        attempts=delivery.attempts,
        error_code=error.code[:60],
        error_message=told,
    )
    if not noted:
        return
    _count_against(delivery, error)
    if over:
        publish(
            ExportDeliveryFailed(
                delivery_id=str(delivery.pk),
                name=delivery.export.name,
                export_id=str(delivery.export_id),
                endpoint_id=str(delivery.endpoint_id),
                kind=delivery.endpoint.kind,
                error_code=error.code[:60],
                error_message=told,
                attempts=delivery.attempts,
            )
        )


def _count_against(delivery: ExportDelivery, error: DomainError) -> None:
    """Note that a place failed, and disable one that has for too long."""
    endpoint = DataEndpoint.objects.select_for_update().filter(pk=delivery.endpoint_id).first()
    # Files that are gone, or not given out yet, are no fault of the place.
    if endpoint is None or endpoint.state == EndpointState.DISABLED or not _is_of_place(error):
        return
    now = clock.now()
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.last_error = f"{error.code}: {error}"[:500].replace("\0", "")
    endpoint.save(update_fields=["failures", "failing_since", "last_error"])
    if isinstance(error, GoneError) or now - endpoint.failing_since > ENDPOINT_FAILING.value():
        stop(endpoint, reason=endpoint.last_error)


def _is_of_place(error: DomainError) -> bool:
    return error.code.startswith(("OUTBOUND_", "IMPORTEXPORT_ENDPOINT_"))
