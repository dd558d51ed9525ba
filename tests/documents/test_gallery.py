"""Every template of the gallery: it is sound, looks as its picture, and other programs read it."""

import csv
import io
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import docx
import pikepdf
import pypdfium2
import pytest
from openpyxl import load_workbook
from PIL import Image, ImageChops

from apps.documents.adapters.csv import render_csv
from apps.documents.adapters.docx.rendering import render_docx
from apps.documents.adapters.html import render_html
from apps.documents.adapters.pdf.rendering import render_pdf
from apps.documents.adapters.xlsx.rendering import render_xlsx
from apps.documents.domain.checking.linting import check
from apps.documents.domain.checking.schemas import check_data, parse_schema
from apps.documents.domain.evaluation.evaluating import evaluate
from apps.documents.domain.evaluation.parts import Document
from apps.documents.domain.gallery import Sample, gallery
from apps.documents.domain.model.parsing import read_template
from scripts.gallery import PAGE, PICTURES, page, picture_path, pictures_of
from tests.documents.reading import Tags

RENDERERS: dict[str, Callable[[Document, BinaryIO], None]] = {
    "pdf": render_pdf,
    "xlsx": render_xlsx,
    "docx": render_docx,
    "html": render_html,
    "csv": render_csv,
}
SAMPLES = {one.name: one for one in gallery()}
MADE = [(name, kind) for name, one in SAMPLES.items() for kind in one.formats]
#: Of eight by eight dots, how far the mean of a color may be off. A changed digit is twice as far.
TOLERANCE = 16


def render(name: str, kind: str, data: Any = None) -> bytes:
    sample, out = SAMPLES[name], io.BytesIO()
    given = sample.data if data is None else data
    template = read_template(sample.template)
    RENDERERS[kind](evaluate(template, given, assets=sample.assets), out)
    return out.getvalue()


@pytest.fixture(scope="module")
def made() -> dict[tuple[str, str], bytes]:
    """Every sample in every format that it is made for."""
    return {one: render(*one) for one in MADE}


def of_kind(made: dict[tuple[str, str], bytes], kind: str) -> dict[str, bytes]:
    return {name: content for (name, one), content in made.items() if one == kind}


def test_there_are_templates_for_what_people_need() -> None:
    assert len(SAMPLES) == 14
    assert {kind for _, kind in MADE} == set(RENDERERS)
    assert all(one.title and one.description and one.formats for one in SAMPLES.values())


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_a_template_is_sound_and_its_samples_fit_its_schema(sample: Sample) -> None:
    assert not check(read_template(sample.template), sample.schema)
    validator = parse_schema(sample.schema)
    assert [check_data(validator, data) for data in (sample.data, *sample.batch)] == [
        () for _ in (sample.data, *sample.batch)
    ]
    assert check_data(validator, {})


def test_two_renders_of_one_input_have_the_same_bytes(made: dict[tuple[str, str], bytes]) -> None:
    assert [one for one in reversed(MADE) if render(*one) != made[one]] == []


def difference(one: Image.Image, other: Image.Image) -> int:
    """Return how far the most different eight by eight dots of two pictures are apart."""
    assert one.size == other.size
    apart = ImageChops.difference(one, other).reduce(8)
    return max(int(most) for _, most in apart.getextrema())  # type: ignore[misc]  # of three colors


def test_pages_look_like_their_pictures(made: dict[tuple[str, str], bytes]) -> None:
    apart = {}
    for sample in SAMPLES.values():
        for number, picture in pictures_of(made[sample.name, "pdf"], sample.pages):
            with Image.open(picture_path(sample, number)) as golden:
                apart[f"{sample.name}-{number}"] = difference(picture, golden.convert("RGB"))

    assert {name: value for name, value in apart.items() if value > TOLERANCE} == {}
    assert {path.stem for path in PICTURES.glob("*.png")} == set(apart)


def test_a_changed_figure_does_not_look_like_the_picture() -> None:
    sample = SAMPLES["invoice"]
    changed = render("invoice", "pdf", {**sample.data, "number": "2026-0118"})

    [(number, picture)] = pictures_of(changed, sample.pages)

    with Image.open(picture_path(sample, number)) as golden:
        assert difference(picture, golden.convert("RGB")) > TOLERANCE


def test_the_page_of_the_docs_is_that_of_the_gallery() -> None:
    assert PAGE.read_text() == page()


