"""A finished PDF is signed: PAdES B-B (ETSI EN 319 142-1), by a key that the tenant has given.

Not for the process that makes documents: there, what a template does would be beside the key.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

from asn1crypto import keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    pkcs12,
)
from pyhanko.pdf_utils.generic import ByteStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.general import SigningError
from pyhanko_certvalidator.registry import SimpleCertificateStore

from apps.documents.adapters.pdf.opening import MISMATCHES, opened
from apps.documents.domain.findings import stop

_LEAST_BITS = 2048
_MOST_BYTES = 100_000
_FIELD = "Signature"
PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and the certificate that says whose it is, with those up to its root."""

    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    def __repr__(self) -> str:
        return f"SigningKey({self.certificate.subject.rfc4514_string()!r})"


def read_signing_key(given: bytes, password: str | None = None) -> SigningKey:
    """Return a key of PKCS#12, or of PEM with the key and its certificates in one text.

    Raises DocumentError with the code `key`: not readable, another password, too short a key, no
    certificate for it. What was given is never in the message.
    """
    secret = password.encode() if password else None
    try:
        if len(given) > _MOST_BYTES:
            stop("", "key", f"a key has at most {_MOST_BYTES} bytes")
        found = _of_pem(given, secret) if b"-----BEGIN" in given else _of_pkcs12(given, secret)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        stop("", "key", "this is no PKCS#12 or PEM, or its password is another")
    key, certificates = found
    if not isinstance(key, PrivateKey):
        stop("", "key", "a key of RSA, of an elliptic curve or Ed25519 is needed")
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size < _LEAST_BITS:
        stop("", "key", f"a key of RSA has at least {_LEAST_BITS} bits, found {key.key_size}")
    own = [one for one in certificates if _public(one.public_key()) == _public(key.public_key())]
    if not own:
        stop("", "key", "there is no certificate for the key")
    _may_sign(own[0])
    return SigningKey(key, own[0], tuple(one for one in certificates if one != own[0]))


def pem_of(key: SigningKey) -> str:
    """Return what `read_signing_key` reads without a password."""
    plain = key.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    own = (key.certificate, *key.chain)
    return b"".join([plain, *(one.public_bytes(Encoding.PEM) for one in own)]).decode()


def sign_pdf(
    plain: BinaryIO,
    out: BinaryIO,
    key: SigningKey,
    *,
    at: dt.datetime,
    reason: str = "",
    location: str = "",
) -> None:
    """Write a PDF with a signature over all of it; what it had stays byte for byte.

    A PDF/A stays one. Keys of RSA and Ed25519 give the same bytes at the same time. Raises
    DocumentError: a PDF that is locked or broken, a certificate that is not valid at the time.
    """
    own = key.certificate
    if not own.not_valid_before_utc <= at <= own.not_valid_after_utc:
        until = own.not_valid_after_utc
        message = (
            f"the certificate is valid from {own.not_valid_before_utc} to {until}, not at {at}"
        )
        stop("", "key", message)
    with opened(plain):
        # Whether it is a PDF is said by the reader that repairs nothing else.
        plain.seek(0)
    about = signers.PdfSignatureMetadata(
        field_name=_FIELD,
        md_algorithm=_digest(key.key),
        subfilter=SigSeedSubFilter.PADES,
        reason=reason[:200] or None,
        location=location[:200] or None,
    )
    try:
        writer = _Writer(plain, strict=False)
        _free_field(writer)
        # The second half names this revision; pyHanko has no setting for what it draws at random.
        writer._document_id[1] = ByteStringObject(_identity(plain, at))  # noqa: SLF001
        _Signer(about, _signer(key), at).sign_pdf(writer, output=out)
    except (PdfError, SigningError, *MISMATCHES) as error:
        stop("", "pdf", f"the PDF cannot be signed: {str(error)[:120]}")


class _Writer(IncrementalPdfFileWriter):
    """Leaves what a document says of itself: pyHanko would write its own name and the time."""

    def _update_meta(self) -> None:
        pass


class _Signer(signers.PdfSigner):
    """Signs at a time that is given."""

    def __init__(
        self, about: signers.PdfSignatureMetadata, signer: signers.Signer, at: dt.datetime
    ) -> None:
        super().__init__(about, signer, new_field_spec=SigFieldSpec(_FIELD))
        self._at = at

    def init_signing_session(self, *args: Any, **more: Any) -> Any:
        """Begin, at that time and not at the clock's."""
        session = super().init_signing_session(*args, **more)
        session.system_time = self._at
        return session


def _free_field(writer: IncrementalPdfFileWriter) -> None:
    """Refuse a document that is signed: a second signature is another form of approval."""
    if writer.prev.embedded_signatures:
        stop("", "signed", "the PDF is signed already")


def _identity(plain: BinaryIO, at: dt.datetime) -> bytes:
    plain.seek(0)
    digest = hashlib.sha256()
    while chunk := plain.read(1 << 20):
        digest.update(chunk)
    digest.update(at.isoformat().encode())
    return digest.digest()[:16]


def _signer(key: SigningKey) -> signers.SimpleSigner:
    plain = key.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    registry: Any = cast(Any, SimpleCertificateStore)()
    registry.register_multiple([_certificate(one) for one in key.chain])
    return signers.SimpleSigner(
        signing_cert=_certificate(key.certificate),
        signing_key=keys.PrivateKeyInfo.load(plain),
        cert_registry=registry,
    )


def _certificate(one: x509.Certificate) -> asn1_x509.Certificate:
    return asn1_x509.Certificate.load(one.public_bytes(Encoding.DER))


def _digest(key: PrivateKey) -> str:
    return "sha512" if isinstance(key, ed25519.Ed25519PrivateKey) else "sha256"


def _of_pem(given: bytes, secret: bytes | None) -> tuple[Any, list[x509.Certificate]]:
    return load_pem_private_key(given, secret), x509.load_pem_x509_certificates(given)


def _of_pkcs12(given: bytes, secret: bytes | None) -> tuple[Any, list[x509.Certificate]]:
    key, own, others = pkcs12.load_key_and_certificates(given, secret)
    return key, [*_some(own), *others]


def _some(one: x509.Certificate | None) -> Iterable[x509.Certificate]:
    return [] if one is None else [one]


def _public(key: Any) -> bytes:
    found: bytes = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return found


def _may_sign(own: x509.Certificate) -> None:
    try:
        usage = own.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return
    if not (usage.digital_signature or usage.content_commitment):
        stop("", "key", "the certificate is not for signatures, by its key usage")
