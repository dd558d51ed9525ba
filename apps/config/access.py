"""Who may see and change what of configuration and feature flags within their tenant."""

from kernel.tenancy.access import Access

CONFIG = Access(read="config:read")

#: To ask for the values of flags, and nothing else: what programs have.
EVALUATE = "config:evaluate"
#: To say yes or no to what others ask to be changed.
APPROVE = "config:approve"
#: To say what a secret is; it is shown to nobody.
SECRET = "config:secret"  # noqa: S105  a scope # nosec B105
