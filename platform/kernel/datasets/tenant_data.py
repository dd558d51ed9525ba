"""Receipts of batches go with their tenant; what they tell of rows follows from those."""

from kernel.tenancy.parts import TenantPart, register_part

register_part(TenantPart("datasets", omitted=("content_sha256", "images", "results", "undone")))
