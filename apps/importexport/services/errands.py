"""What others may let happen here by a name and parameters, such as a schedule at its time.

Each is called in a tenant, as whoever asked for it, and held to what these may do.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django.db import transaction

from apps.importexport.models import ErrorPolicy, ExportDelivery, ExportJob, ImportJob, ImportMode
from apps.importexport.services.exports import create_export
from apps.importexport.services.imports import create_import
from kernel.errors import NotFoundError
from kernel.ids import parse_id
from kernel.tenancy.context import require

_ID: Final = {"type": "string", "format": "uuid"}
#: JSON Schemas (2020-12) of what each takes.
RUN_EXPORT: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "export_id": {**_ID, "description": "An export that was asked for before."},
        "deliver_to": {
            "type": "array",
            "items": _ID,
            "maxItems": 10,
            "description": "Places outside; those of the other export if none is said.",
        },
    },
    "required": ["export_id"],
    "additionalProperties": False,
}
_PLAN: Final[Mapping[str, Any]] = {
    "dataset": {"type": "string", "minLength": 1, "maxLength": 100},
    "name": {"type": "string", "maxLength": 255},
    "format": {"enum": ["csv", "tsv", "xlsx", "ods", "jsonl", "parquet"]},
    "mode": {"enum": list(map(str, ImportMode))},
    "policy": {"enum": list(map(str, ErrorPolicy))},
    "stop_after": {"type": "integer", "minimum": 1},
    "dialect": {"type": "object"},
    "mapping": {
        "type": "array",
        "items": {"type": "object"},
        "description": "What is kept for this header, or suggested, if none is said.",
    },
    "rules": {"type": "array", "items": {"type": "object"}},
    "time_zone": {"type": "string", "maxLength": 64},
}
IMPORT_FROM_URL: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {"url": {"type": "string", "pattern": "^https?://", "maxLength": 2000}, **_PLAN},
    "required": ["url", "dataset"],
    "additionalProperties": False,
}
IMPORT_FROM_ENDPOINT: Final[Mapping[str, Any]] = {
    "type": "object",
    "properties": {
        "endpoint_id": _ID,
        "path": {"type": "string", "minLength": 1, "maxLength": 1000},
        **_PLAN,
    },
    "required": ["endpoint_id", "path", "dataset"],
    "additionalProperties": False,
}


@transaction.atomic
def run_export(*, export_id: str, deliver_to: Sequence[str] | None = None) -> ExportJob:
    """Write anew what another export was of, as another export; of a series what came since.

    Raises ForbiddenError, NotFoundError, ConflictError while one of the series is under way,
    EndpointDisabledError, LimitExceededError, UnavailableError.
    """
    require("importexport:write")
    like = ExportJob.visible().filter(pk=parse_id(export_id)).first()
    if like is None:
        raise NotFoundError(f"no export {export_id}")
    if deliver_to is None:
        places = ExportDelivery.objects.filter(export=like).values_list("endpoint_id", flat=True)
        deliver_to = [str(one) for one in places.order_by("created_at", "id")]
    return create_export(
        name=like.name,
        dataset=like.dataset,
        query=like.query or None,
        columns=like.columns,
        filter=like.filters,
        order=like.order,
        format=like.format,
        compression=like.compression,
        guard=like.guard,
        part_bytes=like.part_bytes,
        series=like.series,
        since="" if like.series else like.since,
        deliver_to=deliver_to,
    )


def import_from_url(*, url: str, dataset: str, name: str = "", **plan: Any) -> ImportJob:
    """Bring what is at a URL into a dataset, without anybody attending.

    It is fetched once and kept; its mapping is the one that is said, or kept for its header, or
    suggested. Raises ForbiddenError, InvalidInputError, LimitExceededError, UnavailableError; what
    is wrong of the source later stands in the import, and is an event.
    """
    require("importexport:write")
    return create_import(
        name=name or _last(url), source_url=url, dataset=dataset, unattended=True, **plan
    )


def import_from_endpoint(
    *, endpoint_id: str, path: str, dataset: str, name: str = "", **plan: Any
) -> ImportJob:
    """Bring a file at a place outside into a dataset, without anybody attending; as by a URL."""
    require("importexport:write")
    return create_import(
        name=name or _last(path),
        endpoint_id=endpoint_id,
        source_path=path,
        dataset=dataset,
        unattended=True,
        **plan,
    )


def _last(address: str) -> str:
    return address.partition("?")[0].rstrip("/").rpartition("/")[2][:255] or "import"
