"""The gallery's pictures and its page of the docs: `python -m scripts.gallery` makes them anew.

Tests compare what is rendered with these pictures: look at each that changed before you commit it.
"""

import io
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
from PIL import Image

from apps.documents.adapters.pdf.rendering import render_pdf
from apps.documents.domain.evaluation.evaluating import evaluate
from apps.documents.domain.gallery import Sample, gallery
from apps.documents.domain.model.parsing import read_template

DOCS = Path(__file__).resolve().parent.parent / "docs"
PICTURES = DOCS.parent / "apps" / "documents" / "static" / "documents" / "gallery"
PAGE = DOCS / "gallery.md"
_FROM_DOCS = "../apps/documents/static/documents/gallery"
#: Dots of a picture for each point of a page.
SCALE = 0.7
_COLORS = 256
_HEAD = """# Gallery

Templates to begin with. Each has the schema of its data and a sample of it, in
[apps/documents/gallery](../apps/documents/gallery); `apps.documents.domain.gallery.gallery()`
lists them. What is shown here is the PDF of the sample. The audit report shows real records of AWS
CloudTrail, the letters and the runway report public data of OurAirports.

`python -m scripts.gallery` makes this page and its pictures anew; tests compare what is rendered
with them.
"""


def main() -> None:
    """Write the pictures and the page."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    for old in PICTURES.glob("*.png"):
        old.unlink()
    for sample in gallery():
        for number, picture in pictures_of(pdf_of(sample), sample.pages):
            picture.quantize(_COLORS, dither=Image.Dither.NONE).save(
                picture_path(sample, number), optimize=True
            )
    PAGE.write_text(page())


def pdf_of(sample: Sample) -> bytes:
    """Return the document of a sample's own data."""
    out = io.BytesIO()
    template = read_template(sample.template)
    render_pdf(evaluate(template, sample.data, assets=sample.assets), out)
    return out.getvalue()


def pictures_of(content: bytes, pages: tuple[int, ...]) -> Iterator[tuple[int, Image.Image]]:
    """Yield pages of a PDF, from 1, as pictures with the fields of its form."""
    opened = pypdfium2.PdfDocument(content)
    opened.init_forms()
    for number in pages:
        yield number, opened[number - 1].render(scale=SCALE).to_pil().convert("RGB")


def picture_path(sample: Sample, number: int) -> Path:
    """Return where the picture of a page is."""
    return PICTURES / f"{sample.name}-{number}.png"


def page() -> str:
    """Return the page of the docs."""
    found = [_HEAD]
    for sample in gallery():
        pictures = " ".join(
            f"![{sample.title}, page {number}]({_FROM_DOCS}/{picture_path(sample, number).name})"
            for number in sample.pages
        )
        formats = ", ".join(one.upper() for one in sample.formats)
        found.append(
            f"\n## {sample.title}\n\n{sample.description} Made for {formats}: "
            f"[`{sample.name}`](../apps/documents/gallery/{sample.name}).\n\n{pictures}\n"
        )
    return "".join(found)


if __name__ == "__main__":
    main()
