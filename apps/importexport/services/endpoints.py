"""Places outside as people direct them: named, changed, tried, disabled, forgotten."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from apps.importexport.adapters.endpoints.choosing import destination, store
from apps.importexport.adapters.endpoints.ports import Destination, Store
from apps.importexport.conf import ENDPOINTS, MAIL_TO
from apps.importexport.domain.endpoints.settings import (
    KINDS,
    SettingError,
    is_elsewhere,
    settings_of,
)
from apps.importexport.errors import EndpointDisabledError, EndpointRefusedError
from apps.importexport.models import DataEndpoint, EndpointKind, EndpointState
from contracts.deliveries import (
    DataEndpointChanged,
    DataEndpointCreated,
    DataEndpointDeleted,
    DataEndpointDisabled,
    DataEndpointEnabled,
)
from contracts.webhooks import is_secret
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError, NotFoundError
from kernel.events.publishing import publish
from kernel.identity.selectors import addresses_of_members
from kernel.ids import parse_id
from kernel.rows import change, check, delete, locked
from kernel.secrets.reading import read_secret

MOST_SECRET = 20_000


@transaction.atomic
def create_endpoint(
    *,
    name: str,
    kind: EndpointKind | str,
    settings: Mapping[str, Any],
    secret: str | None = None,
) -> DataEndpoint:
    """Name a place outside. Nothing is sent there yet, not even to see whether it is there.

    Raises InvalidInputError, ConflictError, LimitExceededError.
    """
    endpoint = DataEndpoint(name=name, kind=EndpointKind(kind))
    endpoint.settings = _settings(endpoint.kind, settings)
    endpoint.secret = _checked_secret(endpoint.kind, secret)
    _check(endpoint)
    if DataEndpoint.objects.count() >= ENDPOINTS.value():
        raise LimitExceededError(f"at most {ENDPOINTS.value()} places")
    endpoint.save()
    publish(
        DataEndpointCreated(
            endpoint_id=str(endpoint.pk), name=endpoint.name, kind=str(endpoint.kind)
        )
    )
    return endpoint


@transaction.atomic
def update_endpoint(
    *,
    id: str,
    name: str | None = None,
    settings: Mapping[str, Any] | None = None,
    secret: str | None = None,
) -> DataEndpoint:
    """Say a place anew; what is not sent stays. All of its settings are sent together.

    Another place takes the secret anew: what was kept for the one is never shown to another.
    Raises InvalidInputError, ConflictError, NotFoundError.
    """
    endpoint = locked(DataEndpoint, id)
    changed = []
    if name is not None:
        endpoint.name = name
        changed.append("name")
    if settings is not None:
        former, endpoint.settings = endpoint.settings, _settings(endpoint.kind, settings)
        changed.append("settings")
        if secret is None and is_elsewhere(endpoint.kind, former, endpoint.settings):
            raise InvalidInputError("another place takes its secret: send that, too")
    if secret is not None:
        endpoint.secret = _checked_secret(endpoint.kind, secret)
        changed.append("secret")
    _check(endpoint)
    if changed:
        endpoint.save(update_fields=changed)
        publish(
            DataEndpointChanged(
                endpoint_id=str(endpoint.pk), name=endpoint.name, fields=tuple(changed)
            )
        )
    return endpoint


@transaction.atomic
def disable_endpoint(*, id: str) -> DataEndpoint:
    """Let nothing go to a place until it is enabled. Twice changes nothing."""
    endpoint = locked(DataEndpoint, id)
    if endpoint.state != EndpointState.DISABLED:
        stop(endpoint, reason="")
    return endpoint


@transaction.atomic
def enable_endpoint(*, id: str) -> DataEndpoint:
    """Use a place again, as if it had not failed. What failed is retried by whoever wants it."""
    endpoint = locked(DataEndpoint, id)
    if endpoint.state == EndpointState.ACTIVE:
        return endpoint
    change(endpoint, state=EndpointState.ACTIVE, failures=0, failing_since=None, last_error="")
    publish(DataEndpointEnabled(endpoint_id=str(endpoint.pk), name=endpoint.name))
    return endpoint


@transaction.atomic
def delete_endpoint(*, id: str) -> DataEndpoint:
    """Forget a place, its secret and its deliveries; what was delivered stays there."""
    endpoint = locked(DataEndpoint, id)
    delete([endpoint])
    publish(DataEndpointDeleted(endpoint_id=str(endpoint.pk), name=endpoint.name))
    return endpoint


def try_endpoint(*, id: str) -> DataEndpoint:
    """Deliver something that tells of nothing, also to one that is disabled.

    Raises what went wrong, a DomainError. Not to be called in a transaction.
    """
    endpoint = endpoint_of(id)
    destination_at(endpoint).test()
    return endpoint


def stop(endpoint: DataEndpoint, *, reason: str) -> None:
    """Disable a place, in the caller's transaction."""
    change(endpoint, state=EndpointState.DISABLED)
    publish(DataEndpointDisabled(endpoint_id=str(endpoint.pk), name=endpoint.name, reason=reason))


