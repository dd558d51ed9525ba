"""The headers of tus 1.0.0 (https://tus.io/protocols/resumable-upload): read, judged, written."""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from uuid import UUID

VERSION = "1.0.0"
EXTENSIONS = (
    "creation",
    "creation-with-upload",
    "creation-defer-length",
    "expiration",
    "checksum",
    "termination",
    "concatenation",
)
#: Every server has to know SHA-1; nothing of ours is trusted for it.
CHECKSUMS = ("sha1", "sha256")
BODY_TYPE = "application/offset+octet-stream"
#: What a request may send beyond the headers that browsers let through, and read of an answer.
REQUEST_HEADERS = (
    "Authorization",
    "Content-Type",
    "Tus-Resumable",
    "Upload-Length",
    "Upload-Defer-Length",
    "Upload-Offset",
    "Upload-Metadata",
    "Upload-Checksum",
    "Upload-Concat",
    "X-HTTP-Method-Override",
    "X-Request-Id",
)
RESPONSE_HEADERS = (
    "Location",
    "Tus-Resumable",
    "Tus-Version",
    "Tus-Extension",
    "Tus-Max-Size",
    "Tus-Checksum-Algorithm",
    "Upload-Length",
    "Upload-Defer-Length",
    "Upload-Offset",
    "Upload-Metadata",
    "Upload-Expires",
    "Upload-Concat",
    "Retry-After",
    "X-Request-Id",
)

MOST_METADATA_CHARACTERS = 8 * 1024
MOST_PARTS = 100

#: As many digits as a column of the database holds.
_NUMBER = re.compile(r"[0-9]{1,18}")
#: Visible ASCII alone may come back in a header.
_ECHOED = re.compile(r"[\x20-\x7e]*")
_UPLOAD = re.compile(
    r"(?:https?://[^/?#]+)?/files/api/uploads/"
    r"(?P<id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
)


class HeaderError(ValueError):
    """A header does not say what the protocol lets it say; the message tells which, and why."""


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a body has to add up to."""

    algorithm: str
    digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Creation:
    """An upload as somebody asks for it; without a length that is told later, or follows."""

    length: int | None
    metadata: str
    partial: bool
    #: The uploads whose bytes make this one; `concat` is how they were told.
    parts: tuple[UUID, ...]
    concat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far an upload is."""

    id: UUID
    #: The file that it becomes; None of a part.
    file_id: UUID | None
    offset: int
    length: int | None
    finished: bool
    metadata: str
    concat: str
    expires_at: datetime

    @property
    def path(self) -> str:
        """Return where it is found."""
        return f"/files/api/uploads/{self.id}"

    def progress(self) -> dict[str, str]:
        """Return the headers of what was written to it."""
        told = {"Upload-Offset": str(self.offset)}
        # What is finished does not expire, but a part waits to be used.
        if not self.finished or self.concat == "partial":
            told["Upload-Expires"] = http_date(self.expires_at)
        return told

    def headers(self) -> dict[str, str]:
        """Return all that a HEAD tells of it."""
        told = self.progress()
        if self.concat.startswith("final") and not self.finished:
            del told["Upload-Offset"]
        if self.length is None:
            told["Upload-Defer-Length"] = "1"
        else:
            told["Upload-Length"] = str(self.length)
        for name, value in (("Upload-Metadata", self.metadata), ("Upload-Concat", self.concat)):
            if value:
                told[name] = value
        return told


def creation(headers: Mapping[str, str]) -> Creation:
    """Read the headers of a POST; raises HeaderError."""
    concat = headers.get("Upload-Concat", "")
    parts = _parts(concat)
    metadata = headers.get("Upload-Metadata", "")
    read_metadata(metadata)
    return Creation(
        length=_length(headers, composed=bool(parts)),
        metadata=metadata,
        partial=concat == "partial",
        parts=parts,
        concat=concat,
    )


def number(headers: Mapping[str, str], name: str) -> int | None:
    """Read a header that is a whole number; None when it is not there. Raises HeaderError."""
    text = headers.get(name)
    if text is None:
        return None
    if not _NUMBER.fullmatch(text):
        raise HeaderError(f"{name} is a whole number from 0 to 10^18, found {text[:40]!r}")
    return int(text)


def read_metadata(text: str) -> dict[str, bytes]:
    """Read `Upload-Metadata`; raises HeaderError."""
    if not _ECHOED.fullmatch(text):
        raise HeaderError("Upload-Metadata is printable ASCII")
    if len(text) > MOST_METADATA_CHARACTERS:
        raise HeaderError(f"Upload-Metadata has at most {MOST_METADATA_CHARACTERS} characters")
    found: dict[str, bytes] = {}
    for pair in text.split(",") if text else ():
        key, _, value = pair.strip(" ").partition(" ")
        if not key or not key.isascii() or not key.isprintable() or key in found:
            raise HeaderError(f"Upload-Metadata has keys in ASCII, each once, found {key[:40]!r}")
        found[key] = _base64(value, f"Upload-Metadata: {key[:40]}")
    return found


def checksum(headers: Mapping[str, str]) -> Checksum | None:
    """Read `Upload-Checksum`; None when it is not there. Raises HeaderError."""
    text = headers.get("Upload-Checksum")
    if text is None:
        return None
    algorithm, _, value = text.partition(" ")
    if algorithm not in CHECKSUMS:
        known = ", ".join(CHECKSUMS)
        raise HeaderError(f"Upload-Checksum begins with one of {known}, found {algorithm[:40]!r}")
    digest = _base64(value, "Upload-Checksum")
    if len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise HeaderError(f"Upload-Checksum holds {len(digest)} bytes, which no {algorithm} has")
    return Checksum(algorithm, digest)


def http_date(moment: datetime) -> str:
    """Write a moment as `Upload-Expires` has it."""
    return format_datetime(moment, usegmt=True)


def _length(headers: Mapping[str, str], *, composed: bool) -> int | None:
    length = number(headers, "Upload-Length")
    deferred = headers.get("Upload-Defer-Length")
    if composed:
        if length is not None or deferred is not None:
            raise HeaderError("an upload made of others has their length: send none")
        return None
    if deferred not in {None, "1"}:
        raise HeaderError(f"Upload-Defer-Length is 1 or not there, found {deferred[:40]!r}")
    if (length is None) == (deferred is None):
        raise HeaderError("an upload needs either Upload-Length or Upload-Defer-Length: 1")
    return length


def _parts(concat: str) -> tuple[UUID, ...]:
    if concat in {"", "partial"}:
        return ()
    kind, _, addresses = concat.partition(";")
    found = [_UPLOAD.fullmatch(address) for address in addresses.split()]
    if kind != "final" or not found or not all(found):
        raise HeaderError(
            "Upload-Concat is `partial`, or `final;` and addresses of uploads with spaces between"
        )
    if len(found) > MOST_PARTS:
        raise HeaderError(f"an upload is made of at most {MOST_PARTS} others, found {len(found)}")
    return tuple(UUID(match["id"]) for match in found if match)


def _base64(text: str, what: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise HeaderError(f"{what} has to be Base64, found {text[:40]!r}") from None
