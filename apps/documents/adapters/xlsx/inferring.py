"""A draft of the JSON Schema of the data that a template made in Excel reads."""

from typing import Any

from apps.documents.adapters.xlsx.placeholders import Sheet, loops_of
from apps.documents.adapters.xlsx.templates import sheets_of
from apps.documents.domain.checking.inferring import Inferrer, Shape, schema_of
from apps.documents.domain.model.texts import Expression


def infer_xlsx_schema(content: bytes) -> dict[str, Any]:
    """Return a schema of every field that a workbook reads, all required.

    For one that `check_xlsx_template` has no errors of.
    """
    inferrer = Inferrer()
    for sheet in sheets_of(content):
        for loop in sheet.loops:
            _around(sheet, loop.first, inferrer)
        for (row, _), parts in sheet.cells.items():
            names = _around(sheet, row, inferrer)
            for part in parts:
                if isinstance(part, Expression):
                    # Within a formula stands a number.
                    whole = isinstance(parts[0], str) and parts[0].startswith("=")
                    inferrer.use(part.node, "number" if whole else "scalar", names)
    return schema_of(inferrer.root)


def _around(sheet: Sheet, row: int, inferrer: Inferrer) -> dict[str, Shape]:
    """Return what the names of the loops stand for that a row is in."""
    names: dict[str, Shape] = {}
    for loop in loops_of(sheet, row):
        names = {**names, loop.name: inferrer.shape(loop.over.node, names).item()}
    return names
