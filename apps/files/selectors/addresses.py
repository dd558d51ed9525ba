"""Addresses that are signed for one purpose, one row and a time: made, and believed again."""

from datetime import timedelta
from uuid import UUID

from apps.files.conf import content_origin
from apps.files.domain.tickets import SignedUrlPurpose, Ticket, TicketError, read_ticket
from apps.files.errors import LinkExpiredError, LinkInvalidError
from apps.files.models import SERVED, File
from kernel import clock
from kernel.errors import InvalidInputError
from kernel.secrets.signatures import BadSignatureError, check_signature, sign
from kernel.tenancy.context import current_tenant_id

DEFAULT_SECONDS = 900
MOST_SECONDS = 7 * 24 * 3600


def signed(purpose: str, row_id: UUID, *, version: int = 0, time: timedelta) -> str:
    """Return a ticket for a row of the current tenant, in letters of a path."""
    ticket = Ticket(
        tenant_id=current_tenant_id(),
        row_id=row_id,
        version=version,
        expires_at=clock.now() + time,
    )
    text = ticket.text()
    return f"{text}:{sign(text, purpose=f'files {purpose}')}"


def ticket_of(purpose: str, signed_text: str) -> Ticket:
    """Return what a ticket says that was signed for this purpose, and is good.

    Raises LinkInvalidError, LinkExpiredError.
    """
    text, _, signature = signed_text.partition(":")
    try:
        check_signature(text, signature, purpose=f"files {purpose}")
        ticket = read_ticket(text)
    except (BadSignatureError, TicketError):
        raise LinkInvalidError(f"this address was not signed here to {purpose}") from None
    if ticket.expires_at <= clock.now():
        raise LinkExpiredError(f"this address was good until {ticket.expires_at:%Y-%m-%d %H:%M}")
    return ticket


def signed_url(
    file: File,
    *,
    purpose: SignedUrlPurpose | None,
    seconds: int | None,
    version: int | None = None,
) -> str | None:
    """Return where a version of a file, or what it has now, is fetched for so long.

    None if it is not clean. Raises InvalidInputError.
    """
    seconds = DEFAULT_SECONDS if seconds is None else seconds
    if not 1 <= seconds <= MOST_SECONDS:
        raise InvalidInputError(f"an address is good for 1 to {MOST_SECONDS} s, found {seconds}")
    number = file.version if version is None else version
    if version is not None and not 1 <= version <= file.version:
        raise InvalidInputError(f"the file has the versions 1 to {file.version}, found {version}")
    # Whether an earlier one is clean is asked when it is fetched.
    if number == file.version and file.state not in SERVED:
        return None
    told = purpose or SignedUrlPurpose.DOWNLOAD
    ticket = signed(told.value, file.pk, version=number, time=timedelta(seconds=seconds))
    return f"{content_origin()}/files/api/signed/{told}/{ticket}"
