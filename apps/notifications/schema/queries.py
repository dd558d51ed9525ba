"""What may be asked of notifications."""

import graphene

from apps.notifications.schema import endpoints
from apps.notifications.schema.inputs import (
    NotificationFilter,
    NotificationOrder,
    NotificationSuppressionFilter,
    NotificationSuppressionOrder,
    NotificationTemplateFilter,
    NotificationTemplateOrder,
    NotificationTriggerFilter,
    NotificationTriggerOrder,
    NotificationWorkflowFilter,
    NotificationWorkflowOrder,
    SubscriberFilter,
    SubscriberOrder,
)
from apps.notifications.schema.providers import (
    NotificationDeviceFilter,
    NotificationDeviceOrder,
    NotificationDeviceType,
    NotificationProviderFilter,
    NotificationProviderOrder,
    NotificationProviderType,
)
from apps.notifications.schema.trying import Previews
from apps.notifications.schema.types import (
    NotificationSuppressionType,
    NotificationTemplateType,
    NotificationTriggerType,
    NotificationType,
    NotificationWorkflowType,
    SubscriberType,
)
from apps.notifications.selectors import lookups
from kernel.federation.fields import Many, One


class Query(Previews, graphene.ObjectType):
    """Reads of notifications."""

    notification = One(NotificationType)
    notifications = Many(
        NotificationType,
        filter=NotificationFilter,
        lookups=lookups.NOTIFICATIONS,
        order=NotificationOrder,
    )
    subscriber = One(SubscriberType)
    subscribers = Many(
        SubscriberType,
        filter=SubscriberFilter,
        lookups=lookups.SUBSCRIBERS,
        order=SubscriberOrder,
    )
    notification_template = One(NotificationTemplateType)
    notification_templates = Many(
        NotificationTemplateType,
        filter=NotificationTemplateFilter,
        lookups=lookups.TEMPLATES,
        order=NotificationTemplateOrder,
    )
    notification_workflow = One(NotificationWorkflowType)
    notification_workflows = Many(
        NotificationWorkflowType,
        filter=NotificationWorkflowFilter,
        lookups=lookups.WORKFLOWS,
        order=NotificationWorkflowOrder,
    )
    notification_trigger = One(NotificationTriggerType)
    notification_triggers = Many(
        NotificationTriggerType,
        filter=NotificationTriggerFilter,
        lookups=lookups.TRIGGERS,
        order=NotificationTriggerOrder,
    )
    notification_provider = One(NotificationProviderType)
    notification_providers = Many(
        NotificationProviderType,
        filter=NotificationProviderFilter,
        lookups=lookups.PROVIDERS,
        order=NotificationProviderOrder,
    )
    notification_device = One(NotificationDeviceType)
    notification_devices = Many(
        NotificationDeviceType,
        filter=NotificationDeviceFilter,
        lookups=lookups.DEVICES,
        order=NotificationDeviceOrder,
    )
    notification_suppression = One(NotificationSuppressionType)
    notification_suppressions = Many(
        NotificationSuppressionType,
        filter=NotificationSuppressionFilter,
        lookups=lookups.SUPPRESSIONS,
        order=NotificationSuppressionOrder,
    )
    webhook_endpoint = One(endpoints.WebhookEndpointType)
    webhook_endpoints = Many(
        endpoints.WebhookEndpointType,
        filter=endpoints.WebhookEndpointFilter,
        lookups=endpoints.ENDPOINT_LOOKUPS,
        order=endpoints.WebhookEndpointOrder,
    )
    webhook_delivery = One(endpoints.WebhookDeliveryType)
    webhook_deliveries = Many(
        endpoints.WebhookDeliveryType,
        filter=endpoints.WebhookDeliveryFilter,
        lookups=endpoints.DELIVERY_LOOKUPS,
        order=endpoints.WebhookDeliveryOrder,
    )
