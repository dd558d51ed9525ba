"""The import job as the graph shows it."""

import graphene

from apps.importexport.models import ImportFormat, ImportJob, ImportState
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.references import Reference

ImportFormatEnum = graphene.Enum.from_enum(ImportFormat)
ImportStateEnum = graphene.Enum.from_enum(ImportState)


@key("id")
class ImportJobType(Entity):
    """A table being brought in, row by row."""

    class Meta:
        model = ImportJob
        name = "ImportJob"
        fields = ("id", "name", "row_count", "created_at")

    format = ImportFormatEnum(required=True)
    source = Reference("File", column="source_id", description="The file that holds the table.")
    state = ImportStateEnum(required=True)
