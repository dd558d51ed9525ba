"""What of a tenant is here: exported and erased with it."""

from kernel.tenancy.parts import TenantPart, register_part

register_part(TenantPart("scheduler", omitted={"webhook_secret"}))
