"""Where people reach this platform, from wherever they are."""

from django.conf import settings


def public_origin() -> str:
    """Return what links begin with that leave the platform, in messages and to programs."""
    return str(settings.PUBLIC_ORIGIN).rstrip("/")
