"""Signed PDFs, by the validator of pyHanko."""

import datetime as dt
import io
from typing import Any

import pikepdf
import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    pkcs12,
)
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from apps.documents.adapters.pdf.archiving import Archive
from apps.documents.adapters.pdf.signing import SigningKey, read_signing_key
from apps.documents.domain.findings import DocumentError
from apps.documents.domain.protection import Protection
from tests.documents.signatures import AT, certificate, pem, rsa_key, signed, signing_key
from tests.documents.templates import of_blocks, pdf

PLAIN = of_blocks({"type": "paragraph", "text": "Vertrag"})


def verdict(content: bytes, key: SigningKey) -> Any:
    """Return what pyHanko says of the one signature, when the certificate is trusted."""
    root = asn1_x509.Certificate.load(key.certificate.public_bytes(Encoding.DER))
    context = ValidationContext(trust_roots=[root], moment=AT)
    (signature,) = PdfFileReader(io.BytesIO(content)).embedded_signatures
    assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    assert signature.sig_object["/Reason"] == "Einverstanden"
    assert signature.self_reported_timestamp == AT
    return validate_pdf_signature(signature, context)


@pytest.mark.parametrize(
    "key",
    [rsa_key(), ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()],
    ids=["rsa", "curve", "ed25519"],
)
def test_a_signature_covers_all_of_the_document(key: Any) -> None:
    content = pdf(PLAIN, archive=Archive())
    own = read_signing_key(pem(key, certificate(key)))

    made = signed(content, own)

    assert made.startswith(content)
    told = verdict(made, own)
    assert told.bottom_line
    assert told.coverage.name == "ENTIRE_FILE"
    with pikepdf.open(io.BytesIO(made)) as opened:
        assert str(opened.docinfo.Producer) == "Septet"
    again = signed(content, own)
    assert (again == made) is not isinstance(key, ec.EllipticCurvePrivateKey)


def test_a_change_after_the_signature_is_seen() -> None:
    own = signing_key()
    made = signed(pdf(PLAIN), own)

    changed = made.replace(b"Septet", b"Sextet", 1)

    assert changed != made
    assert not verdict(changed, own).intact


def test_a_key_of_pkcs12_takes_its_password() -> None:
    key = rsa_key()
    stored = pkcs12.serialize_key_and_certificates(
        b"ada", key, certificate(key), None, BestAvailableEncryption(b"geheim")
    )

    own = read_signing_key(stored, "geheim")

    assert verdict(signed(pdf(PLAIN), own), own).bottom_line
    assert repr(own) == "SigningKey('CN=Ada')"
    with pytest.raises(DocumentError, match="its password is another"):
        read_signing_key(stored, "falsch")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (b"", "no PKCS#12 or PEM"),
        (b"-----BEGIN PRIVATE KEY-----\nAA\n-----END PRIVATE KEY-----", "no PKCS#12 or PEM"),
        (b"0" * 100_001, "at most 100000 bytes"),
        (pem(rsa_key(1024), certificate(rsa_key(1024))), "at least 2048 bits, found 1024"),
        (pem(rsa_key(), certificate(rsa_key(1024))), "no certificate for the key"),
        (pem(rsa_key(), certificate(rsa_key(), signs=False)), "not for signatures"),
    ],
)
def test_a_key_that_cannot_sign_is_refused(given: bytes, told: str) -> None:
    with pytest.raises(DocumentError, match=told) as error:
        read_signing_key(given)

    assert error.value.finding.code == "key"


def test_what_cannot_be_signed_is_told() -> None:
    own = signing_key()
    locked = pdf(PLAIN, protection=Protection(user="a", owner="b"))
    once = signed(pdf(PLAIN), own)

    for content, at, code in (
        (locked, AT, "encrypted"),
        (b"%PDF-1.7 nothing", AT, "pdf"),
        (once, AT, "signed"),
        (pdf(PLAIN), AT + dt.timedelta(days=9), "key"),
    ):
        with pytest.raises(DocumentError) as error:
            signed(content, own, at)
        assert error.value.finding.code == code
