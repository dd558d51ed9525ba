"""Keys of requests go with their tenant."""

from kernel.tenancy.parts import TenantPart, register_part

register_part(TenantPart("idempotency"))
