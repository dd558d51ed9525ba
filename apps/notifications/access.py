"""Who may see what of notifications within their tenant."""

from kernel.tenancy.access import Access

NOTIFICATION = Access(
    read="notifications:read",
    # The address of a person.
    columns={"recipient": "notifications:personal"},
)
