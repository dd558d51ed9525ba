"""What callers send about exports, and what may be changed about them."""

import graphene

from apps.importexport.schema.export_types import (
    ExportCompressionEnum,
    ExportFormatEnum,
    ExportJobType,
    ExportStateEnum,
)
from apps.importexport.services.exports import (
    cancel_export,
    create_export,
    delete_export,
    delete_exports,
    retry_export,
)
from kernel.federation.mutations import (
    BulkDelete,
    ById,
    ByIds,
    ChangeInput,
    Create,
    Delete,
    Update,
)
from kernel.federation.scalars import JSON


class ExportJobFilter(graphene.InputObjectType):
    """Which exports; every part that is given has to fit."""

    name = graphene.String()
    dataset = graphene.String()
    series = graphene.String()
    state = ExportStateEnum()
    format = ExportFormatEnum()
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()


class ExportJobOrder(graphene.Enum):
    """In which order exports are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")
    NAME = ("name", "id")


class ExportQueryInput(graphene.InputObjectType):
    """A question whose answer has a connection or a list, asked as the caller by the job."""

    service = graphene.String(
        description="The service that is asked. None: the graph of all services, in however many"
        " processes they are."
    )
    query = graphene.String(required=True, description="One query; nothing is changed by it.")
    variables = JSON()
    path = graphene.String(
        required=True,
        description="Where the connection is in the answer, such as `files`. With"
        " `pageInfo { hasNextPage endCursor }` all pages are read, by the variable `after`.",
    )


class CreateExportJobInput(ChangeInput):
    """Rows to be taken out: of a dataset or of a query."""

    name = graphene.String(description="Of the file; that of the dataset if there is none.")
    dataset = graphene.String(description="Such as `tables.airports` or `config.flags`.")
    query = ExportQueryInput()
    columns = graphene.List(
        graphene.NonNull(graphene.String), description="All of them if none is named."
    )
    filter = JSON(description="Values by the names of fields.")
    order = graphene.List(
        graphene.NonNull(graphene.String),
        description="Of a table: fields, `-` before one that descends. As it is stored if none is"
        " named.",
    )
    format = ExportFormatEnum(required=True)
    compression = ExportCompressionEnum(description="None if nothing is said.")
    guard = graphene.Boolean(
        description="Write texts so that no spreadsheet runs them as formulas; on if nothing is"
        " said. An import takes off again what this adds."
    )
    part_bytes = graphene.BigInt(
        description="A file that has become so long is followed by another; at least 1,000,000."
    )
    series = graphene.String(
        description="Exports of one series have what changed since the one before ended."
    )
    deliver_to = graphene.List(
        graphene.NonNull(graphene.ID),
        description="Data endpoints where it is to go once it is written, at most 10.",
    )
    since = graphene.String(description="Only what changed then or later, an ISO moment.")


class CancelExportJobInput(ById):
    """The export to stop."""


class RetryExportJobInput(ById):
    """The export to write once more."""


class DeleteExportJobInput(ById):
    """The export to remove."""


class DeleteExportJobsInput(ByIds):
    """The exports to remove."""


class ExportChanges:
    """Changes of exports."""

    create_export_job = Create(
        ExportJobType,
        input=CreateExportJobInput,
        by=create_export,
        description="Have rows written into files, which the files service then has.",
    )
    cancel_export_job = Update(
        ExportJobType,
        input=CancelExportJobInput,
        by=cancel_export,
        description="Stop an export; CONFLICT when it has ended otherwise.",
    )
    retry_export_job = Update(
        ExportJobType,
        input=RetryExportJobInput,
        by=retry_export,
        description="Write an export once more that failed, or was stopped.",
    )
    delete_export_job = Delete(
        ExportJobType,
        input=DeleteExportJobInput,
        by=delete_export,
        description="Remove an export; its files stay.",
    )
    delete_export_jobs = BulkDelete(
        ExportJobType,
        input=DeleteExportJobsInput,
        by=delete_exports,
        description="Remove many exports; one that is not there does not keep the others.",
    )
