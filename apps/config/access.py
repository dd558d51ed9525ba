"""Who may see what of feature flags within their tenant."""

from kernel.tenancy.access import Access

FEATURE_FLAG = Access(read="config:read")
