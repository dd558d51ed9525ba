"""The operations on notifications as data: what operations.py makes rows of."""

from typing import Literal

Effect = Literal["none", "adds", "changes", "removes"]

#: An entity, its field of one and of many, and the row that is meant.
READS = [
    ("NotificationDevice", "notificationDevice", "notificationDevices", "notification device"),
    (
        "NotificationProvider",
        "notificationProvider",
        "notificationProviders",
        "notification provider",
    ),
    ("Subscriber", "subscriber", "subscribers", "subscriber"),
    (
        "NotificationTemplate",
        "notificationTemplate",
        "notificationTemplates",
        "notification template",
    ),
    (
        "NotificationWorkflow",
        "notificationWorkflow",
        "notificationWorkflows",
        "notification workflow",
    ),
    ("NotificationTrigger", "notificationTrigger", "notificationTriggers", "notification trigger"),
    (
        "NotificationSuppression",
        "notificationSuppression",
        "notificationSuppressions",
        "notification suppression",
    ),
    ("WebhookEndpoint", "webhookEndpoint", "webhookEndpoints", "webhook endpoint"),
    ("WebhookDelivery", "webhookDelivery", "webhookDeliveries", "webhook delivery"),
]

_SUBSCRIBER = "subscriber { id }"
_TEMPLATE, _WORKFLOW = "notificationTemplate { id }", "notificationWorkflow { id }"
_TRIGGER, _SUPPRESSION = "notificationTrigger { id }", "notificationSuppression { id }"
_A_TEMPLATE, _A_WORKFLOW = "notification template", "notification workflow"
_PROVIDER, _DEVICE = "notificationProvider { id }", "notificationDevice { subscriberId }"
_AN_ADDRESS = "notification suppression"
_ENDPOINT, _DELIVERY = "webhookEndpoint { id }", "webhookDelivery { id }"
_HOOK = "webhook endpoint"
_TEXTS = 'texts: {email: {en: {subject: "a", body: "b"}}}'
_STEPS = 'steps: [{do: "delay", for: "1h"}]'

