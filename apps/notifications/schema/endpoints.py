"""Webhook endpoints and what is posted to them, through the graph."""

import graphene

from apps.notifications.models import (
    DeliveryState,
    EndpointState,
    WebhookDelivery,
    WebhookEndpoint,
)
from apps.notifications.schema.secrets import SecretShownOnce
from apps.notifications.services import endpoints, forwarding
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.mutations import Bulk, ById, ByIds, ChangeInput, Create, Delete, Update
from kernel.federation.scalars import JSON

_PERSONAL = "Takes the scope notifications:personal."
_TYPES = "Types as in the list of events, `files.*`, `files.file.*`, or `*` for all; at most 50."
_SIGNS = "`whsec_` and 24 to 64 bytes in base64; else a new one is made."

WebhookEndpointState = graphene.Enum.from_enum(
    EndpointState, name="WebhookEndpointState", description="Whether anything is posted to it."
)
WebhookDeliveryState = graphene.Enum.from_enum(
    DeliveryState, name="WebhookDeliveryState", description="Where a delivery stands."
)


@key("id")
class WebhookEndpointType(Entity):
    """An address that events of the platform are posted to."""

    class Meta:
        model = WebhookEndpoint
        name = "WebhookEndpoint"
        fields = (
            *("id", "name", "former_until", "delivered_at", "failures", "failing_since"),
            *("rests_until", "last_error", "created_at"),
        )

    url = graphene.String(description=_PERSONAL)
    contact = graphene.String(description=f"Who is told when it is disabled. {_PERSONAL}")
    event_types = JSON(required=True, description=_TYPES)
    state = WebhookEndpointState(required=True)


class WebhookProblem(graphene.ObjectType):
    """Why the last attempt did not come to its end."""

    code = graphene.String(required=True, description="Stable, as in the table of errors.")
    message = graphene.String(required=True)


@key("id")
class WebhookDeliveryType(Entity):
    """An event on its way to one endpoint."""

    class Meta:
        model = WebhookDelivery
        name = "WebhookDelivery"
        fields = (
            *("id", "event_type", "test", "attempts", "not_before", "response_status"),
            *("duration_ms", "created_at", "tried_at", "delivered_at"),
        )

    endpoint_id = graphene.ID(required=True)
    event_id = graphene.ID(required=True, description="The `Webhook-Id`, each time it is posted.")
    state = WebhookDeliveryState(required=True)
    body = graphene.String(description=f"What is posted, byte for byte. {_PERSONAL}")
    error = graphene.Field(WebhookProblem, description="Of the last attempt; null if none failed.")

    @staticmethod
    def resolve_error(delivery: WebhookDelivery, _info: object) -> dict[str, str] | None:
        if not delivery.error_code:
            return None
        return {"code": delivery.error_code, "message": delivery.error_message}


class WebhookEndpointFilter(graphene.InputObjectType):
    """Which endpoints; every part that is given has to fit."""

    name = graphene.String()
    state = WebhookEndpointState()


#: By which lookup each part of a filter narrows.
ENDPOINT_LOOKUPS = {"name": "name", "state": "state"}


class WebhookEndpointOrder(graphene.Enum):
    """In which order endpoints are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    NAME = ("name", "id")


class WebhookDeliveryFilter(graphene.InputObjectType):
    """Which deliveries; every part that is given has to fit."""

    endpoint_id = graphene.ID()
    event_id = graphene.ID()
    event_type = graphene.String()
    state = WebhookDeliveryState()
    created_from = graphene.DateTime(description="This moment or later.")
    created_before = graphene.DateTime()


DELIVERY_LOOKUPS = {
    "endpoint_id": "endpoint_id",
    "event_id": "event_id",
    "event_type": "event_type",
    "state": "state",
    "created_from": "created_at__gte",
    "created_before": "created_at__lt",
}


class WebhookDeliveryOrder(graphene.Enum):
    """In which order deliveries are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class CreateWebhookEndpointInput(ChangeInput):
    """An address that events are to be posted to."""

    name = graphene.String(required=True)
    url = graphene.String(required=True)
    event_types = JSON(required=True, description=_TYPES)
    contact = graphene.String(
        required=True, description="The address of e-mail that is told when it is disabled."
    )
    secret = graphene.String(description=_SIGNS)


class UpdateWebhookEndpointInput(ById):
    """What becomes of an endpoint; what is not sent stays."""

    name = graphene.String()
    url = graphene.String()
    event_types = JSON(description=_TYPES)
    contact = graphene.String()


class RotateWebhookEndpointSecretInput(ById):
    """Whose posts are to be signed by another secret."""

    secret = graphene.String(description=_SIGNS)


class TestWebhookEndpointInput(ById):
    """The endpoint to try."""


class DisableWebhookEndpointInput(ById):
    """The endpoint that nothing is posted to any more."""


class EnableWebhookEndpointInput(ById):
    """The endpoint that is used again."""


class DeleteWebhookEndpointInput(ById):
    """The endpoint to forget."""


class RedeliverWebhooksInput(ByIds):
    """The deliveries to post again."""


class _CreateEndpoint(SecretShownOnce, Create):
    """Shows the secret that signs what is posted."""


class _RotateSecret(SecretShownOnce, Update):
    """Shows the secret that signs from now on."""


class EndpointChanges:
    """Changes of webhook endpoints and of what is posted to them."""

    create_webhook_endpoint = _CreateEndpoint(
        WebhookEndpointType,
        input=CreateWebhookEndpointInput,
        by=endpoints.create_endpoint,
        description="Have events posted to an address. It takes `<app>:read` of each other app.",
    )
    update_webhook_endpoint = Update(
        WebhookEndpointType,
        input=UpdateWebhookEndpointInput,
        by=endpoints.update_endpoint,
        description="Change an endpoint; what is on its way goes to where it is by then.",
    )
    rotate_webhook_endpoint_secret = _RotateSecret(
        WebhookEndpointType,
        input=RotateWebhookEndpointSecretInput,
        by=endpoints.rotate_secret,
        description="Sign by another secret, and for a day by the former beside it.",
    )
    test_webhook_endpoint = Create(
        WebhookDeliveryType,
        input=TestWebhookEndpointInput,
        by=forwarding.try_endpoint,
        description="Post `webhook.test`, which tells of nothing; the delivery says what came.",
    )
    disable_webhook_endpoint = Update(
        WebhookEndpointType,
        input=DisableWebhookEndpointInput,
        by=endpoints.disable_endpoint,
        description="Post nothing to an endpoint until it is enabled.",
    )
    enable_webhook_endpoint = Update(
        WebhookEndpointType,
        input=EnableWebhookEndpointInput,
        by=endpoints.enable_endpoint,
        description="Use an endpoint again, also one that had failed for too long.",
    )
    delete_webhook_endpoint = Delete(
        WebhookEndpointType,
        input=DeleteWebhookEndpointInput,
        by=endpoints.delete_endpoint,
        description="Forget an endpoint with its secret and its deliveries.",
    )
    redeliver_webhooks = Bulk(
        WebhookDeliveryType,
        input=RedeliverWebhooksInput,
        by=forwarding.redeliver,
        description="Post again what was delivered or has failed, by the same `Webhook-Id`.",
    )
