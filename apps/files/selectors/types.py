"""What the files of a tenant may be, by their own bytes."""

from apps.files.conf import ALLOWED_TYPES
from apps.files.domain.sniffing import type_allowed
from apps.files.models import AllowedTypes


def own_types() -> tuple[str, ...]:
    """Return what the tenant says that its files may be; nothing where it leaves it open."""
    return tuple(AllowedTypes.objects.values_list("types", flat=True).first() or ())


def may_be(detected: str) -> bool:
    """Say whether a file of the tenant may be of a type: the installation and the tenant let it."""
    return type_allowed(detected, ALLOWED_TYPES.value()) and type_allowed(detected, own_types())