#: A mutation, what it answers, what it is sent, what it does to the row, and which that is.
CHANGES: list[tuple[str, str, str, Effect, str]] = [
    (
        "createNotificationProvider",
        _PROVIDER,
        'name: "new", kind: TEAMS',
        "adds",
        "notification provider",
    ),
    (
        "updateNotificationProvider",
        _PROVIDER,
        'id: "$id", position: 7',
        "changes",
        "notification provider",
    ),
    (
        "rotateNotificationProviderKey",
        _PROVIDER,
        'id: "$id"',
        "changes",
        "notification provider",
    ),
    ("deleteNotificationProvider", _PROVIDER, 'id: "$id"', "removes", "notification provider"),
    (
        "createNotificationDevice",
        _DEVICE,
        'subscriberId: "$id", kind: TEAMS, address: "https://example.com/1"',
        "none",
        "subscriber",
    ),
    (
        "deleteNotificationDevice",
        "notificationDevice { id }",
        'id: "$id"',
        "removes",
        "notification device",
    ),
    ("createSubscriber", _SUBSCRIBER, 'key: "new"', "adds", "subscriber"),
    ("updateSubscriber", _SUBSCRIBER, 'id: "$id", locale: "de"', "changes", "subscriber"),
    ("deleteSubscriber", _SUBSCRIBER, 'id: "$id"', "removes", "subscriber"),
    (
        "deleteSubscribers",
        f"outcomes {{ {_SUBSCRIBER} error {{ code }} }}",
        'ids: ["$id"]',
        "removes",
        "subscriber",
    ),
    ("verifySubscriberEmail", _SUBSCRIBER, 'id: "$id"', "none", "subscriber"),
    ("rotateSubscriberWebhookSecret", _SUBSCRIBER, 'id: "$id"', "changes", "subscriber"),
    (
        "createNotificationTemplate",
        _TEMPLATE,
        f'name: "new", {_TEXTS}',
        "adds",
        "notification template",
    ),
    (
        "updateNotificationTemplate",
        _TEMPLATE,
        'id: "$id", defaultLocale: "de"',
        "changes",
        "notification template",
    ),
    ("deleteNotificationTemplate", _TEMPLATE, 'id: "$id"', "removes", "notification template"),
    (
        "createNotificationWorkflow",
        _WORKFLOW,
        f'name: "new", {_STEPS}',
        "adds",
        "notification workflow",
    ),
    (
        "updateNotificationWorkflow",
        _WORKFLOW,
        'id: "$id", category: "billing"',
        "changes",
        "notification workflow",
    ),
    ("deleteNotificationWorkflow", _WORKFLOW, 'id: "$id"', "removes", "notification workflow"),
    ("cancelNotificationTrigger", _TRIGGER, 'id: "$id"', "changes", "notification trigger"),
    ("resendNotification", "notification { id }", 'id: "$id"', "changes", "failed notification"),
    (
        "createNotificationSuppression",
        _SUPPRESSION,
        'address: "new@x.org"',
        "adds",
        "notification suppression",
    ),
    (
        "deleteNotificationSuppression",
        _SUPPRESSION,
        'id: "$id"',
        "removes",
        "notification suppression",
    ),
]
CHANGES += [
    (
        "createWebhookEndpoint",
        _ENDPOINT,
        'name: "new", url: "https://x.org", contact: "a@x.org", eventTypes: ["notifications.*"]',
        "adds",
        "webhook endpoint",
    ),
    ("updateWebhookEndpoint", _ENDPOINT, 'id: "$id", contact: "b@x.org"', "changes", _HOOK),
    ("rotateWebhookEndpointSecret", _ENDPOINT, 'id: "$id"', "changes", _HOOK),
    # Of the endpoint another row is made.
    ("testWebhookEndpoint", _DELIVERY, 'id: "$id"', "none", _HOOK),
    ("disableWebhookEndpoint", _ENDPOINT, 'id: "$id"', "changes", _HOOK),
    ("enableWebhookEndpoint", _ENDPOINT, 'id: "$id"', "changes", "disabled webhook endpoint"),
    ("deleteWebhookEndpoint", _ENDPOINT, 'id: "$id"', "removes", _HOOK),
    (
        "redeliverWebhooks",
        f"outcomes {{ {_DELIVERY} error {{ code }} }}",
        'ids: ["$id"]',
        "changes",
        "webhook delivery",
    ),
    (
        "testNotificationTemplate",
        "notification { id }",
        'id: "$id", recipient: "a@x.org"',
        "none",
        "notification template",
    ),
    (
        "markNotifications",
        "outcomes { notification { id } error { code } }",
        'ids: ["$id"], verb: READ',
        "changes",
        "notification in an inbox",
    ),
]
#: A question, what it is asked, and the row that is meant.
QUESTIONS = [
    (
        "notificationWorkflowTrial",
        'notificationWorkflowTrial(id: "$id") { what }',
        "notification workflow",
    ),
    (
        "notificationTemplatePreview",
        'notificationTemplatePreview(id: "$id", channel: EMAIL) { subject }',
        "notification template",
    ),
]
#: Those that name a workflow, which has to be the tenant's.
BY_NAME: list[tuple[str, str, str]] = [
    (
        "triggerNotificationWorkflow",
        _TRIGGER,
        'workflow: "theirs", topics: ["a"]',
    ),
    (
        "triggerNotificationWorkflows",
        f"outcomes {{ {_TRIGGER} error {{ code }} }}",
        'triggers: [{workflow: "theirs", topics: ["a"]}]',
    ),
]
#: Those whose row has to be the tenant's, and stays as it is.
OF_WORKFLOWS = {name for name, *_ in BY_NAME}
OF_ROWS = OF_WORKFLOWS | {
    "createNotificationDevice",
    "testNotificationTemplate",
    "testWebhookEndpoint",
    "verifySubscriberEmail",
}
