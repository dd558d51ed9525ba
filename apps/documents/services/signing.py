"""Keys that documents are signed with: taken once, shown to nobody, used by workers alone."""

import base64
import binascii
import hashlib
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, cast
from uuid import UUID

from cryptography.hazmat.primitives import hashes
from django.db import IntegrityError, transaction

from apps.documents.access import SIGN
from apps.documents.domain.findings import DocumentError
from apps.documents.errors import DocumentRefusedError
from apps.documents.models import DocumentFormat, SigningKey
from apps.documents.selectors.templates import named
from apps.documents.services.rendering import Rendered
from apps.documents.services.templates import check_name
from contracts.signing import SigningKeyCreated, SigningKeyDeleted
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError, NotFoundError
from kernel.events.publishing import publish
from kernel.rows import check, locked
from kernel.secrets.reading import read_secret
from kernel.tenancy.context import acting_principal, require

if TYPE_CHECKING:
    from apps.documents.adapters.pdf.signing import SigningKey as Key

#: Of a tenant.
MOST_KEYS = 50
_IN_MEMORY = 1 << 20


@transaction.atomic
def create_signing_key(*, name: str, content: str, password: str | None = None) -> SigningKey:
    """Keep a key, given as base64 of PKCS#12 or PEM with its certificates.

    Raises InvalidInputError for what is no key with a certificate that is valid now, ConflictError
    when the name is taken, LimitExceededError.
    """
    if SigningKey.objects.count() >= MOST_KEYS:
        raise LimitExceededError(f"at most {MOST_KEYS} signing keys")
    check_name(name)
    given = _read(content, password)
    own = given.certificate
    if not own.not_valid_before_utc <= clock.now() <= own.not_valid_after_utc:
        raise InvalidInputError(
            f"the certificate is valid from {own.not_valid_before_utc} to {own.not_valid_after_utc}"
        )
    key = SigningKey(
        name=name,
        subject=own.subject.rfc4514_string()[:500],
        issuer=own.issuer.rfc4514_string()[:500],
        fingerprint=own.fingerprint(hashes.SHA256()).hex(),
        not_before=own.not_valid_before_utc,
        not_after=own.not_valid_after_utc,
        sealed=_pdf().pem_of(given),
    )
    check(key, only=("name",))
    try:
        with transaction.atomic():
            key.save()
    except IntegrityError:
        raise ConflictError(f"there is a signing key {name!r} already") from None
    publish(SigningKeyCreated(key_id=str(key.pk), name=name, fingerprint=key.fingerprint))
    return key


@transaction.atomic
def delete_signing_key(*, id: str) -> SigningKey:
    """Remove a key and return it as it was.

    What was signed with it stays signed; what waits to be signed with it fails, and says so.
    """
    key = locked(SigningKey, id)
    SigningKey.objects.filter(pk=key.pk).delete()
    publish(SigningKeyDeleted(key_id=str(key.pk), name=key.name, fingerprint=key.fingerprint))
    return key


def key_to_sign_with(id_or_name: str | None, format: DocumentFormat) -> UUID | None:
    """Return which key somebody may have a document signed with, None for none.

    Raises ForbiddenError without `documents:sign`, InvalidInputError for another format than PDF,
    NotFoundError, ConflictError for a certificate that is not valid any more.
    """
    if not id_or_name:
        return None
    if acting_principal() is not None:
        require(SIGN)
    if format is not DocumentFormat.PDF:
        raise InvalidInputError(f"only PDF is signed, and not {format}")
    found = named(SigningKey, id_or_name)
    if found.not_after < clock.now():
        raise ConflictError(f"the certificate of {found.name!r} was valid until {found.not_after}")
    return found.pk


def read_key(key_id: UUID | None) -> "Key | None":
    """Return a key for a worker to sign with; raises NotFoundError when it is gone."""
    if key_id is None:
        return None
    row = SigningKey.objects.filter(pk=key_id).first()
    if row is None:
        raise NotFoundError("the key that it was to be signed with is gone")
    text = read_secret(row, "sealed", purpose="sign documents", shown=False)
    key: Key = _pdf().read_signing_key(text.encode())
    return key


@contextmanager
def signed(
    made: Rendered, plain: BinaryIO, key: "Key | None"
) -> Iterator[tuple[Rendered, BinaryIO]]:
    """Give a document with a signature over all of it, or as it is where there is no key.

    Raises DocumentRefusedError: the certificate is not valid now, the PDF cannot be signed.
    """
    if key is None:
        yield made, plain
        return
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as out:
        try:
            _pdf().sign_pdf(plain, cast(BinaryIO, out), key, at=clock.now())
        except DocumentError as error:
            raise DocumentRefusedError([error.finding]) from error
        size = out.seek(0, io.SEEK_END)
        out.seek(0)
        digest = hashlib.file_digest(cast(Any, out), "sha256").hexdigest()
        out.seek(0)
        yield replace(made, size_bytes=size, sha256=digest), cast(BinaryIO, out)


def _pdf() -> Any:
    from apps.documents.adapters.pdf import signing  # noqa: PLC0415  pyHanko takes 0.4 s, 30 MB

    return signing


def _read(content: str, password: str | None) -> "Key":
    try:
        given = base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInputError("content is base64 of a file of PKCS#12 or PEM") from None
    try:
        key: Key = _pdf().read_signing_key(given, password)
    except DocumentError as error:
        raise InvalidInputError(error.finding.message) from None
    return key
