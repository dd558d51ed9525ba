"""What may be done to feature flags."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction

from apps.config.models import FeatureFlag
from contracts.config import FlagChanged, FlagCreated, FlagDeleted
from kernel.errors import ConflictError, DomainError
from kernel.events.publishing import publish, publish_all
from kernel.rows import all_locked, change, check, delete, locked


class FlagChange(TypedDict, total=False):
    """What of a flag can be changed; its key cannot: programs ask for it."""

    description: str
    enabled: bool


def create_flag(*, key: str, description: str = "", enabled: bool = False) -> FeatureFlag:
    """Make one in the current tenant; raises ConflictError when its key is taken."""
    flag = FeatureFlag(key=key, description=description, enabled=enabled)
    check(flag)
    try:
        with transaction.atomic():
            flag.save()
            publish(FlagCreated(flag_id=str(flag.pk), key=key, enabled=flag.enabled))
    except IntegrityError:
        raise ConflictError(f"there is a feature flag {key!r} already") from None
    return flag


@transaction.atomic
def update_flag(*, id: str, **changes: Unpack[FlagChange]) -> FeatureFlag:
    """Change what is given and leave the rest as it is."""
    flag = locked(FeatureFlag, id)
    change(flag, **changes)
    if changes:
        publish(
            FlagChanged(
                flag_id=str(flag.pk), key=flag.key, enabled=flag.enabled, fields=tuple(changes)
            )
        )
    return flag


@transaction.atomic
def delete_flag(*, id: str) -> FeatureFlag:
    """Remove a flag and return it as it was; programs that ask for it get their own default."""
    flag = locked(FeatureFlag, id)
    delete([flag])
    publish(_deleted(flag))
    return flag


@transaction.atomic
def delete_flags(*, ids: Sequence[str]) -> list[FeatureFlag | DomainError]:
    """Remove many flags; one that is not there does not keep the others."""
    flags = all_locked(FeatureFlag, ids)
    publish_all([_deleted(flag) for flag in delete(flags)])
    return flags


def _deleted(flag: FeatureFlag) -> FlagDeleted:
    return FlagDeleted(flag_id=str(flag.pk), key=flag.key)
