"""What may be asked of imports, exports and tables."""

import graphene

from apps.importexport.schema import deliveries, endpoints
from apps.importexport.schema.datasets import DatasetQueries
from apps.importexport.schema.export_changes import ExportJobFilter, ExportJobOrder
from apps.importexport.schema.export_types import ExportJobType
from apps.importexport.schema.failed_rows import FailedRowsOfImport
from apps.importexport.schema.inputs import (
    ImportErrorFilter,
    ImportErrorOrder,
    ImportJobFilter,
    ImportJobOrder,
    ImportTemplateFilter,
    ImportTemplateOrder,
)
from apps.importexport.schema.table_changes import DataTableFilter, DataTableOrder
from apps.importexport.schema.table_types import DataTableType, RowsOfTable
from apps.importexport.schema.trying import TryingQueries
from apps.importexport.schema.types import ImportErrorType, ImportJobType, ImportTemplateType
from apps.importexport.selectors import exports, imports, tables
from kernel.federation.fields import Many, One


class Query(DatasetQueries, TryingQueries, graphene.ObjectType):
    """Reads of imports, exports and tables."""

    import_job = One(ImportJobType)
    import_jobs = Many(
        ImportJobType,
        filter=ImportJobFilter,
        lookups=imports.LOOKUPS,
        order=ImportJobOrder,
    )
    import_error = One(ImportErrorType)
    import_errors = Many(
        ImportErrorType,
        filter=ImportErrorFilter,
        lookups=imports.ERROR_LOOKUPS,
        order=ImportErrorOrder,
        description="Of each import the first some; its file of errors has all.",
    )
    import_failed_rows = FailedRowsOfImport(
        description="Rows that failed, as they came, of each import the first some; those that are"
        " mended are sent to repairImportRows."
    )
    import_template = One(ImportTemplateType)
    import_templates = Many(
        ImportTemplateType,
        filter=ImportTemplateFilter,
        lookups=imports.TEMPLATE_LOOKUPS,
        order=ImportTemplateOrder,
    )
    export_job = One(ExportJobType)
    export_jobs = Many(
        ExportJobType, filter=ExportJobFilter, lookups=exports.LOOKUPS, order=ExportJobOrder
    )
    export_delivery = One(deliveries.ExportDeliveryType)
    export_deliveries = Many(
        deliveries.ExportDeliveryType,
        filter=deliveries.ExportDeliveryFilter,
        lookups=deliveries.LOOKUPS,
        order=deliveries.ExportDeliveryOrder,
    )
    data_endpoint = One(endpoints.DataEndpointType)
    data_endpoints = Many(
        endpoints.DataEndpointType,
        filter=endpoints.DataEndpointFilter,
        lookups=endpoints.LOOKUPS,
        order=endpoints.DataEndpointOrder,
    )
    data_table = One(DataTableType)
    data_tables = Many(
        DataTableType, filter=DataTableFilter, lookups=tables.LOOKUPS, order=DataTableOrder
    )
    data_table_rows = RowsOfTable(description="Rows of a table, in the order of its key.")
