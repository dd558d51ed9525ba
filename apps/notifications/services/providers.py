"""Providers: set up, changed, put in order, removed; a key of Web Push made and changed."""

from collections.abc import Mapping
from typing import Any

from django.db import IntegrityError, transaction

from apps.notifications.adapters.providers.sealing import new_key
from apps.notifications.conf import PROVIDERS
from apps.notifications.domain.providers import KINDS, check_secret, checked_settings
from apps.notifications.models import NotificationDevice, NotificationProvider, ProviderKind
from contracts.notification_providers import ProviderChanged, ProviderCreated, ProviderDeleted
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError
from kernel.events.publishing import publish
from kernel.rows import check, delete, locked
from kernel.secrets.fields import Sealed
from kernel.secrets.reading import read_secret

MOST_PER_MINUTE = 1_000_000
_PLAIN = ("name", "position", "enabled", "per_minute", "burst")


@transaction.atomic
def create_provider(
    *,
    name: str,
    kind: ProviderKind | str,
    settings: Mapping[str, Any] | None = None,
    secret: str | None = None,
    **told: Any,
) -> NotificationProvider:
    """Set up a provider; nothing is sent to see whether it works.

    Of Web Push there is one, and it makes its own key. Raises InvalidInputError, ConflictError,
    LimitExceededError.
    """
    made = NotificationProvider(name=name, kind=ProviderKind(kind))
    made.channel = KINDS[made.kind].channel
    _say(made, told)
    _set_settings(made, settings or {})
    if KINDS[made.kind].own_secret and not secret:
        _make_key(made)
    else:
        _set_secret(made, secret)
    check(made)
    if NotificationProvider.objects.count() >= PROVIDERS.value():
        raise LimitExceededError(f"at most {PROVIDERS.value()} providers")
    _save(made)
    publish(ProviderCreated(provider_id=str(made.pk), name=made.name, kind=str(made.kind)))
    return made


@transaction.atomic
def update_provider(
    *,
    id: str,
    settings: Mapping[str, Any] | None = None,
    secret: str | None = None,
    **told: Any,
) -> NotificationProvider:
    """Say a provider anew; what is not sent stays. Enabled again, it is asked at once.

    Another account takes its secret with it: what was kept for the one is never shown to another.
    """
    provider = locked(NotificationProvider, id)
    fields = sorted(told)
    if told.get("enabled"):
        provider.failures, provider.rests_until = 0, None
    _say(provider, told)
    if settings is not None and provider.kind != ProviderKind.WEB_PUSH:
        former = provider.settings
        _set_settings(provider, settings)
        if provider.settings != former and not secret:
            raise InvalidInputError("another account takes its secret: send that, too")
        fields.append("settings")
    if secret is not None:
        _set_secret(provider, secret)
        fields.append("secret")
    check(provider)
    _save(provider)
    _told(provider, fields)
    return provider


@transaction.atomic
def rotate_push_key(*, id: str) -> NotificationProvider:
    """Let browsers subscribe by another key; those of the present one are reached until then.

    Those of the key before that are forgotten: they have not come back since. Raises ConflictError
    for another than Web Push.
    """
    provider = locked(NotificationProvider, id)
    if provider.kind != ProviderKind.WEB_PUSH:
        raise ConflictError(f"{provider.kind} has no key of its own")
    if isinstance(provider.secret, Sealed):
        # Sealed for its column, so it is opened and sealed anew for the other.
        provider.former_secret = read_secret(provider, "secret", purpose="rotation", shown=False)
    former = provider.settings["public_key"]
    NotificationDevice.objects.filter(kind=provider.kind).exclude(public_key=former).delete()
    _make_key(provider)
    provider.save()
    _told(provider, ["public_key"])
    return provider


@transaction.atomic
def delete_provider(*, id: str) -> NotificationProvider:
    """Forget a provider and its secret; of Web Push the devices too, which only its key reaches."""
    provider = locked(NotificationProvider, id)
    if provider.kind == ProviderKind.WEB_PUSH:
        NotificationDevice.objects.filter(kind=provider.kind).delete()
    delete([provider])
    publish(ProviderDeleted(provider_id=str(provider.pk), name=provider.name))
    return provider


def _say(provider: NotificationProvider, told: Mapping[str, Any]) -> None:
    for name in _PLAIN:
        if name in told:
            setattr(provider, name, told[name])
    for name in ("per_minute", "burst"):
        value = getattr(provider, name)
        if value is not None and not 0 < value <= MOST_PER_MINUTE:
            raise InvalidInputError(f"{name} is 1 to {MOST_PER_MINUTE:,}")


def _set_settings(provider: NotificationProvider, told: Mapping[str, Any]) -> None:
    try:
        provider.settings = checked_settings(provider.kind, told)
    except ValueError as error:
        raise InvalidInputError(f"settings: {error}") from None


def _set_secret(provider: NotificationProvider, secret: str | None) -> None:
    try:
        check_secret(provider.kind, secret)
    except ValueError as error:
        raise InvalidInputError(f"secret: {error}") from None
    provider.secret = secret or None


def _make_key(provider: NotificationProvider) -> None:
    private, public = new_key()
    former = provider.settings.get("public_key", "")
    provider.secret = private
    provider.settings = {"public_key": public, "former_public_key": former}


def _save(provider: NotificationProvider) -> None:
    try:
        with transaction.atomic():
            provider.save()
    except IntegrityError:
        raise ConflictError(
            f"there is a provider {provider.name!r} already, or one of Web Push"
        ) from None


def _told(provider: NotificationProvider, fields: list[str]) -> None:
    publish(ProviderChanged(provider_id=str(provider.pk), name=provider.name, fields=tuple(fields)))
