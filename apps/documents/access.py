"""Who may see what of documents within their tenant."""

from kernel.tenancy.access import Access

DOCUMENT = Access(read="documents:read")
#: Of templates, their versions, themes and partials.
TEMPLATE = Access(read="documents:read")
