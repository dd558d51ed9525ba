"""PDFs that are there: put together, taken apart, and their forms filled."""

import io
import random
import zlib
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pikepdf
import pypdfium2
import pytest
from pypdf import PdfReader
from reportlab.pdfgen.canvas import Canvas

from apps.documents.adapters.pdf.archiving import archive_pdf
from apps.documents.adapters.pdf.forms import FormField, fill_form, form_fields
from apps.documents.adapters.pdf.merging import Source, merge_pdfs, split_pdf
from apps.documents.domain.findings import DocumentError
from apps.documents.domain.protection import Protection
from tests.documents.templates import DATA, INVOICE, of_blocks, pdf

TITLES = [{"type": "heading", "level": 1, "text": f"Teil {at}"} for at in range(3)]
BROKEN = b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\nno trailer"


def chapters(name: str) -> bytes:
    blocks = [part for title in TITLES for part in (title, {"type": "pageBreak"})]
    return pdf(of_blocks({"type": "contents", "title": name}, {"type": "pageBreak"}, *blocks))


def merged(*sources: Source) -> bytes:
    out = io.BytesIO()
    merge_pdfs(sources, out)
    return out.getvalue()


def pages_of(content: bytes) -> list[str]:
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(content)]


def outline(content: bytes) -> Any:
    """Return bookmarks by pypdf: titles with pages, and lists of those below."""
    reader = PdfReader(io.BytesIO(content))

    def told(items: list[Any]) -> list[Any]:
        return [
            told(one)
            if isinstance(one, list)
            else (one.title, reader.get_destination_page_number(one))
            for one in items
        ]

    return told(reader.outline)


def code(do: Callable[[], object]) -> str:
    with pytest.raises(DocumentError) as error:
        do()
    return f"{error.value.finding.place} {error.value.finding.code}"


def test_merged_pdfs_keep_bookmarks_links_and_share_what_is_the_same() -> None:
    one = chapters("Eins")
    alone = len(pages_of(one))

    both = merged(Source(io.BytesIO(one), "Erstes"), Source(io.BytesIO(one)))

    below = [(f"Teil {at}", at + 1) for at in range(3)]
    after = [(f"Teil {at}", at + 1 + alone) for at in range(3)]
    assert outline(both) == [("Erstes", 0), below, *after]
    assert pages_of(both) == pages_of(one) * 2
    links: Any = PdfReader(io.BytesIO(both)).pages[alone]["/Annots"]
    assert len(links) == 3
    with pikepdf.open(io.BytesIO(both)) as opened:
        fonts = {
            value.objgen for page in opened.pages for value in page.obj.Resources.Font.values()
        }
        assert len(fonts) == 2
    assert merged(Source(io.BytesIO(one), "Erstes"), Source(io.BytesIO(one))) == both


def test_forms_of_merged_pdfs_keep_their_own_values() -> None:
    both = merged(*(Source(io.BytesIO(filled({"name": name}))) for name in ("Ada", "Bob")))

    values = [one.value for one in form_fields(io.BytesIO(both)) if one.kind == "text"]
    assert {"Ada", "Bob"} <= set(values)


def test_more_pdfs_than_are_open_at_once_are_merged() -> None:
    small = pdf(of_blocks({"type": "heading", "text": "x"}))

    many = merged(*(Source(io.BytesIO(small), str(at)) for at in range(101)))

    assert outline(many)[-2:] == [("100", 100), [("x", 100)]]


def test_a_pdf_is_split_with_the_bookmarks_of_its_parts() -> None:
    whole = chapters("Eins")

    parts = list(split_pdf(io.BytesIO(whole), [range(2, 4), range(1)]))

    assert outline(parts[0]) == [("Teil 1", 0), ("Teil 2", 1)]
    assert [pages_of(part) for part in parts] == [pages_of(whole)[2:4], pages_of(whole)[:1]]
    assert parts == list(split_pdf(io.BytesIO(whole), [range(2, 4), range(1)]))


def test_what_is_no_open_pdf_is_refused_with_its_place() -> None:
    good = chapters("Eins")
    locked = pdf(INVOICE, DATA, protection=Protection(user="a", owner="b"))
    readable = io.BytesIO()
    with pikepdf.open(io.BytesIO(good)) as opened:
        opened.save(readable, encryption=pikepdf.Encryption(user="", owner="b"))
    bomb = (
        b"%PDF-1.7\n1 0 obj<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length 9>>stream\n"
        + zlib.compress(b"\0" * 1_000_000)
        + b"\nendstream endobj"
    )
    for content, told in (
        (locked, "/1 encrypted"),
        (readable.getvalue(), "/1 encrypted"),
        (BROKEN, "/1 pdf"),
        (b"", "/1 pdf"),
        (b"<html>", "/1 pdf"),
        (bomb, "/1 pdf"),
    ):
        sources = (Source(io.BytesIO(good)), Source(io.BytesIO(content)))
        assert code(lambda sources=sources: merged(*sources)) == told  # type: ignore[misc]
    assert code(merged) == " missing"
    assert code(lambda: list(split_pdf(io.BytesIO(good), [range(1), range(3, 9)]))) == "/1 range"
    assert code(lambda: list(split_pdf(io.BytesIO(good), [range(0)]))) == "/0 range"
    assert code(lambda: form_fields(io.BytesIO(BROKEN))) == " pdf"


