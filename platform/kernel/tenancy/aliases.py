"""By which connection rows of all tenants are reached."""

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

SYSTEM_DB_ALIAS = "system"


def system_alias() -> str:
    """Return the connection that no policy narrows: the system's own, where there is one."""
    return SYSTEM_DB_ALIAS if SYSTEM_DB_ALIAS in settings.DATABASES else DEFAULT_DB_ALIAS
