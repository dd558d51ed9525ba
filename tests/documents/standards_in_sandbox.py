"""What a process without files and network does with documents, for a test to start."""

import io
import json
from typing import Any

from apps.documents.adapters.docx.templates import fill_docx_template
from apps.documents.adapters.facturx import facturx_of
from apps.documents.adapters.pdf import fonts
from apps.documents.adapters.pdf.forms import fill_form, form_fields
from apps.documents.adapters.pdf.merging import Source, merge_pdfs, split_pdf
from apps.documents.adapters.xlsx.templates import fill_xlsx_template
from apps.documents.domain.invoices.reading import parse_invoice
from tests.documents.templates import of_blocks, pdf
from tests.documents.test_excel_templates import saved
from tests.documents.test_excel_templates import template as workbook
from tests.documents.test_pdfs import form as made_form
from tests.documents.test_word_templates import template

FORM = made_form()
LETTER = template(
    "{{ name | upper }} {{ (1 / 3) | round(2) | currency }} {{ '2026-05-31' | date }}"
)
BOOK = saved(workbook(("{{ each one in lines }}{{ one | currency }}",), ("=SUM(A1)",)))
Told = tuple[dict[str, Any], list[bytes]]


def invoice(data: bytes) -> Told:
    page = of_blocks({"type": "paragraph", "text": "Rechnung שלום"})
    return {}, [pdf(page, archive=facturx_of(parse_invoice(json.loads(data))))]


def pdfs(data: bytes) -> Told:
    out = io.BytesIO()
    pages = merge_pdfs([Source(io.BytesIO(data), "a"), Source(io.BytesIO(data))], out)
    return {"pages": pages}, [out.getvalue(), *split_pdf(io.BytesIO(data), [range(1)])]


def form(data: bytes) -> Told:
    out = io.BytesIO()
    names = [one.name for one in form_fields(io.BytesIO(data))]
    fill_form(io.BytesIO(data), out, {"name": "Ада שלום"}, flatten=True)
    return {"names": names}, [out.getvalue()]


def word(data: bytes) -> Told:
    out = io.BytesIO()
    fill_docx_template(data, {"name": "Ada"}, out)
    return {}, [out.getvalue()]


def excel(data: bytes) -> Told:
    out = io.BytesIO()
    fill_xlsx_template(data, {"lines": [1, 2]}, out)
    return {}, [out.getvalue()]


# Warm, as it is where documents are made: fonts, and the data of a locale, are read once.
fonts.warm()
for do, given in ((word, LETTER), (excel, BOOK)):
    do(given)
