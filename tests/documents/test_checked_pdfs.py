"""Files of PDF that were made of others are right to who has not made them: qpdf and poppler."""

import io
import shutil
import subprocess
from pathlib import Path

import pikepdf
import pytest

from apps.documents.adapters.pdf.archiving import Archive
from apps.documents.adapters.pdf.merging import Source, split_pdf
from apps.documents.domain.protection import Protection
from tests.documents.signatures import signed, signing_key
from tests.documents.templates import DATA, INVOICE, pdf
from tests.documents.test_pdfs import VALUES, chapters, filled, form, merged


@pytest.mark.parametrize("tool", ["qpdf", *(["poppler"] if shutil.which("pdftotext") else [])])
def test_others_find_nothing_wrong_with_what_is_made_of_pdfs(tool: str, tmp_path: Path) -> None:
    whole, guard = chapters("Eins"), Protection(user="open", owner="all of it", copying=True)
    key = signing_key()
    made = {
        "merged": merged(Source(io.BytesIO(whole), "Eins"), Source(io.BytesIO(form()), "Zwei")),
        "split": next(split_pdf(io.BytesIO(whole), [range(1, 3)])),
        "filled": filled(VALUES),
        "flattened": filled(VALUES, flatten=True),
        "signed": signed(whole, key),
        "kept and signed": signed(pdf(INVOICE, DATA, archive=Archive()), key),
    }
    locked = pdf(INVOICE, DATA, protection=guard)

    faults = {name: FAULTS[tool](content, tmp_path) for name, content in made.items()}
    assert faults == {name: [] for name in made}
    assert FAULTS[tool](locked, tmp_path, "open") == []
    # Whoever judges does find what is wrong.
    assert FAULTS[tool](whole[:-500] + b"x" * 500, tmp_path)


def qpdf_faults(content: bytes, _folder: Path, password: str = "") -> list[str]:
    try:
        with pikepdf.open(io.BytesIO(content), password=password, attempt_recovery=False) as opened:
            return opened.check_pdf_syntax()
    except pikepdf.PdfError as error:
        return [str(error)]


def poppler_faults(content: bytes, folder: Path, password: str = "") -> list[str]:
    path = folder / "judged.pdf"
    path.write_bytes(content)
    command = ["pdftotext", "-upw", password, str(path), "-"]
    return subprocess.run(command, capture_output=True, check=False).stderr.decode().splitlines()


FAULTS = {"qpdf": qpdf_faults, "poppler": poppler_faults}
