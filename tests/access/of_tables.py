"""The operations on tables and exports as data: what operations.py makes rows of."""

from typing import Literal

from contracts.webhooks import new_secret

Effect = Literal["none", "adds", "changes", "removes"]

#: An entity, its field of one and of many, and the row that is meant.
READS = [
    ("DataTable", "dataTable", "dataTables", "table"),
    ("ExportJob", "exportJob", "exportJobs", "rows taken out"),
    ("DataEndpoint", "dataEndpoint", "dataEndpoints", "place outside"),
    ("ExportDelivery", "exportDelivery", "exportDeliveries", "failed delivery"),
]

#: Of a webhook, as Standard Webhooks has it.
SECRET = new_secret(b"s" * 32)
_WEBHOOK = '{address: "https://b.example/"}'
#: Of the place that a delivery to it is tried on.
PLACE_ID = "01900000-0000-7000-8000-0000000000d1"
_PLACE, _DELIVERY = "dataEndpoint { id }", "exportDelivery { id }"
_TABLE, _EXPORT, _ROW = "dataTable { id }", "exportJob { id }", "rowId"
_SCHEMA = 'schema: {fields: [{name: "code"}, {name: "name"}], primaryKey: "code"}'
_TABLES = "outcomes { dataTable { id } error { code } }"
_EXPORTS = "outcomes { exportJob { id } error { code } }"
_VALUES = 'values: {code: "FR", name: "France"}'

#: A mutation, what it answers, what it is sent, what it does to the row, and which that is.
CHANGES: list[tuple[str, str, str, Effect, str]] = [
    ("createDataTable", _TABLE, f'name: "others", {_SCHEMA}', "adds", "table"),
    ("updateDataTable", _TABLE, 'id: "$id", title: "All"', "changes", "table"),
    ("archiveDataTable", _TABLE, 'id: "$id"', "changes", "table"),
    ("restoreDataTable", _TABLE, 'id: "$id"', "changes", "archived table"),
    ("deleteDataTable", _TABLE, 'id: "$id"', "removes", "table"),
    ("deleteDataTables", _TABLES, 'ids: ["$id"]', "removes", "table"),
    ("addDataTableRow", _ROW, f'table: "$id", {_VALUES}', "none", "table"),
    ("changeDataTableRow", _ROW, f'table: "countries", id: "$id", {_VALUES}', "changes", "row"),
    ("deleteDataTableRow", _ROW, 'table: "countries", id: "$id"', "removes", "row"),
    (
        "createExportJob",
        _EXPORT,
        'dataset: "tables.countries", format: CSV',
        "adds",
        "rows taken out",
    ),
    ("cancelExportJob", _EXPORT, 'id: "$id"', "changes", "rows taken out"),
    ("retryExportJob", _EXPORT, 'id: "$id"', "changes", "stopped export"),
    ("deleteExportJob", _EXPORT, 'id: "$id"', "removes", "rows taken out"),
    (
        "createDataEndpoint",
        _PLACE,
        f'name: "b", kind: WEBHOOK, settings: {_WEBHOOK}, secret: "{SECRET}"',
        "adds",
        "place outside",
    ),
    ("updateDataEndpoint", _PLACE, 'id: "$id", name: "c"', "changes", "place outside"),
    (
        "deliverExportJob",
        _DELIVERY,
        f'id: "$id", endpointId: "{PLACE_ID}"',
        # To the export, of which another row is made.
        "none",
        "rows for a place",
    ),
    ("disableDataEndpoint", _PLACE, 'id: "$id"', "changes", "place outside"),
    ("enableDataEndpoint", _PLACE, 'id: "$id"', "changes", "disabled place"),
    ("deleteDataEndpoint", _PLACE, 'id: "$id"', "removes", "place outside"),
    ("retryExportDelivery", _DELIVERY, 'id: "$id"', "changes", "failed delivery"),
    ("deleteExportJobs", _EXPORTS, 'ids: ["$id"]', "removes", "rows taken out"),
]
#: Reads of what is no entity: what is asked, and the row that is meant.
QUESTIONS = [
    ("dataTableRows", 'dataTableRows(table: "$id") { totalCount nodes { id values } }', "table"),
]
#: Those that name a table, which has to be the tenant's, and change something else.
OF_TABLES = {"addDataTableRow", "createExportJob", "deliverExportJob"}
#: Makes a table, by the connection of who owns them all.
BY_OWNER = {"createDataTable"}
