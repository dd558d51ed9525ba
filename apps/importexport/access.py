"""Who may see what of imports, tables and exports within their tenant."""

from kernel.tenancy.access import Access

IMPORT_JOB = Access(read="importexport:read")
DATA_TABLE = Access(read="importexport:read")
EXPORT_JOB = Access(read="importexport:read")
DATA_ENDPOINT = Access(read="importexport:read")
