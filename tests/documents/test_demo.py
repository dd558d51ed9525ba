"""What the demo asks for is made, and once."""

import io
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader

from apps.documents.demo import load
from apps.documents.models import Document, SigningKey
from kernel.testing.jobs import drain
from tests.documents.making import kept_in, stored, with_files


@with_files
@pytest.mark.usefixtures("tenant")
def test_all_of_it_is_made_but_what_shows_a_mistake(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    kept_in(monkeypatch, tmp_path)

    assert load() == load()
    drain()

    found = Document.objects.order_by("created_at", "pk")
    assert [(one.state, one.error_code) for one in found] == [
        ("ready", ""),
        ("ready", ""),
        ("ready", ""),
        ("ready", ""),
        ("failed", "DOCUMENTS_RENDERING_REFUSED"),
    ]
    key = SigningKey.objects.get()
    signed = Document.objects.get(signing_key_id=key.pk)
    files = [one.read_bytes() for one in stored(tmp_path / "files")]
    content = next(one for one in files if len(one) == signed.size_bytes)
    (signature,) = PdfFileReader(io.BytesIO(content)).embedded_signatures
    assert (signed.title, key.subject) == ("Certificate AFA-26-00731", "CN=Septet demo")
    assert signature.signer_cert.subject.native["common_name"] == "Septet demo"
