"""Imports, exports and tables as rows."""

from apps.importexport.models.deliveries import DeliveryState, ExportDelivery
from apps.importexport.models.endpoints import DataEndpoint, EndpointKind, EndpointState
from apps.importexport.models.exports import (
    ExportCompression,
    ExportFormat,
    ExportJob,
    ExportPart,
    ExportState,
)
from apps.importexport.models.imports import (
    ErrorPolicy,
    ImportFormat,
    ImportJob,
    ImportMode,
    ImportState,
)
from apps.importexport.models.outcomes import FailedRows, RowError, RowImage, SeenKey
from apps.importexport.models.tables import DataTable, TableState
from apps.importexport.models.templates import ImportTemplate

__all__ = [
    "DataEndpoint",
    "DataTable",
    "DeliveryState",
    "EndpointKind",
    "EndpointState",
    "ErrorPolicy",
    "ExportCompression",
    "ExportDelivery",
    "ExportFormat",
    "ExportJob",
    "ExportPart",
    "ExportState",
    "FailedRows",
    "ImportFormat",
    "ImportJob",
    "ImportMode",
    "ImportState",
    "ImportTemplate",
    "RowError",
    "RowImage",
    "SeenKey",
    "TableState",
]
