"""What may be changed about notifications."""

import graphene

from apps.notifications.schema import inputs
from apps.notifications.schema.endpoints import EndpointChanges
from apps.notifications.schema.providers import ProviderChanges
from apps.notifications.schema.secrets import SecretShownOnce
from apps.notifications.schema.trying import Trials
from apps.notifications.schema.types import (
    NotificationSuppressionType,
    NotificationTemplateType,
    NotificationTriggerType,
    NotificationType,
    NotificationWorkflowType,
    SubscriberType,
)
from apps.notifications.services import (
    cancel_notification,
    create_notification,
    create_notifications,
    subscribers,
    suppressions,
    templates,
    triggering,
    verifying,
    workflows,
)
from apps.notifications.services.resending import resend_notification
from kernel.federation.mutations import Bulk, BulkDelete, Create, Delete, Update


class _RotateSecret(SecretShownOnce, Update):
    """Shows the new secret of a subscriber's webhooks."""


class MessageChanges:
    """Changes of single messages, and of what nothing is sent to."""

    create_notification = Create(
        NotificationType,
        input=inputs.CreateNotificationInput,
        by=create_notification,
        description="Queue a notification.",
    )
    create_notifications = Bulk(
        NotificationType,
        input=inputs.CreateNotificationsInput,
        by=create_notifications,
        description="Queue many notifications; a bad one does not keep the others.",
    )
    cancel_notification = Update(
        NotificationType,
        input=inputs.CancelNotificationInput,
        by=cancel_notification,
        description="Take a notification back; CONFLICT when it was sent, or tried in vain.",
    )
    resend_notification = Update(
        NotificationType,
        input=inputs.ResendNotificationInput,
        by=resend_notification,
        description="Try a notification again that failed or was skipped.",
    )
    create_notification_suppression = Create(
        NotificationSuppressionType,
        input=inputs.CreateNotificationSuppressionInput,
        by=suppressions.add_suppression,
        description="Send nothing to an address any more, or nothing of a category.",
    )
    delete_notification_suppression = Delete(
        NotificationSuppressionType,
        input=inputs.DeleteNotificationSuppressionInput,
        by=suppressions.lift_suppression,
        description="Let an address be sent to again.",
    )


class SubscriberChanges:
    """Changes of subscribers."""

    create_subscriber = Create(
        SubscriberType,
        input=inputs.CreateSubscriberInput,
        by=subscribers.create_subscriber,
        description="Make a subscriber; CONFLICT when the key is taken.",
    )
    update_subscriber = Update(
        SubscriberType,
        input=inputs.UpdateSubscriberInput,
        by=subscribers.update_subscriber,
        description="Change a subscriber; another address has to be verified anew.",
    )
    delete_subscriber = Delete(
        SubscriberType,
        input=inputs.DeleteSubscriberInput,
        by=subscribers.delete_subscriber,
        description="Remove a subscriber with all that was said to them.",
    )
    delete_subscribers = BulkDelete(
        SubscriberType,
        input=inputs.DeleteSubscribersInput,
        by=subscribers.delete_subscribers,
        description="Remove many subscribers; one that is not there does not keep the others.",
    )
    verify_subscriber_email = Update(
        SubscriberType,
        input=inputs.VerifySubscriberEmailInput,
        by=verifying.ask_to_verify,
        description="Send a mail with a link by which they verify their address.",
    )
    rotate_subscriber_webhook_secret = _RotateSecret(
        SubscriberType,
        input=inputs.RotateSubscriberWebhookSecretInput,
        by=subscribers.rotate_webhook_secret,
        description="Sign by another secret, and for a day by the former beside it.",
    )


class WorkflowChanges:
    """Changes of templates and workflows, and what begins them."""

    create_notification_template = Create(
        NotificationTemplateType,
        input=inputs.CreateNotificationTemplateInput,
        by=templates.create_template,
        description="Make a template; each mistake in its texts is told with its place.",
    )
    update_notification_template = Update(
        NotificationTemplateType,
        input=inputs.UpdateNotificationTemplateInput,
        by=templates.update_template,
        description="Say something else from now on, as a new version.",
    )
    delete_notification_template = Delete(
        NotificationTemplateType,
        input=inputs.DeleteNotificationTemplateInput,
        by=templates.delete_template,
        description="Remove a template with its versions.",
    )
    create_notification_workflow = Create(
        NotificationWorkflowType,
        input=inputs.CreateNotificationWorkflowInput,
        by=workflows.create_workflow,
        description="Make a workflow; each mistake in it is told with its place.",
    )
    update_notification_workflow = Update(
        NotificationWorkflowType,
        input=inputs.UpdateNotificationWorkflowInput,
        by=workflows.update_workflow,
        description="Change a workflow; who has begun it goes on by the former steps.",
    )
    delete_notification_workflow = Delete(
        NotificationWorkflowType,
        input=inputs.DeleteNotificationWorkflowInput,
        by=workflows.delete_workflow,
        description="Remove a workflow with what it has under way.",
    )
    trigger_notification_workflow = Create(
        NotificationTriggerType,
        input=inputs.TriggerNotificationWorkflowInput,
        by=triggering.trigger,
        description="Begin a workflow for some people, now or later.",
    )
    trigger_notification_workflows = Bulk(
        NotificationTriggerType,
        input=inputs.TriggerNotificationWorkflowsInput,
        by=triggering.trigger_many,
        description="Begin many; one that cannot be begun does not keep the others.",
    )
    cancel_notification_trigger = Update(
        NotificationTriggerType,
        input=inputs.CancelNotificationTriggerInput,
        by=triggering.cancel_trigger,
        description="Let nothing more come of a trigger.",
    )


class Mutation(
    EndpointChanges,
    MessageChanges,
    ProviderChanges,
    SubscriberChanges,
    Trials,
    WorkflowChanges,
    graphene.ObjectType,
):
    """Changes of notifications."""