def form() -> bytes:
    """Return a form as others make it: with each kind of field."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=1)
    fields = canvas.acroForm
    fields.textfield(name="name", tooltip="Name", x=50, y=700, width=200, height=20, maxlen=40)
    fields.textfield(
        name="notes", x=50, y=600, width=200, height=60, fieldFlags="multiline required"
    )
    fields.checkbox(name="agree", x=50, y=560, size=14)
    fields.choice(
        name="city", value="Bonn", options=["Bonn", "Köln"], x=50, y=520, width=99, height=18
    )
    fields.listbox(name="days", value="Mo", options=["Mo", "Di"], x=50, y=450, width=99, height=50)
    for state in ("a", "b"):
        fields.radio(name="pay", value=state, selected=state == "a", x=50, y=400, size=14)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def filled(values: dict[str, Any], content: bytes | None = None, **more: Any) -> bytes:
    out = io.BytesIO()
    fill_form(io.BytesIO(content or form()), out, values, **more)
    return out.getvalue()


def test_fields_of_a_form_are_listed_with_their_types() -> None:
    assert form_fields(io.BytesIO(form())) == (
        FormField(name="name", kind="text", label="Name", max_length=40),
        FormField(name="notes", kind="text", multiline=True, required=True, max_length=100),
        FormField(name="agree", kind="checkbox", value=False, required=True),
        FormField(name="city", kind="choice", value="Bonn", options=("Bonn", "Köln")),
        FormField(name="days", kind="list", value="Mo", options=("Mo", "Di")),
        FormField(name="pay", kind="radio", value="a", options=("a", "b"), required=True),
    )


VALUES: dict[str, Any] = {
    "name": "Ада Άλφα שלום",
    "notes": "eins\nzwei " + "lang " * 9,
    "agree": True,
    "city": "Köln",
    "days": "Di",
    "pay": "b",
}


def test_a_filled_form_has_its_values_and_shows_them_in_any_script() -> None:
    made = filled(VALUES)

    found = {one.name: one.value for one in form_fields(io.BytesIO(made))}
    assert found == VALUES
    by_others = {
        name: one.get("/V")
        for name, one in (PdfReader(io.BytesIO(made)).get_fields() or {}).items()
    }
    assert by_others["name"] == VALUES["name"]
    assert (by_others["agree"], by_others["pay"]) == ("/Yes", "/b")
    assert filled(VALUES) == made


def test_a_flattened_form_is_text_that_can_be_kept() -> None:
    made = filled(VALUES, flatten=True)

    (text,) = pages_of(made)
    assert "Ада Άλφα" in text
    assert "Köln" in text
    assert form_fields(io.BytesIO(made)) == ()
    with pikepdf.open(io.BytesIO(made)) as opened:
        assert "/AcroForm" not in opened.Root
    ours = filled(
        {"who": "Ada"},
        pdf(of_blocks({"type": "field", "name": "who", "label": "Wer"})),
        flatten=True,
    )
    archive_pdf(io.BytesIO(ours), io.BytesIO())


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"nobody": "x"}, "/nobody unknown"),
        ({"name": True}, "/name type"),
        ({"name": "x" * 41}, "/name size"),
        ({"name": ["a", "b"]}, "/name type"),
        ({"notes": "x" * 20_001}, "/notes size"),
        ({"agree": "yes"}, "/agree type"),
        ({"city": "Rom"}, "/city choice"),
        ({"pay": "c"}, "/pay choice"),
        ({"days": ["Mo", "Di"]}, "/days type"),
    ],
)
def test_a_value_that_does_not_fit_is_told_with_its_field(
    values: dict[str, Any], told: str
) -> None:
    assert code(lambda: filled(values)) == told


def test_objects_in_the_place_of_others_are_told_as_a_broken_pdf() -> None:
    for key, value in (("Ff", "x"), ("MaxLen", pikepdf.Array()), ("Rect", 1)):
        with pikepdf.open(io.BytesIO(form())) as opened:
            opened.Root.AcroForm.Fields[0][f"/{key}"] = value
            out = io.BytesIO()
            opened.save(out)
        assert code(lambda out=out: filled({"name": "Ada"}, out.getvalue())) == " pdf"  # type: ignore[misc]


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_form_is_filled_or_refused(seed: int) -> None:
    plain = io.BytesIO()
    with pikepdf.open(io.BytesIO(form())) as opened:
        mode = pikepdf.ObjectStreamMode.disable
        opened.save(plain, qdf=True, static_id=True, object_stream_mode=mode)
    chance, damaged = random.Random(seed), bytearray(plain.getvalue())
    for _ in range(chance.choice((1, 5, 40))):
        at = chance.randrange(len(damaged))
        damaged[at : at + chance.randrange(9)] = chance.randbytes(chance.randrange(9))

    with suppress(DocumentError):
        filled({"name": "Ada"}, bytes(damaged), flatten=bool(seed % 2))
    with suppress(DocumentError):
        merged(Source(io.BytesIO(bytes(damaged)), "a"), Source(io.BytesIO(bytes(damaged))))


def test_a_form_whose_fields_are_their_own_parents_ends() -> None:
    with pikepdf.open(io.BytesIO(form())) as opened:
        first = opened.Root.AcroForm.Fields[0]
        first.Kids = pikepdf.Array(
            [first, opened.make_indirect(pikepdf.Dictionary(T="x", Kids=[first]))]
        )
        out = io.BytesIO()
        opened.save(out)

    names = [one.name for one in form_fields(io.BytesIO(out.getvalue()))]

    assert "notes" in names
