"""Who may see what of documents within their tenant."""

from kernel.tenancy.access import Access

DOCUMENT = Access(read="documents:read")
#: Of keys that documents are signed with: what their certificates say.
SIGNING_KEY = Access(read="documents:read")
#: Signs documents, and says with which keys.
SIGN = "documents:sign"
#: Of templates, their versions, themes and partials.
TEMPLATE = Access(read="documents:read")
