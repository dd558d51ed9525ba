"""Who may see what of files within their tenant."""

from kernel.tenancy.access import Access

FILE = Access(read="files:read")
