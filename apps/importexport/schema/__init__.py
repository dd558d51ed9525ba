"""The importexport subgraph."""

from apps.importexport.schema.deliveries import ExportDeliveryType
from apps.importexport.schema.endpoints import DataEndpointType
from apps.importexport.schema.export_types import ExportJobType
from apps.importexport.schema.mutations import Mutation
from apps.importexport.schema.queries import Query
from apps.importexport.schema.table_types import DataTableType
from apps.importexport.schema.types import ImportErrorType, ImportJobType, ImportTemplateType
from kernel.background.events import events_of
from kernel.background.jobs import jobs_of
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph(
    "importexport",
    query=Query,
    mutation=Mutation,
    entities=[
        DataEndpointType,
        DataTableType,
        ExportDeliveryType,
        ExportJobType,
        ImportErrorType,
        ImportJobType,
        ImportTemplateType,
    ],
    more=[jobs_of("importexport"), events_of("importexport")],
)

#: What the table of operations says beside them, or in their place.
NOTES = {
    "DataEndpoint": {"bulk": "A tenant has few of them, and each is thought about."},
    "ExportDelivery": {
        "delete": "It goes with its export, or with its place.",
        "bulk": "`createExportJob` names many places.",
    },
    "ExportJob": {
        "update": "`cancelExportJob`, `retryExportJob`: other rows are another export.",
    },
    "ImportError": {
        "create": "An import makes them.",
        "update": "What was wrong stays as it was: `repairImportRows` and `retryFailedImportRows`"
        " bring mended rows.",
        "delete": "`deleteImportJob`.",
        "bulk": "As above.",
    },
    "ImportTemplate": {"bulk": "A tenant has few of them, and each is thought about."},
}
