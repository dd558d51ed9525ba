"""What of a tenant is here: exported and erased with it."""

from kernel.tenancy.parts import TenantPart, register_part

# Secrets stay here: whoever takes a tenant elsewhere makes new ones, and devices subscribe anew.
register_part(
    TenantPart("notifications", omitted={"webhook_secret", "former_secret", "secret", "target"})
)
