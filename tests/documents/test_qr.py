"""QR codes: what reportlab makes of a text, module for module, and what others read of it."""

import io
from typing import Any

import pypdfium2
import pytest
from PIL import Image
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel
from reportlab.pdfgen.canvas import Canvas

from apps.documents.adapters.qr import QUIET, QrFlowable, draw_qr, qr_runs

VALUES = (
    "a",
    "20240017",
    "HELLO WORLD-1/2",
    "https://example.com/20240017",
    "Größe: 42 €, שלום, 日本",
    "BCD\n002\n1\nSCT\n\nAcme GmbH\nDE02120300000000202051\nEUR44.63\n\n\nR-17",
    *(f"{'x' * at} {at}" for at in range(3, 1_000, 83)),
)


def theirs(value: str) -> list[list[bool]]:
    """Return the modules of reportlab's own code, which tries each mask module by module."""
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(value)
    code.make()
    return [[bool(one) for one in row] for row in code.modules]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value[:20])
def test_a_code_is_reportlabs_module_for_module(value: str) -> None:
    count, runs = qr_runs(value)

    side = count - 2 * QUIET
    ours = [[False] * side for _ in range(side)]
    for x, y, many in runs:
        for at in range(x - QUIET, x - QUIET + many):
            ours[y - QUIET][at] = True
    assert ours == theirs(value)


def test_a_drawing_is_one_shape_within_its_side() -> None:
    drawing = draw_qr("https://example.com", 85.0)

    shape: Any
    (shape,) = drawing.contents
    assert (drawing.width, drawing.height) == (85.0, 85.0)
    assert min(shape.points) > 0
    assert max(shape.points) < 85


def test_a_code_is_drawn_in_its_modules_in_pdf_and_as_a_drawing() -> None:
    side = (21 + 2 * QUIET) * 2.0

    def raster(drawn: Any) -> Image.Image:
        out = io.BytesIO()
        canvas = Canvas(out, pagesize=(side, side))
        drawn.drawOn(canvas, 0, 0)
        canvas.save()
        (page,) = pypdfium2.PdfDocument(out.getvalue())
        # A module has eight dots each way.
        picture: Image.Image = page.render(scale=4).to_pil().convert("L")
        return picture

    ours, drawing = raster(QrFlowable("HELLO", side)), raster(draw_qr("HELLO", side))

    assert ours.tobytes() == drawing.tobytes()
    within = ours.crop((QUIET * 8, QUIET * 8, (21 + QUIET) * 8, (21 + QUIET) * 8))
    modules = within.resize((21, 21), Image.Resampling.BOX)
    seen = [[not modules.getpixel((x, y)) for x in range(21)] for y in range(21)]
    assert seen == theirs("HELLO")
    assert ours.histogram()[0] == 64 * sum(map(sum, seen))
