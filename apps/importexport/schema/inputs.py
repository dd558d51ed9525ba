"""What callers send about import jobs."""

import graphene

from apps.importexport.schema.types import ImportFormatEnum, ImportStateEnum
from kernel.federation.mutations import ById, ByIds, ChangeInput


class ImportJobFilter(graphene.InputObjectType):
    """Which imports; every part that is given has to fit."""

    name = graphene.String()
    format = ImportFormatEnum()
    state = ImportStateEnum()
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()


class ImportJobOrder(graphene.Enum):
    """In which order imports are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")
    NAME = ("name", "id")


class CreateImportJobInput(ChangeInput):
    """A table to be brought in."""

    name = graphene.String(required=True)
    format = ImportFormatEnum(required=True)
    source_id = graphene.ID(required=True, description="The file that holds the table.")


class CancelImportJobInput(ById):
    """The import to stop."""


class DeleteImportJobInput(ById):
    """The import to remove."""


class DeleteImportJobsInput(ByIds):
    """The imports to remove."""
