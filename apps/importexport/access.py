"""Who may see what of import jobs within their tenant."""

from kernel.tenancy.access import Access

IMPORT_JOB = Access(read="importexport:read")
