"""What may be changed about imports, exports and tables."""

import graphene

from apps.importexport.schema.export_changes import ExportChanges
from apps.importexport.schema.import_changes import ImportChanges
from apps.importexport.schema.table_changes import TableChanges


class Mutation(TableChanges, ExportChanges, ImportChanges, graphene.ObjectType):
    """Changes of imports, exports and tables."""
