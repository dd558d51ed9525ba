"""Who may see what of notifications within their tenant."""

from kernel.tenancy.access import Access

_PERSONAL = "notifications:personal"

NOTIFICATION = Access(
    read="notifications:read",
    # The address of a person, and what that person is told.
    columns={"recipient": _PERSONAL, "body": _PERSONAL},
)
SUBSCRIBER = Access(
    read="notifications:read",
    columns={"name": _PERSONAL, "email": _PERSONAL, "webhook_url": _PERSONAL},
)
SUPPRESSION = Access(read="notifications:read", columns={"address": _PERSONAL})
WORKFLOW = Access(read="notifications:read")
TRIGGER = Access(read="notifications:read", columns={"data": _PERSONAL})