def endpoint_of(id_: str) -> DataEndpoint:
    """Return a place that whoever acts may see; raises NotFoundError, InvalidInputError."""
    found = DataEndpoint.visible().filter(pk=parse_id(id_)).first()
    if found is None:
        raise NotFoundError(f"no data endpoint {id_}")
    return found


def destination_at(endpoint: DataEndpoint) -> Destination:
    """Return what delivers to a place; raises EndpointRefusedError."""
    if endpoint.kind == EndpointKind.EMAIL:
        _check_recipients(endpoint)
    return destination(endpoint.kind, endpoint.settings, _secret_of(endpoint))


def store_at(endpoint: DataEndpoint) -> Store:
    """Return what reads files of a place; raises EndpointDisabledError, EndpointRefusedError."""
    if endpoint.state == EndpointState.DISABLED:
        raise EndpointDisabledError(f"{endpoint.name} is disabled")
    if not KINDS[endpoint.kind].reads:
        raise EndpointRefusedError(f"nothing is read from {endpoint.kind}")
    return store(endpoint.kind, endpoint.settings, _secret_of(endpoint))


def _secret_of(endpoint: DataEndpoint) -> str:
    if endpoint.secret is None:
        return ""
    return read_secret(endpoint, "secret", purpose="reach a place outside", shown=False)


def _check_recipients(endpoint: DataEndpoint) -> None:
    """Raise EndpointRefusedError unless all may be written to now: members, or those allowed."""
    wanted = [str(one) for one in endpoint.settings["to"]]
    allowed = {one.lower() for one in MAIL_TO.value()}
    members = addresses_of_members(endpoint.tenant_id, wanted)
    for one in wanted:
        address = one.lower()
        domain = "@" + address.rpartition("@")[2]
        if address not in members and not {address, domain} & allowed:
            raise EndpointRefusedError(
                f"{one} is no member of the tenant: ask the operator for importexport.mail_to"
            )


def _settings(kind: str, told: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return settings_of(kind, told)
    except SettingError as error:
        raise InvalidInputError(f"settings: {error}") from None


def _checked_secret(kind: str, secret: str | None) -> str | None:
    """Return the secret as it is kept; raises InvalidInputError."""
    wanted = KINDS[kind].secret
    if not wanted:
        if secret:
            raise InvalidInputError(f"{kind} has no secret")
        return None
    if not secret or len(secret) > MOST_SECRET:
        raise InvalidInputError(f"{kind} takes a {wanted}, at most {MOST_SECRET:,} characters")
    if kind == EndpointKind.WEBHOOK and not is_secret(secret):
        raise InvalidInputError("a webhook has a secret: whsec_ and 24 to 64 bytes in base64")
    return secret


def _check(endpoint: DataEndpoint) -> None:
    check(endpoint, only=("name", "kind", "settings"))
    if endpoint.kind == EndpointKind.EMAIL:
        _check_recipients(endpoint)
    if DataEndpoint.objects.filter(name=endpoint.name).exclude(pk=endpoint.pk).exists():
        raise ConflictError(f"there is a data endpoint {endpoint.name!r}")
