"""Feature flags: made, described, archived and removed."""

from collections.abc import Sequence
from typing import TypedDict, Unpack

from django.db import IntegrityError, transaction

from apps.config.models import Environment, FeatureFlag, FlagVersion, Origin
from apps.config.selectors.environments import environments_of_flags
from apps.config.services.changes import Change
from apps.config.services.environments import hold_all
from apps.config.services.publishing import publish
from apps.config.services.withdrawing import refresh, withdraw
from contracts.config import FlagArchived, FlagChanged, FlagCreated, FlagDeleted
from kernel import clock
from kernel.errors import ConflictError, DomainError
from kernel.events.publishing import publish as tell
from kernel.events.publishing import publish_all as tell_all
from kernel.rows import all_locked, change, check, delete, locked


class FlagChange(TypedDict, total=False):
    """What of a flag can be changed; its key cannot: programs ask for it."""

    description: str
    owner: str
    tags: list[str]
    client_visible: bool


def create_flag(
    *,
    key: str,
    description: str = "",
    owner: str = "",
    tags: list[str] | None = None,
    client_visible: bool = False,
) -> FeatureFlag:
    """Make one in the current tenant; raises ConflictError when its key is taken.

    It is in no environment before something is published there.
    """
    flag = FeatureFlag(
        key=key,
        description=description,
        owner=owner,
        tags=[] if tags is None else tags,
        client_visible=client_visible,
    )
    check(flag)
    try:
        with transaction.atomic():
            flag.save()
            tell(FlagCreated(flag_id=str(flag.pk), key=key))
    except IntegrityError:
        raise ConflictError(f"there is a feature flag {key!r} already") from None
    return flag


@transaction.atomic
def update_flag(*, id: str, **changes: Unpack[FlagChange]) -> FeatureFlag:
    """Change what is given and leave the rest as it is."""
    # Environments are locked before flags.
    held = hold_all(environments_of_flags([id])) if "client_visible" in changes else []
    flag = locked(FeatureFlag, id)
    change(flag, **changes)
    refresh(held)
    if changes:
        tell(FlagChanged(flag_id=str(flag.pk), key=flag.key, fields=tuple(changes)))
    return flag


@transaction.atomic
def archive_flag(*, id: str, reason: str = "") -> FeatureFlag:
    """Take a flag out of every environment; its history stays. Telling it twice changes nothing.

    Raises DefinitionRefusedError while others depend on it.
    """
    held = hold_all(environments_of_flags([id]))
    flag = locked(FeatureFlag, id)
    if flag.archived_at is not None:
        return flag
    for environment in held:
        publish(
            environment.pk,
            [Change(target=flag, definition=None)],
            reason=reason,
            origin=Origin.ARCHIVE,
        )
    change(flag, archived_at=clock.now())
    tell(FlagArchived(flag_id=str(flag.pk), key=flag.key))
    return flag


@transaction.atomic
def unarchive_flag(*, id: str) -> FeatureFlag:
    """Let a flag be published again; a rollback brings back what it was."""
    flag = locked(FeatureFlag, id)
    if flag.archived_at is not None:
        change(flag, archived_at=None)
        tell(FlagChanged(flag_id=str(flag.pk), key=flag.key, fields=("archived_at",)))
    return flag


@transaction.atomic
def delete_flag(*, id: str) -> FeatureFlag:
    """Remove a flag and its history, and return it as it was; programs get their own default.

    Raises DefinitionRefusedError while others depend on it.
    """
    held = hold_all(environments_of_flags([id]))
    flag = locked(FeatureFlag, id)
    _delete([flag], held)
    return flag


@transaction.atomic
def delete_flags(*, ids: Sequence[str]) -> list[FeatureFlag | DomainError]:
    """Remove many flags; one that is not there does not keep the others."""
    held = hold_all(environments_of_flags(ids))
    flags = all_locked(FeatureFlag, ids)
    _delete(flags, held)
    return flags


def _delete(flags: Sequence[FeatureFlag | DomainError], held: Sequence[Environment]) -> None:
    withdraw(held, [flag for flag in flags if not isinstance(flag, DomainError)])
    removed = delete(flags)
    if removed:
        FlagVersion.objects.filter(flag_id__in=[flag.pk for flag in removed]).delete()
    tell_all([FlagDeleted(flag_id=str(flag.pk), key=flag.key) for flag in removed])
