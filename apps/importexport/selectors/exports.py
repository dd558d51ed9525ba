"""Reads of exports, always within the current tenant."""

from apps.importexport.models import ExportDelivery, ExportJob, ExportPart, ExportState
from kernel.ids import parse_id

#: By which lookup each part of a filter narrows.
LOOKUPS = {
    "name": "name",
    "dataset": "dataset",
    "series": "series",
    "state": "state",
    "format": "format",
    "created_from": "created_at__gte",
    "created_before": "created_at__lt",
}


def end_of_series(series: str) -> ExportJob | None:
    """Return the export of a series that reaches furthest."""
    rows = ExportJob.objects.filter(
        series=series, state__in=(ExportState.READY, ExportState.EXPIRED)
    )
    return rows.order_by("-finished_at").first()


def parts_of(ids: list[str]) -> dict[str, list[ExportPart]]:
    """Return the files of these exports, in their order."""
    found: dict[str, list[ExportPart]] = {one: [] for one in ids}
    for part in ExportPart.objects.filter(export_id__in=map(parse_id, ids)).order_by(
        "export", "position"
    ):
        found[str(part.export_id)].append(part)
    return found


def deliveries_of(ids: list[str]) -> dict[str, list[ExportDelivery]]:
    """Return where these exports go, in the order in which that was asked for."""
    found: dict[str, list[ExportDelivery]] = {one: [] for one in ids}
    rows = ExportDelivery.objects.filter(export_id__in=map(parse_id, ids))
    for delivery in rows.order_by("created_at", "id"):
        found[str(delivery.export_id)].append(delivery)
    return found
