"""A workbook of openpyxl's is written: without files of its own, and without the time."""

import io
import zipfile
from typing import Any, BinaryIO

from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.workbook import Workbook
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.writer.excel import ExcelWriter

from apps.documents.adapters.packages import repack


def save_book(book: Workbook, out: BinaryIO) -> None:
    """Write a workbook; the same one has the same bytes each time."""
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as archive:
        writer: Any = _Writer(book, archive)
        writer.save()
    repack(plain, out, undated=True)


class _Writer(ExcelWriter):
    """Writes sheets to memory: openpyxl opens a file for each, which a sandbox does not let it."""

    def write_worksheet(self, ws: Any) -> None:
        """Write a sheet as openpyxl does."""
        ws._drawing = SpreadsheetDrawing()  # noqa: SLF001
        ws._drawing.charts, ws._drawing.images = ws._charts, ws._images  # noqa: SLF001
        sheet = io.BytesIO()
        writer: Any = WorksheetWriter(ws, sheet)
        writer.write()
        ws._rels = writer._rels  # noqa: SLF001
        archive: zipfile.ZipFile = vars(self)["_archive"]
        archive.writestr(ws.path[1:], sheet.getvalue())
        self.manifest.append(ws)
