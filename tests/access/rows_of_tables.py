"""Rows of tables and exports that operations are tried on, each by its name."""

from collections.abc import Callable
from typing import Any

from apps.importexport.models import DataTable, ExportJob
from apps.importexport.services.exports import cancel_export, create_export
from apps.importexport.services.tables import archive_table
from tests.importexport.tables import countries, put


def table() -> DataTable:
    """Make one with a row."""
    made = countries()
    put(made, code="DE", name="Germany")
    return made


def export() -> ExportJob:
    """Ask for one of a table, which nobody writes yet."""
    table()
    return create_export(dataset="tables.countries", format="csv")


#: Each by its name in an operation.
ROWS: dict[str, Callable[[], Any]] = {
    "table": table,
    "archived table": lambda: archive_table(id=str(table().pk)),
    "row": lambda: put(countries(), code="DE", name="Germany"),
    "rows taken out": export,
    "stopped export": lambda: cancel_export(id=str(export().pk)),
}
