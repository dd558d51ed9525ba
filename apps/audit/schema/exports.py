"""Exports through the graph: asked for, looked at, taken back."""

from typing import Any

import graphene
from graphene.utils.str_converters import to_camel_case

from apps.audit.access import EXPORT
from apps.audit.models import AuditExport, ExportFormat, ExportState
from apps.audit.schema.inputs import AuditLogFilter, query
from apps.audit.selectors.exports import LINK_LIFETIME, link_to
from apps.audit.services.exporting import KEPT, cancel_export, export_logs
from kernel.events.actors import current_actor
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.fields import Many, One
from kernel.federation.mutations import ById, ChangeInput, Create, Update
from kernel.federation.references import Reference
from kernel.federation.scalars import JSON

AuditExportFormat = graphene.Enum.from_enum(
    ExportFormat, name="AuditExportFormat", description="How an export holds logs."
)
AuditExportState = graphene.Enum.from_enum(
    ExportState, name="AuditExportState", description="How far an export has come."
)


@key("id")
class AuditExportType(Entity):
    """A file with the logs that a filter finds, for a while."""

    class Meta:
        model = AuditExport
        name = "AuditExport"
        fields = (
            "id",
            "personal",
            "owner_name",
            "sha256",
            "problem",
            "storing_problem",
            "created_at",
            "finished_at",
            "expires_at",
        )

    format = graphene.Field(AuditExportFormat, required=True)
    state = graphene.Field(AuditExportState, required=True)
    filter = JSON(required=True, description="What it looks for.")
    job_id = graphene.ID(description="`auditJob` tells how far it is.")
    logs = graphene.Float(required=True, description="How many are in it, once it is done.")
    size_bytes = graphene.Float(required=True)
    file = Reference(
        "File",
        column="file_id",
        description="In the files service, once it has it: to be seen with `audit:export`, or"
        " `audit:personal` where personal fields are in it.",
    )
    link = graphene.String(
        description="A path of the audit service: whoever has it has the file, without any other"
        f" credential, for {LINK_LIFETIME.total_seconds() / 60:g} minutes. Null when there is no"
        " file; asked again, another."
    )

    @staticmethod
    def resolve_filter(export: AuditExport, _info: Any) -> dict[str, Any]:
        return {to_camel_case(name): value for name, value in export.query.items()}

    @staticmethod
    def resolve_link(export: AuditExport, _info: Any) -> str | None:
        return link_to(export, current_actor())


class AuditExportFilter(graphene.InputObjectType):
    """Which exports; every part that is given has to fit."""

    states = graphene.List(graphene.NonNull(AuditExportState))


class AuditExportOrder(graphene.Enum):
    """In which order exports are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class ExportAuditLogsInput(ChangeInput):
    """Which logs to take out, and how."""

    format = AuditExportFormat(required=True)
    filter = AuditLogFilter(description="All logs of the tenant if nothing is said.")
    personal = graphene.Boolean(
        description="True has personal fields in clear; it takes audit:personal."
    )


class CancelAuditExportInput(ById):
    """The export to take back."""


class Exports:
    """Reads of exports."""

    audit_export = One(AuditExportType)
    audit_exports = Many(
        AuditExportType,
        filter=AuditExportFilter,
        where=lambda exports, wanted: exports.filter(
            state__in=[getattr(one, "value", one) for one in wanted["states"]]
        ),
        order=AuditExportOrder,
    )


def _asked(
    format: Any,
    filter: dict[str, Any] | None = None,
    personal: bool | None = None,
) -> AuditExport:
    return export_logs(
        format=getattr(format, "value", format), query=query(filter), personal=bool(personal)
    )


class ExportChanges:
    """Changes of exports."""

    export_audit_logs = Create(
        AuditExportType,
        input=ExportAuditLogsInput,
        by=_asked,
        scope=EXPORT,
        description=(
            f"Let a job write logs into a file, which can be had for {KEPT.days * 24} hours."
            " Live and archived ones, the oldest first; those with a place in the log when the"
            " job begins."
        ),
    )
    cancel_audit_export = Update(
        AuditExportType,
        input=CancelAuditExportInput,
        by=cancel_export,
        scope=EXPORT,
        description="Take back an export of one's own that is not done yet.",
    )
