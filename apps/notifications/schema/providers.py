"""Who carries messages, and the devices that they reach, through the graph. No secret is shown."""

from typing import Any

import graphene

from apps.notifications.models import (
    DeviceKind,
    NotificationChannel,
    NotificationDevice,
    NotificationProvider,
    ProviderKind,
)
from apps.notifications.schema.types import NotificationChannelEnum
from apps.notifications.selectors.links import events_url
from apps.notifications.services import devices, providers
from kernel.federation.directives import key
from kernel.federation.entities import Entity
from kernel.federation.mutations import ById, ChangeInput, Create, Delete, Update
from kernel.federation.scalars import JSON
from kernel.tenancy.context import require

NotificationProviderKind = graphene.Enum.from_enum(ProviderKind, name="NotificationProviderKind")
NotificationDeviceKind = graphene.Enum.from_enum(DeviceKind, name="NotificationDeviceKind")
_SETTINGS = (
    'MAILGUN: `{"domain", "from"}`. POSTMARK: `{"from"}`. TWILIO: `{"account_sid", "from"}`, a'
    ' number or a messaging service. VONAGE: `{"api_key", "from"}`. The others have none.'
)
_KEPT = (
    "Mailgun's API key and, after a space, its webhook signing key; Postmark's server token,"
    " Twilio's auth token, Vonage's API secret, the token of a bot of Slack or Telegram, the key of"
    " a service account for FCM as JSON. It is kept encrypted and never shown; Web Push makes its"
    " own."
)
_ADDRESS = (
    "WEB_PUSH: the endpoint of a PushSubscription. FCM: a registration token. SLACK: a channel or"
    " person by its id, or an incoming webhook. TEAMS, DISCORD: a webhook. TELEGRAM: a chat."
    " APPRISE: an address of Apprise, pover, pbul, pagerduty or line, without a query."
)


@key("id")
class NotificationProviderType(Entity):
    """An account with somebody who carries messages, and how that stands."""

    class Meta:
        model = NotificationProvider
        name = "NotificationProvider"
        fields = (
            *("id", "name", "position", "enabled", "per_minute", "burst"),
            *("succeeded_at", "failed_at", "last_error", "failures", "created_at"),
        )

    kind = NotificationProviderKind(required=True)
    channel = NotificationChannelEnum(required=True)
    settings = JSON(
        required=True, description="All but its secret; of Web Push the keys of browsers."
    )
    failure_rate = graphene.Float(
        required=True, description="From 0 to 1, of about the last twenty attempts."
    )
    events_url = graphene.String(
        description="Where a service of mail is to tell what became of mails. Takes the scope"
        " notifications:write."
    )
    rests_until = graphene.DateTime(
        description="Its breaker is open until then: nobody asks it, and then one message does."
    )

    @staticmethod
    def resolve_events_url(provider: NotificationProvider, _info: Any) -> str | None:
        require("notifications:write")
        return events_url(provider) if provider.channel == NotificationChannel.EMAIL else None


@key("id")
class NotificationDeviceType(Entity):
    """A browser, an app or a chat in which somebody is reached; its address is not shown."""

    class Meta:
        model = NotificationDevice
        name = "NotificationDevice"
        fields = ("id", "reached_at", "created_at")

    kind = NotificationDeviceKind(required=True)
    channel = NotificationChannelEnum(required=True)
    subscriber_id = graphene.ID(required=True)
    label = graphene.String(description="Takes the scope notifications:personal.")


class NotificationProviderFilter(graphene.InputObjectType):
    """Which providers."""

    channel = NotificationChannelEnum()
    kind = NotificationProviderKind()
    enabled = graphene.Boolean()


class NotificationProviderOrder(graphene.Enum):
    """In which order providers are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    ASKED = ("channel", "position", "id")


class NotificationDeviceFilter(graphene.InputObjectType):
    """Which devices."""

    subscriber_id = graphene.ID()
    channel = NotificationChannelEnum()
    kind = NotificationDeviceKind()


class NotificationDeviceOrder(graphene.Enum):
    """In which order devices are listed."""

    NEWEST_FIRST = ("-created_at", "-id")
    OLDEST_FIRST = ("created_at", "id")


class _ProviderFields(graphene.InputObjectType):
    """What may be said of a provider."""

    position = graphene.Int(description="Of those of a channel the least is asked first.")
    enabled = graphene.Boolean()
    per_minute = graphene.Int(description="As many messages go to it; no limit if none is said.")
    burst = graphene.Int(description="Of them so many at once, 10 if none is said.")


class CreateNotificationProviderInput(ChangeInput, _ProviderFields):
    """A provider to be."""

    name = graphene.String(required=True)
    kind = NotificationProviderKind(required=True)
    settings = JSON(description=_SETTINGS)
    secret = graphene.String(description=_KEPT)


class UpdateNotificationProviderInput(ById, _ProviderFields):
    """What is said anew of a provider; what is not sent stays."""

    name = graphene.String()
    settings = JSON(description=f"All of them together. {_SETTINGS}")
    secret = graphene.String(description=f"To be sent with another account. {_KEPT}")


class RotateNotificationProviderKeyInput(ById):
    """The provider of Web Push that gets another key."""


class DeleteNotificationProviderInput(ById):
    """The provider to forget."""


class CreateNotificationDeviceInput(ChangeInput):
    """A device to be."""

    subscriber_id = graphene.ID(required=True)
    kind = NotificationDeviceKind(required=True)
    address = graphene.String(required=True, description=_ADDRESS)
    keys = JSON(description='Of a PushSubscription: `{"p256dh", "auth"}`.')
    public_key = graphene.String(
        description="By which a browser has subscribed; the present one if none is said."
    )
    label = graphene.String(description="By which people tell it from others.")


class DeleteNotificationDeviceInput(ById):
    """The device to forget."""


class ProviderChanges:
    """Changes of providers and devices."""

    create_notification_provider = Create(
        NotificationProviderType,
        input=CreateNotificationProviderInput,
        by=providers.create_provider,
        description="Set up who carries messages of a channel; CONFLICT when the name is taken.",
    )
    update_notification_provider = Update(
        NotificationProviderType,
        input=UpdateNotificationProviderInput,
        by=providers.update_provider,
        description="Say a provider anew; enabled again, it is asked at once.",
    )
    rotate_notification_provider_key = Update(
        NotificationProviderType,
        input=RotateNotificationProviderKeyInput,
        by=providers.rotate_push_key,
        description="Let browsers subscribe by another key; those of the present one stay reached.",
    )
    delete_notification_provider = Delete(
        NotificationProviderType,
        input=DeleteNotificationProviderInput,
        by=providers.delete_provider,
        description="Forget a provider and its secret; of Web Push the browsers as well.",
    )
    create_notification_device = Create(
        NotificationDeviceType,
        input=CreateNotificationDeviceInput,
        by=devices.register_device,
        description="Note where somebody is reached; the same address is the same device.",
    )
    delete_notification_device = Delete(
        NotificationDeviceType,
        input=DeleteNotificationDeviceInput,
        by=devices.delete_device,
        description="Send nothing to a device any more.",
    )
