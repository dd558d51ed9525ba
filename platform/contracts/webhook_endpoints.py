"""What happens to webhooks by which a tenant hears the platform's events."""

from dataclasses import dataclass
from typing import ClassVar

from contracts.event import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointCreated(Event):
    """A tenant has named an address that events are posted to; the address is not told."""

    TYPE: ClassVar[str] = "notifications.webhook.created.v1"
    ENTITY: ClassVar[str] = "WebhookEndpoint"
    SUBJECT: ClassVar[str] = "endpoint_id"
    LABEL: ClassVar[str] = "name"

    endpoint_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointChanged(Event):
    """An endpoint is otherwise, in the fields named; its secret is never told."""

    TYPE: ClassVar[str] = "notifications.webhook.changed.v1"
    ENTITY: ClassVar[str] = "WebhookEndpoint"
    SUBJECT: ClassVar[str] = "endpoint_id"
    LABEL: ClassVar[str] = "name"

    endpoint_id: str
    name: str
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointDisabled(Event):
    """Nothing is posted to an endpoint any more: it failed for too long, or somebody said so."""

    TYPE: ClassVar[str] = "notifications.webhook.disabled.v1"
    ENTITY: ClassVar[str] = "WebhookEndpoint"
    SUBJECT: ClassVar[str] = "endpoint_id"
    LABEL: ClassVar[str] = "name"

    endpoint_id: str
    name: str
    #: Why it failed at last; empty where somebody said so.
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointEnabled(Event):
    """Events are posted to an endpoint again that was disabled."""

    TYPE: ClassVar[str] = "notifications.webhook.enabled.v1"
    ENTITY: ClassVar[str] = "WebhookEndpoint"
    SUBJECT: ClassVar[str] = "endpoint_id"
    LABEL: ClassVar[str] = "name"

    endpoint_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpointDeleted(Event):
    """An endpoint is gone, with its secret and its deliveries."""

    TYPE: ClassVar[str] = "notifications.webhook.deleted.v1"
    ENTITY: ClassVar[str] = "WebhookEndpoint"
    SUBJECT: ClassVar[str] = "endpoint_id"
    LABEL: ClassVar[str] = "name"

    endpoint_id: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDeliveryFailed(Event):
    """An event does not reach an endpoint; it is not tried again unless somebody asks for it."""

    TYPE: ClassVar[str] = "notifications.delivery.failed.v1"
    ENTITY: ClassVar[str] = "WebhookDelivery"
    SUBJECT: ClassVar[str] = "delivery_id"
    LABEL: ClassVar[str] = "event_type"

    delivery_id: str
    endpoint_id: str
    event_type: str
    code: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDeliveryRequeued(Event):
    """Somebody has an event posted to an endpoint again."""

    TYPE: ClassVar[str] = "notifications.delivery.requeued.v1"
    ENTITY: ClassVar[str] = "WebhookDelivery"
    SUBJECT: ClassVar[str] = "delivery_id"
    LABEL: ClassVar[str] = "event_type"

    delivery_id: str
    endpoint_id: str
    event_type: str
