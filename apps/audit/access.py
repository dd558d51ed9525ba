"""Who may see what of audit logs within their tenant."""

from kernel.tenancy.access import Access

AUDIT_LOG = Access(read="audit:read")