def test_letters_of_a_batch_are_in_the_language_of_each() -> None:
    texts = {
        data["country"]: pypdfium2.PdfDocument(render("letter", "pdf", data))[0]
        .get_textpage()
        .get_text_range()
        for data in SAMPLES["letter"].batch
    }

    assert len(texts) == 7
    assert "Yours sincerely" in texts["United Kingdom"]
    assert "Mit freundlichen Grüßen" in texts["Austria"]
    assert "Veuillez agréer" in texts["France"]


def test_qpdf_finds_nothing_wrong_with_any_pdf(made: dict[tuple[str, str], bytes]) -> None:
    for name, content in of_kind(made, "pdf").items():
        with pikepdf.open(io.BytesIO(content)) as opened:
            assert opened.check_pdf_syntax() == [], name


def text_of(content: bytes, folder: Path) -> str:
    """Return the text of a PDF as poppler reads it or, where that is not installed, PDFium."""
    if not shutil.which("pdftotext"):
        pages = pypdfium2.PdfDocument(content)
        return "".join(page.get_textpage().get_text_range() for page in pages)
    path = folder / "document.pdf"
    path.write_bytes(content)
    command = ["pdftotext", "-enc", "UTF-8", str(path), "-"]
    done = subprocess.run(command, capture_output=True, check=True, timeout=30)
    assert not done.stderr
    return done.stdout.decode()


def test_others_read_the_text_of_a_pdf(made: dict[tuple[str, str], bytes], tmp_path: Path) -> None:
    assert "€8,085.98" in text_of(made["invoice", "pdf"], tmp_path)
    assert "48120" in text_of(made["receipt", "pdf"], tmp_path)
    assert all(text_of(one, tmp_path).strip() for one in of_kind(made, "pdf").values())


def test_openpyxl_reads_every_workbook(made: dict[tuple[str, str], bytes]) -> None:
    for name, content in of_kind(made, "xlsx").items():
        book = load_workbook(io.BytesIO(content))
        assert all(sheet.max_row > 1 for sheet in book), name

    book = load_workbook(io.BytesIO(made["workbook", "xlsx"]))
    charts = [type(chart).__name__ for sheet in book for chart in vars(sheet)["_charts"]]
    assert book.sheetnames == [
        "By month",
        "Revenue by channel",
        "Revenue and costs",
        "Orders by region",
        "Orders",
    ]
    assert charts == ["BarChart", "LineChart", "PieChart"]


def test_python_docx_reads_every_word_document(made: dict[tuple[str, str], bytes]) -> None:
    for name, content in of_kind(made, "docx").items():
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert archive.testzip() is None, name
        read = docx.Document(io.BytesIO(content))
        assert any(paragraph.text for paragraph in read.paragraphs), name

    read = docx.Document(io.BytesIO(made["contract", "docx"]))
    titles = [one.text for one in read.paragraphs if one.style and one.style.name == "Heading 2"]
    assert titles[0] == "1. Subject"
    assert len(titles) == 8
    assert [cell.text for cell in read.tables[1].rows[-1].cells] == ["Price", "", "€48,600.00"]


def test_html_is_whole_and_every_csv_is_even(made: dict[tuple[str, str], bytes]) -> None:
    for name, content in of_kind(made, "html").items():
        tags = Tags()
        tags.feed(content.decode())
        assert not tags.open, name
        assert not [tag for tag, _ in tags.seen if tag in ("script", "link", "iframe", "object")]
    for content in of_kind(made, "csv").values():
        for table in content.decode().split("\r\n\r\n"):
            rows = list(csv.reader(io.StringIO(table, newline="")))
            assert len({len(row) for row in rows}) <= 1


@pytest.mark.nightly
@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice")
@pytest.mark.parametrize("kind", ["docx", "xlsx", "html", "csv"])
def test_libreoffice_converts_every_document(
    kind: str, made: dict[tuple[str, str], bytes], tmp_path: Path
) -> None:
    given = of_kind(made, kind)
    for name, content in given.items():
        (tmp_path / f"{name}.{kind}").write_bytes(content)

    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = ["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", str(tmp_path)]
    files = [str(tmp_path / f"{name}.{kind}") for name in given]
    subprocess.run([*command, *files], check=True, capture_output=True, timeout=300)

    for name, content in given.items():
        with pypdfium2.PdfDocument((tmp_path / f"{name}.pdf").read_bytes()) as pages:
            text = "".join(page.get_textpage().get_text_bounded() for page in pages)
        # A table of nothing but empty cells says nothing anywhere.
        assert text.strip() or not content.strip(b'",\r\n'), name
