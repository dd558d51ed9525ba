"""The tenant's own rows: exported without secrets; erased last, with the tenant."""

from kernel.tenancy.parts import TenantPart, register_part

register_part(
    TenantPart(
        "identity",
        omitted={"secret_sha256", "previous_sha256"},
        kept={
            "session": "nobody's to take along; it ends with its tenant",
            "tenantdeletion": "the report, which outlasts the tenant",
            "tenantexport": "the exports themselves",
        },
    )
)
