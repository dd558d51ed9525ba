"""Rows of tables and exports that operations are tried on, each by its name."""

from collections.abc import Callable
from typing import Any

from apps.importexport.models import DataEndpoint, DataTable, ExportDelivery, ExportJob
from apps.importexport.services.endpoints import create_endpoint, disable_endpoint
from apps.importexport.services.exports import cancel_export, create_export
from apps.importexport.services.tables import archive_table
from tests.access.of_tables import PLACE_ID, SECRET
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


def place() -> DataEndpoint:
    """Name a webhook that nobody has."""
    settings = {"address": "https://127.0.0.1/"}
    return create_endpoint(name="a", kind="webhook", settings=settings, secret=SECRET)


def export_for_place() -> ExportJob:
    """Ask for one, and name the place that it is to go to."""
    DataEndpoint.objects.create(pk=PLACE_ID, name="b", kind="email", settings={"to": []})
    return export()


def failed_delivery() -> ExportDelivery:
    """Tell of one that may be tried again."""
    done = export()
    ExportJob.objects.filter(pk=done.pk).update(state="ready")
    return ExportDelivery.objects.create(export=done, endpoint=place(), state="failed")


#: Each by its name in an operation.
ROWS: dict[str, Callable[[], Any]] = {
    "table": table,
    "archived table": lambda: archive_table(id=str(table().pk)),
    "row": lambda: put(countries(), code="DE", name="Germany"),
    "rows taken out": export,
    "place outside": place,
    "disabled place": lambda: disable_endpoint(id=str(place().pk)),
    "failed delivery": failed_delivery,
    "rows for a place": export_for_place,
    "stopped export": lambda: cancel_export(id=str(export().pk)),
}
