"""What of a tenant is here: exported and erased with it."""

from kernel.tenancy.parts import TenantPart, register_part

# Neither a hash of a key nor a sealed secret is anything to anybody.
register_part(TenantPart("config", omitted={"secret_sha256", "previous_sha256", "sealed"}))
