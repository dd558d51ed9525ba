"""Who may see what of files within their tenant."""

from django.db.models import Q

from kernel.tenancy.access import Access
from kernel.tenancy.context import ALL_SCOPES, Principal


def with_reader_scope(principal: Principal) -> Q | None:
    """Return the rows that ask no scope beside those of everybody's files, or one that is held."""
    if principal.may(ALL_SCOPES):
        return None
    return Q(reader_scope__in=("", *sorted(principal.scopes)))


FILE = Access(read="files:read", rows=with_reader_scope)
#: Of what bears no reader scope: folders, and blobs, which nobody is shown.
FOLDER = Access(read="files:read")
#: To overrule what a scanner said.
RELEASE = "files:release"
#: To say what the files of a tenant may be.
TYPES = "files:types"
#: To give a file to whoever has its link, and to see who did.
LINK = Access(read="files:share", rows=with_reader_scope)
