"""Downloads of other services in this process: what a signed address would give."""

from collections.abc import Iterator

from apps.files.domain.tickets import SignedUrlPurpose
from apps.files.selectors.addresses import ticket_of
from apps.files.selectors.contents import clean_version
from kernel.tenancy.context import in_tenant

_PATH = f"/files/api/signed/{SignedUrlPurpose.DOWNLOAD}/"


def give_bytes(path: str) -> Iterator[bytes]:
    """Give the bytes at the path of a `signedUrl`.

    Raises LinkInvalidError, LinkExpiredError, NotFoundError, NotServedError.
    """
    told = ticket_of(SignedUrlPurpose.DOWNLOAD, path.removeprefix(_PATH))
    with in_tenant(told.tenant_id):
        content = clean_version(told.row_id, told.version)
    return content.stored.read()
