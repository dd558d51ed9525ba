"""Exports as the graph shows them."""

from typing import Any

import graphene

from apps.importexport.models import (
    ExportCompression,
    ExportDelivery,
    ExportFormat,
    ExportJob,
    ExportPart,
    ExportState,
)
from apps.importexport.schema.deliveries import ExportDeliveryType
from apps.importexport.selectors.exports import deliveries_of, parts_of
from kernel.federation.batches import Batched, together
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.references import Reference
from kernel.federation.scalars import JSON

ExportFormatEnum = graphene.Enum.from_enum(ExportFormat, description="What rows are written as.")
ExportCompressionEnum = graphene.Enum.from_enum(
    ExportCompression, description="How the files of an export are packed."
)
ExportStateEnum = graphene.Enum.from_enum(ExportState, description="Where an export stands.")


class ExportError(graphene.ObjectType):
    """Why there is no file."""

    code = graphene.String(required=True, description="Stable, as in the table of errors.")
    message = graphene.String(required=True)


class ExportFile(graphene.ObjectType):
    """One file of an export."""

    position = graphene.Int(required=True, description="From 1.")
    name = graphene.String(required=True)
    row_count = graphene.BigInt(required=True)
    size_bytes = graphene.BigInt(required=True)
    sha256 = graphene.String(required=True)
    file = Reference("File", column="file_id", description="Null until it is handed over.")


class ExportQuery(graphene.ObjectType):
    """A question that rows come from."""

    service = graphene.String(required=True)
    query = graphene.String(required=True)
    variables = JSON(required=True)
    path = graphene.String(required=True)


def _files_of(ids: list[str]) -> dict[str, list[ExportPart]]:
    found = parts_of(ids)
    together([part for parts in found.values() for part in parts])
    return found


def _deliveries_of(ids: list[str]) -> dict[str, list[ExportDelivery]]:
    found = deliveries_of(ids)
    together([one for some in found.values() for one in some])
    return found


@key("id")
class ExportJobType(Entity):
    """Rows being taken out into files."""

    class Meta:
        model = ExportJob
        name = "ExportJob"
        fields = (
            *("id", "name", "dataset", "guard", "part_bytes", "series", "since", "until"),
            *("row_count", "size_bytes"),
            *("created_at", "started_at", "finished_at", "expires_at"),
        )

    state = ExportStateEnum(required=True)
    format = ExportFormatEnum(required=True)
    compression = ExportCompressionEnum(required=True)
    query = graphene.Field(ExportQuery, description="What of, where it is no dataset.")
    columns = graphene.List(graphene.NonNull(graphene.String), required=True)
    filter = JSON(required=True)
    order = graphene.List(graphene.NonNull(graphene.String), required=True)
    result = Reference(
        "File", column="result_id", description="Its file; the first, where it was split."
    )
    files = Batched(graphene.List(graphene.NonNull(ExportFile)), load=_files_of, required=True)
    deliveries = Batched(
        graphene.List(graphene.NonNull(ExportDeliveryType)),
        load=_deliveries_of,
        required=True,
        description="Places outside that it goes to.",
    )
    job_id = graphene.ID(description="`importexportJob` tells how far it is.")
    error = graphene.Field(ExportError, description="Why there is none; null unless it failed.")

    @staticmethod
    def resolve_query(export: ExportJob, _info: Any) -> dict[str, Any] | None:
        return export.query or None

    @staticmethod
    def resolve_filter(export: ExportJob, _info: Any) -> dict[str, Any]:
        return dict(export.filters)

    @staticmethod
    def resolve_error(export: ExportJob, _info: Any) -> dict[str, str] | None:
        if not export.error_code:
            return None
        return {"code": export.error_code, "message": export.error_message}
