"""A template and data, as JSON, become the bytes of a document or findings."""

import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, BinaryIO

import pypdfium2

from apps.documents.adapters.csv import render_csv
from apps.documents.adapters.docx.rendering import render_docx
from apps.documents.adapters.facturx import facturx_of
from apps.documents.adapters.html import render_html
from apps.documents.adapters.pdf.archiving import Archive
from apps.documents.adapters.pdf.rendering import render_pdf
from apps.documents.adapters.sandboxed import uploads
from apps.documents.adapters.sandboxed.answers import Answer, refused
from apps.documents.adapters.sandboxed.faces import faces_of
from apps.documents.adapters.sandboxed.packing import ASSET, unpacked
from apps.documents.adapters.xlsx.rendering import render_xlsx
from apps.documents.domain.checking.schemas import check_data, parse_schema
from apps.documents.domain.evaluation.evaluating import evaluate
from apps.documents.domain.evaluation.parts import Document
from apps.documents.domain.expressions.locales import Locale
from apps.documents.domain.findings import (
    DocumentError,
    Finding,
    InvalidTemplateError,
    Severity,
    stop,
)
from apps.documents.domain.invoices.mapping import invoice_of
from apps.documents.domain.invoices.reading import InvalidInvoiceError
from apps.documents.domain.limits import DEFAULT
from apps.documents.domain.model.blocks import Template
from apps.documents.domain.model.parsing import parse_template, read_template
from apps.documents.domain.protection import Protection

_RENDERERS: Mapping[str, Callable[[Document, BinaryIO], None]] = {
    "xlsx": render_xlsx,
    "docx": render_docx,
    "html": render_html,
    "csv": render_csv,
}


class _RefusedError(Exception):
    """Findings, and whether they are about the template, its data, or both together."""

    def __init__(self, what: str, findings: Iterable[Finding]) -> None:
        super().__init__(what)
        self.told = refused(what, findings)


def render(
    data: bytes,
    *,
    format: str,
    locale: str = "",
    protection: dict[str, Any] | None = None,
) -> Answer:
    """Return a document in a format, with its title and how many pages it has (0 without any).

    Of the parts `template` and `data` are needed; `partials`, `theme` (what the template does not
    say itself), `schema`, `fonts` and pictures are taken too, and `upload`, a file of Word or Excel
    that is filled in the place of blocks. Where no document can be made, `refused` says
    of what: `template`, `data` or `document`; and `findings` where and why.
    """
    given = unpacked(data)
    try:
        template, values = _template(given), _data(given)
        document = _document(given, template, values, locale)
        out = io.BytesIO()
        if "upload" in given:
            _fill(bytes(given["upload"]), values, out, format, document.locale)
        elif format == "pdf":
            guard = Protection(**protection) if protection else None
            archive = _archive(template, values)
            if guard and archive:
                stop("/pdf", "archive", "a PDF that is kept is not encrypted")
            render_pdf(document, out, protection=guard, archive=archive)
        else:
            _RENDERERS[format](document, out)
    except DocumentError as error:
        return refused("document", [error.finding]), []
    except _RefusedError as error:
        return error.told, []
    made = out.getvalue()
    pages = _pages(made, protection) if format == "pdf" else 0
    return {"title": document.title[:255], "pages": pages}, [made]


def _document(
    given: dict[str, memoryview], template: Template, values: dict[str, Any], locale: str
) -> Document:
    assets = {
        name.removeprefix(ASSET): bytes(found)
        for name, found in given.items()
        if name.startswith(ASSET)
    }
    try:
        document = evaluate(template, values, locale=locale or None, assets=assets)
    except ValueError as error:
        raise _RefusedError("document", [Finding("", "locale", str(error))]) from error
    if "fonts" not in given:
        return document
    return replace(document, faces=faces_of(bytes(given["fonts"])))


def _fill(
    upload: bytes, values: dict[str, Any], out: BinaryIO, format: str, locale: Locale
) -> None:
    try:
        uploads.fill(upload, values, out, format=format, locale=locale)
    except InvalidTemplateError as error:
        raise _RefusedError("template", error.findings) from error


def _archive(template: Template, values: dict[str, Any]) -> Archive | None:
    """Return what makes a PDF one to be kept, if the template asks for that."""
    if template.invoice is None:
        return Archive() if template.archive else None
    try:
        return facturx_of(invoice_of(template.invoice, values))
    except InvalidInvoiceError as error:
        findings = [replace(one, place=f"/pdf/invoice{one.place}") for one in error.findings]
        raise _RefusedError("document", findings) from error


def _template(given: dict[str, memoryview]) -> Template:
    text = bytes(given["template"])
    try:
        if "partials" not in given and "theme" not in given:
            return parse_template(text)
        return read_template(_joined(text, given))
    except InvalidTemplateError as error:
        raise _RefusedError("template", error.findings) from error


def _joined(text: bytes, given: dict[str, memoryview]) -> Any:
    """Return the JSON of a template with what it has of its tenant; what it says itself counts."""
    try:
        template = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidTemplateError([Finding("", "json", f"no JSON: {error}"[:200])]) from error
    for part in ("partials", "theme"):
        if part in given and isinstance(template, dict):
            own = template.get(part, {})
            if isinstance(own, dict):
                template[part] = json.loads(bytes(given[part])) | own
    return template


def _data(given: dict[str, memoryview]) -> dict[str, Any]:
    text = bytes(given.pop("data"))
    try:
        values = json.loads(text) if len(text) <= DEFAULT.data_bytes else None
    except (ValueError, RecursionError) as error:
        raise _RefusedError("data", [Finding("", "json", f"no JSON: {error}"[:200])]) from error
    if not isinstance(values, dict):
        message = f"data is an object of at most {DEFAULT.data_bytes} bytes"
        raise _RefusedError("data", [Finding("", "type", message)])
    if "schema" in given:
        findings = check_data(parse_schema(json.loads(bytes(given["schema"]))), values)
        if any(one.severity is Severity.ERROR for one in findings):
            raise _RefusedError("data", findings)
    return values


def _pages(pdf: bytes, protection: dict[str, Any] | None) -> int:
    password = protection["user"] if protection else None
    return len(pypdfium2.PdfDocument(pdf, password=password))
