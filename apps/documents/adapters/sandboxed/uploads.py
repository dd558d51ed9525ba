"""Templates that somebody made in Word or Excel: looked through, and filled."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, BinaryIO

from apps.documents.adapters.docx.inferring import infer_docx_schema
from apps.documents.adapters.docx.templates import check_docx_template, fill_docx_template
from apps.documents.adapters.sandboxed.answers import Answer, refused
from apps.documents.adapters.xlsx.inferring import infer_xlsx_schema
from apps.documents.adapters.xlsx.templates import check_xlsx_template, fill_xlsx_template
from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.findings import Finding, InvalidTemplateError, Severity, stop

_CHECKS = {"docx": check_docx_template, "xlsx": check_xlsx_template}
_SCHEMAS = {"docx": infer_docx_schema, "xlsx": infer_xlsx_schema}
_FILLERS = {"docx": fill_docx_template, "xlsx": fill_xlsx_template}
_MAIN = {"word/document.xml": "docx", "xl/workbook.xml": "xlsx"}


def inspect(data: bytes) -> Answer:
    """Return of which kind a template is, what is wrong with it, and a schema of what it reads."""
    try:
        kind = _kind(data)
        findings = _CHECKS[kind](data)
        wrong = any(one.severity is Severity.ERROR for one in findings)
        schema = None if wrong else _SCHEMAS[kind](data)
    except InvalidTemplateError as error:
        return refused("template", error.findings), []
    told = {
        "kind": kind,
        "findings": [asdict(one) for one in findings],
        "schema": json.dumps(schema, ensure_ascii=False) if schema else "",
    }
    return told, []


def fill(
    content: bytes, data: Mapping[str, Any], out: BinaryIO, *, format: str, locale: Locale
) -> None:
    """Write a template with data; raises InvalidTemplateError, DocumentError."""
    if format not in _FILLERS:
        stop("", "format", f"a template of Word or Excel becomes no {format}")
    _FILLERS[format](content, data, out, locale)


def _kind(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        # Also of those that take a password: what is wrong with them is told by either check.
        names = set()
    found = next((kind for main, kind in _MAIN.items() if main in names), None)
    if found is None:
        message = "a file of Word (.docx) or Excel (.xlsx), without a password, is needed"
        raise InvalidTemplateError([Finding("", "package", message)])
    return found
