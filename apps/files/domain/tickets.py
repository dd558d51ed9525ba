"""What a signed address says: which row of which tenant, in which version, and until when."""

import base64
import binascii
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID


class SignedUrlPurpose(StrEnum):
    """What the address of a content is for: that of one is refused for another."""

    VIEW = "view"
    DOWNLOAD = "download"


_FORM = struct.Struct(">16s16sIQ")


class TicketError(ValueError):
    """The text is no ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One row, for whoever has it."""

    tenant_id: UUID
    row_id: UUID
    #: Of a file; 0 of what has none.
    version: int = 0
    #: Whole seconds.
    expires_at: datetime

    def text(self) -> str:
        """Write it in letters of an URL."""
        packed = _FORM.pack(
            self.tenant_id.bytes,
            self.row_id.bytes,
            self.version,
            int(self.expires_at.timestamp()),
        )
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_ticket(text: str) -> Ticket:
    """Read what `Ticket.text` wrote; raises TicketError."""
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        tenant, row, version, seconds = _FORM.unpack(packed)
        expires_at = datetime.fromtimestamp(seconds, UTC)
    except (binascii.Error, struct.error, ValueError, OverflowError, OSError):
        raise TicketError("it is no ticket of ours") from None
    return Ticket(
        tenant_id=UUID(bytes=tenant),
        row_id=UUID(bytes=row),
        version=version,
        expires_at=expires_at,
    )
