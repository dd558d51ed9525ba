"""What may be changed about imports, exports and tables."""

import graphene

from apps.importexport.schema.deliveries import DeliveryChanges
from apps.importexport.schema.endpoints import EndpointChanges
from apps.importexport.schema.export_changes import ExportChanges
from apps.importexport.schema.import_changes import ImportChanges
from apps.importexport.schema.table_changes import TableChanges


class Mutation(
    TableChanges,
    EndpointChanges,
    DeliveryChanges,
    ExportChanges,
    ImportChanges,
    graphene.ObjectType,
):
    """Changes of imports, exports and tables."""
