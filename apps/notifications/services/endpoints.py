"""Webhook endpoints as people direct them: named, changed, tried, disabled, forgotten."""

from functools import cache
from typing import Any

from django.db import transaction

from apps.notifications.conf import WEBHOOK_ENDPOINTS
from apps.notifications.domain.addresses import email
from apps.notifications.domain.event_patterns import checked, wanted
from apps.notifications.models import (
    EndpointState,
    NotificationChannel,
    WebhookEndpoint,
)
from apps.notifications.services.notifications import create_notification
from apps.notifications.services.rotating import rotate, webhook_secret
from contracts.catalogue import event_types
from contracts.event import app_of
from contracts.webhook_endpoints import (
    WebhookEndpointChanged,
    WebhookEndpointCreated,
    WebhookEndpointDeleted,
    WebhookEndpointDisabled,
    WebhookEndpointEnabled,
)
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError, LimitExceededError
from kernel.events.publishing import publish
from kernel.outbound.errors import OutboundRefusedError
from kernel.outbound.urls import parse
from kernel.rows import change, check, delete, locked
from kernel.services import BY_NAME
from kernel.tenancy.context import acting_principal, require

_COLUMNS = ("name", "url", "event_types", "contact")
_NOTICE = """Nothing is posted to the webhook endpoint {name} any more. It failed since
{since:%Y-%m-%d %H:%M} UTC, at last because of: {reason}

What failed is kept. Mend the endpoint, test it, enable it, and deliver again what is wanted.
"""


@cache
def events_for_endpoints() -> frozenset[str]:
    """Return the types of events that are posted: those of services.

    Of deliveries to endpoints nothing is posted: each would make the next.
    """
    return frozenset(
        one
        for one, event in event_types().items()
        if app_of(one) in BY_NAME
        and not one.startswith("notifications.delivery.")
        and not event.UNJUDGED
    )


@transaction.atomic
def create_endpoint(*, secret: str | None = None, **told: Any) -> tuple[WebhookEndpoint, str]:
    """Name an address that events are posted to; return its secret with it, for it is shown once.

    It takes the scope `<app>:read` of each other app whose events are chosen. Raises
    InvalidInputError, ConflictError, LimitExceededError, ScopeRequiredError.
    """
    endpoint = WebhookEndpoint()
    endpoint.secret = fresh = webhook_secret(secret)
    _set(endpoint, told)
    if WebhookEndpoint.objects.count() >= WEBHOOK_ENDPOINTS.value():
        raise LimitExceededError(f"at most {WEBHOOK_ENDPOINTS.value()} webhook endpoints")
    endpoint.save()
    publish(WebhookEndpointCreated(endpoint_id=str(endpoint.pk), name=endpoint.name))
    return endpoint, fresh


@transaction.atomic
def update_endpoint(*, id: str, **told: Any) -> WebhookEndpoint:
    """Change what is given; what is on its way goes to where the endpoint is by then."""
    endpoint = locked(WebhookEndpoint, id)
    _set(endpoint, told)
    if told:
        endpoint.save(update_fields=list(told))
        _tell_of_change(endpoint, *sorted(told))
    return endpoint


@transaction.atomic
def rotate_secret(*, id: str, secret: str | None = None) -> tuple[WebhookEndpoint, str]:
    """Let a new secret sign, beside the former for a day; return it, for it is shown once."""
    endpoint = locked(WebhookEndpoint, id)
    fresh = webhook_secret(secret)
    rotate(endpoint, "secret", fresh)
    endpoint.save(update_fields=["secret", "former_secret", "former_until"])
    _tell_of_change(endpoint, "secret")
    return endpoint, fresh


@transaction.atomic
def disable_endpoint(*, id: str) -> WebhookEndpoint:
    """Post nothing to an endpoint until it is enabled. Twice changes nothing."""
    endpoint = locked(WebhookEndpoint, id)
    if endpoint.state != EndpointState.DISABLED:
        _stop(endpoint, reason="")
    return endpoint


@transaction.atomic
def enable_endpoint(*, id: str) -> WebhookEndpoint:
    """Post to an endpoint again, as if it had not failed. What happened meanwhile is not posted."""
    endpoint = locked(WebhookEndpoint, id)
    if endpoint.state == EndpointState.ACTIVE:
        return endpoint
    change(
        endpoint,
        state=EndpointState.ACTIVE,
        failures=0,
        failing_since=None,
        rests_until=None,
        last_error="",
    )
    publish(WebhookEndpointEnabled(endpoint_id=str(endpoint.pk), name=endpoint.name))
    return endpoint


@transaction.atomic
def delete_endpoint(*, id: str) -> WebhookEndpoint:
    """Forget an endpoint, its secret and its deliveries."""
    endpoint = locked(WebhookEndpoint, id)
    delete([endpoint])
    publish(WebhookEndpointDeleted(endpoint_id=str(endpoint.pk), name=endpoint.name))
    return endpoint


def give_up(endpoint: WebhookEndpoint, *, reason: str) -> None:
    """Disable an endpoint that fails, in the caller's transaction, and tell whom that concerns."""
    _stop(endpoint, reason=reason)
    create_notification(
        recipient=endpoint.contact,
        channel=NotificationChannel.EMAIL,
        subject=f"The webhook endpoint {endpoint.name} is disabled",
        body=_NOTICE.format(
            name=endpoint.name, since=endpoint.failing_since or clock.now(), reason=reason
        ),
        critical=True,
    )


def _stop(endpoint: WebhookEndpoint, *, reason: str) -> None:
    change(endpoint, state=EndpointState.DISABLED)
    publish(
        WebhookEndpointDisabled(endpoint_id=str(endpoint.pk), name=endpoint.name, reason=reason)
    )


def _tell_of_change(endpoint: WebhookEndpoint, *fields: str) -> None:
    publish(WebhookEndpointChanged(endpoint_id=str(endpoint.pk), name=endpoint.name, fields=fields))


def _set(endpoint: WebhookEndpoint, told: dict[str, Any]) -> None:
    for name in _COLUMNS:
        if name in told:
            setattr(endpoint, name, told[name])
    check(endpoint, only=_COLUMNS)
    if not endpoint.name.isprintable():
        raise InvalidInputError("name is of one line")
    try:
        endpoint.contact = email(endpoint.contact)
        endpoint.event_types = checked(endpoint.event_types, events_for_endpoints())
    except ValueError as error:
        raise InvalidInputError(str(error)) from None
    try:
        parse(endpoint.url)
    except OutboundRefusedError as error:
        raise InvalidInputError(f"url: {error}") from None
    if {"url", "event_types"} & told.keys():
        _require_scopes(endpoint.event_types)
    if WebhookEndpoint.objects.filter(name=endpoint.name).exclude(pk=endpoint.pk).exists():
        raise ConflictError(f"there is a webhook endpoint {endpoint.name!r}")


def _require_scopes(patterns: list[str]) -> None:
    """Let nobody hear of another app by a webhook what they may not read; work of our own may."""
    if acting_principal() is None:
        return
    heard = {app_of(one) for one in events_for_endpoints() if wanted(patterns, one)}
    for app in sorted(heard - {"notifications"}):
        require(f"{app}:read")
