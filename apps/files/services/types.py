"""What the files of a tenant may be: said by whoever answers for them."""

from collections.abc import Sequence

from django.db import transaction

from apps.files.conf import ALLOWED_TYPES
from apps.files.models import AllowedTypes
from apps.files.selectors.types import own_types
from apps.files.services.quotas import lock_usage
from contracts.files import FileTypesAllowed
from kernel import clock
from kernel.errors import InvalidInputError
from kernel.events.publishing import publish


@transaction.atomic
def allow_types(*, types: Sequence[str]) -> tuple[str, ...]:
    """Let files of the tenant be these and nothing else; empty: all that the installation lets.

    It counts for what is scanned from now on, and never lets in what the installation does not.
    Told twice, it changes nothing. Raises InvalidInputError.
    """
    wanted = list(dict.fromkeys(types))
    try:
        ALLOWED_TYPES.read(wanted)
    except ValueError as error:
        raise InvalidInputError(f"types: {error}") from None
    lock_usage()
    if tuple(wanted) == own_types():
        return tuple(wanted)
    if wanted:
        AllowedTypes.objects.update_or_create(defaults={"types": wanted, "changed_at": clock.now()})
    else:
        AllowedTypes.objects.all().delete()
    publish(FileTypesAllowed(types=tuple(wanted)))
    return tuple(wanted)
