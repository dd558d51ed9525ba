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
    columns={
        "name": _PERSONAL,
        "email": _PERSONAL,
        "phone": _PERSONAL,
        "webhook_url": _PERSONAL,
    },
)
SUPPRESSION = Access(read="notifications:read", columns={"address": _PERSONAL})
PROVIDER = Access(read="notifications:read")
DEVICE = Access(read="notifications:read", columns={"label": _PERSONAL})
WORKFLOW = Access(read="notifications:read")
TRIGGER = Access(read="notifications:read", columns={"data": _PERSONAL})
# An address often has a secret in its path, and a body tells what happened in other apps.
WEBHOOK_ENDPOINT = Access(
    read="notifications:read", columns={"url": _PERSONAL, "contact": _PERSONAL}
)
WEBHOOK_DELIVERY = Access(read="notifications:read", columns={"body": _PERSONAL})
