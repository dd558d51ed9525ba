"""Calls made for a tenant go with it."""

from kernel.tenancy.parts import TenantPart, register_part

register_part(TenantPart("tasks"))
