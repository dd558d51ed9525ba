"""Pictures of what was filled in Word and Excel, by LibreOffice where it is installed."""

import base64
import io
import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from PIL import Image

from apps.documents.adapters.office import OfficeError, OfficeLimits, pdf_of
from apps.documents.models import TemplateUpload
from kernel.identity.models import Tenant
from kernel.testing.graphql import GraphQLClient
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_key
from tests.documents.making import kept_in, uploaded, with_files
from tests.documents.templates import of_blocks, pdf
from tests.documents.test_excel_templates import saved
from tests.documents.test_excel_templates import template as workbook
from tests.documents.test_word_templates import template as letter

PREVIEW = """query($body: String!, $upload: ID, $sample: String, $first: Int) {
  preview: previewDocumentTemplate(body: $body, uploadId: $upload, sample: $sample, first: $first,
    count: 1, width: 200) {
    pages format document note problem pictures { number width png } } }"""
CREATE = """mutation($input: CreateDocumentTemplateInput!) {
  change: createDocumentTemplate(input: $input) { error { message } } }"""
BODY = json.dumps({"septet": 1, "title": "Offer", "blocks": []})
QUICK = OfficeLimits(seconds=30)


@pytest.fixture
def program(tmp_path: Path) -> Any:
    """Makes a program that is called as LibreOffice is, and does something else."""

    def made(does: str) -> str:
        path = tmp_path / "office"
        path.write_text(
            f"#!{sys.executable} -I\n"
            "import json, os, pathlib, subprocess, sys, time\n"
            "given = pathlib.Path(sys.argv[-1])\n"
            "out = pathlib.Path(sys.argv[sys.argv.index('--outdir') + 1], 'given.pdf')\n"
            f"kept = pathlib.Path({str(tmp_path / 'kept')!r})\n{does}\n"
        )
        path.chmod(0o755)
        return str(path)

    return made


def two_pages() -> bytes:
    blocks = [{"type": "paragraph", "text": text} for text in "ab"]
    return pdf(of_blocks(blocks[0], {"type": "pageBreak"}, blocks[1]))


def test_it_gets_the_file_and_gives_the_pdf_and_nothing_is_left(
    program: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET", "geheim")
    told = program(
        "told = [given.name, given.read_text(), sorted(os.environ), sys.argv[1]]\n"
        "kept.write_text(json.dumps(told))\nout.write_bytes(b'%PDF')"
    )

    assert pdf_of(b"PK", kind="xlsx", program=told, limits=QUICK) == b"%PDF"

    name, content, environment, profile = json.loads((tmp_path / "kept").read_text())
    assert (name, content) == ("given.xlsx", "PK")
    assert set(environment) <= {"HOME", "PATH", "LANG", "LC_CTYPE"}
    folder = Path(profile.removeprefix("-env:UserInstallation=file://")).parent
    assert folder.name.startswith("septet-office-")
    assert not folder.exists()


@pytest.mark.parametrize(
    ("does", "limits", "message"),
    [
        ("sys.exit(3)", QUICK, "ends with 3"),
        ("", QUICK, "makes no PDF"),
        ("out.write_bytes(bytes(9_000_000))", OfficeLimits(output_bytes=5_000_000), "ends with"),
        ("while True: pass", OfficeLimits(cpu_seconds=1, seconds=60), "ends with"),
        ("bytearray(3_000_000_000)", OfficeLimits(memory_bytes=1_000_000_000), "ends with"),
        ("time.sleep(600)", OfficeLimits(seconds=0.5), "longer than 0.5 seconds"),
    ],
    ids=["fails", "nothing", "long", "busy", "large", "slow"],
)
def test_what_goes_wrong_is_said_and_ended_within_its_limits(
    program: Any, does: str, limits: OfficeLimits, message: str
) -> None:
    with pytest.raises(OfficeError, match=message):
        pdf_of(b"PK", kind="docx", program=program(does), limits=limits)


def test_what_it_has_begun_ends_with_it(program: Any, tmp_path: Path) -> None:
    child = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']).pid"
    told = program(f"kept.write_text(str({child}))\nout.write_bytes(b'%PDF')")

    pdf_of(b"PK", kind="docx", program=told, limits=QUICK)

    state = Path(f"/proc/{(tmp_path / 'kept').read_text()}/stat")
    given_up = time.monotonic() + 60
    while _runs(state) and time.monotonic() < given_up:
        time.sleep(0.05)
    assert not _runs(state)


def _runs(state: Path) -> bool:
    """Say whether a process is neither gone nor waiting to be fetched by who has adopted it."""
    try:
        return state.read_text().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except FileNotFoundError:
        return False


@pytest.fixture
def upload(tenant: Tenant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> GraphQLClient:
    """A template made in Word that was looked through."""
    kept_in(monkeypatch, tmp_path)
    graphql = GraphQLClient(make_key(tenant).secret, "/graphql")
    file_id = uploaded("offer.docx", letter("Dear {{ name }}"))
    told = {"name": "offer", "title": "Offer", "upload": {"fileId": file_id, "version": 1}}
    assert graphql(CREATE, input=told).data["change"]["error"] is None
    drain()
    return graphql


def previewed(graphql: GraphQLClient, **more: Any) -> Any:
    upload = str(TemplateUpload.objects.get().pk)
    told = {"body": BODY, "upload": upload, "sample": '{"name": "Ada"}'}
    return graphql(PREVIEW, **told, **more).data["preview"]


@with_files
def test_a_preview_of_what_was_filled_has_pictures(
    upload: GraphQLClient, program: Any, settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "two.pdf").write_bytes(two_pages())
    settings.OFFICE_PROGRAM = program(
        f"out.write_bytes(pathlib.Path({str(tmp_path / 'two.pdf')!r}).read_bytes())"
    )

    found = previewed(upload, first=2)

    assert (found["pages"], found["format"], found["note"]) == (2, "DOCX", None)
    assert base64.b64decode(found["document"]).startswith(b"PK")
    (picture,) = found["pictures"]
    assert (picture["number"], picture["width"]) == (2, 200)
    assert Image.open(io.BytesIO(base64.b64decode(picture["png"]))).width == 200


@with_files
@pytest.mark.parametrize(
    ("does", "note"),
    [
        (None, "not installed"),
        ("sys.exit(1)", "ends with 1"),
        ("out.write_bytes(b'no PDF')", "no pictures"),
    ],
)
def test_without_pictures_it_says_why_and_has_the_file(
    upload: GraphQLClient, program: Any, settings: Any, does: str | None, note: str
) -> None:
    settings.OFFICE_PROGRAM = program(does) if does else ""

    found = previewed(upload)

    assert (found["problem"], found["pages"], found["pictures"]) == (None, 0, [])
    assert note in found["note"]
    assert base64.b64decode(found["document"]).startswith(b"PK")


@pytest.mark.nightly
@pytest.mark.skipif(not shutil.which("soffice"), reason="needs LibreOffice")
@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_libreoffice_itself_shows_what_was_filled(kind: str) -> None:
    content = letter("Dear Ada") if kind == "docx" else saved(workbook(("Dear Ada",)))
    before = set(Path(os.environ.get("TMPDIR", "/tmp")).glob("septet-office-*"))

    made = pdf_of(content, kind=kind, program="soffice", limits=OfficeLimits(seconds=120))

    assert "Dear Ada" in pypdfium2.PdfDocument(made)[0].get_textpage().get_text_bounded()
    assert set(Path(os.environ.get("TMPDIR", "/tmp")).glob("septet-office-*")) <= before
