"""Keys, certificates and signed PDFs that several tests take."""

import base64
import datetime as dt
import io
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from apps.documents.adapters.pdf.signing import SigningKey, read_signing_key, sign_pdf
from apps.documents.models import SigningKey as KeptKey
from apps.documents.services.signing import create_signing_key
from kernel import clock

AT = dt.datetime(2026, 5, 31, 12, tzinfo=dt.UTC)


def certificate(key: Any, *, signs: bool = True, at: dt.datetime = AT) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ada")])
    usage = x509.KeyUsage(
        digital_signature=signs,
        content_commitment=signs,
        key_encipherment=not signs,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(at - dt.timedelta(days=1))
        .not_valid_after(at + dt.timedelta(days=1))
        .add_extension(usage, critical=True)
    )
    hashed = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(key, hashed)


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


def pem(key: Any, own: x509.Certificate | None) -> bytes:
    content: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return content + (own.public_bytes(Encoding.PEM) if own else b"")


def signed(content: bytes, key: SigningKey, at: dt.datetime = AT) -> bytes:
    out = io.BytesIO()
    sign_pdf(io.BytesIO(content), out, key, at=at, reason="Einverstanden", location="Köln")
    return out.getvalue()


def signing_key() -> SigningKey:
    return read_signing_key(pem(rsa_key(), certificate(rsa_key())))


def key_file(at: dt.datetime | None = None) -> str:
    """Return a key with a certificate that is valid now, as `create_signing_key` takes it."""
    key = ed25519.Ed25519PrivateKey.generate()
    return base64.b64encode(pem(key, certificate(key, at=at or clock.now()))).decode()


def sealed_key(name: str) -> KeptKey:
    """Let the tenant have a key to sign with."""
    return create_signing_key(name=name, content=key_file())
