"""Sources as people send them, and what is read of them."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

from apps.importexport.adapters.reading.plain import Plain, plain
from apps.importexport.domain.formats.dialects import Dialect, Format
from apps.importexport.domain.formats.guessing import guess

Rows = list[list[str]]
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def rows_of(found: Plain) -> Rows:
    """Return the records of a plain file after its header, as the standard library cuts them."""
    text = found.path.read_bytes()[found.offset :].decode()
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=found.delimiter, quotechar=found.quote
    )
    return list(reader)


def read(folder: Path, content: bytes, dialect: Dialect | None = None, **more: Any) -> Plain:
    """Return a plain file of what a source holds; its dialect is guessed if none is said."""
    source = folder / "source"
    source.write_bytes(content)
    return plain(source, dialect or guess(content, name="source"), folder=folder, **more)


def xlsx(*sheets: str, states: tuple[str, ...] = (), more: str = "", **parts: bytes) -> bytes:
    """Return a workbook of the XML of its sheets' insides, called S1, S2 …"""
    out = io.BytesIO()
    numbers = range(1, len(sheets) + 1)
    states += ("visible",) * len(sheets)
    names = "".join(
        f'<sheet name="S{at}" sheetId="{at}" state="{states[at - 1]}" r:id="rId{at}"/>'
        for at in numbers
    )
    targets = "".join(
        f'<Relationship Id="rId{at}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{at}.xml"/>'
        for at in numbers
    )
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/></Types>',
        )
        packed.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="rId1"'
            f' Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        packed.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">{more}<sheets>{names}</sheets>'
            "</workbook>",
        )
        packed.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_RELATIONS}">{targets}</Relationships>',
        )
        for at, sheet in enumerate(sheets, start=1):
            packed.writestr(
                f"xl/worksheets/sheet{at}.xml", f'<worksheet xmlns="{_MAIN}">{sheet}</worksheet>'
            )
        for name, content in parts.items():
            packed.writestr(name, content)
    return out.getvalue()


def sheet(*rows: str, dimension: str = "", after: str = "") -> str:
    """Return the inside of a sheet of the XML of its rows' cells."""
    told = f'<dimension ref="{dimension}"/>' if dimension else ""
    made = "".join(f'<row r="{at}">{row}</row>' for at, row in enumerate(rows, start=1))
    return f"{told}<sheetData>{made}</sheetData>{after}"


def text(place: str, value: str) -> str:
    """Return the XML of a cell that holds a text."""
    return f'<c r="{place}" t="inlineStr"><is><t>{value}</t></is></c>'


def number(place: str, value: str) -> str:
    """Return the XML of a cell that holds a number."""
    return f'<c r="{place}"><v>{value}</v></c>'


BOOK = Dialect(format=Format.XLSX)
