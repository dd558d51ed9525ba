"""By which lookup each part of a filter narrows."""

NOTIFICATIONS = {
    "recipient": "recipient",
    "channel": "channel",
    "state": "state",
    "category": "category",
    "subscriber_id": "subscriber_id",
    "trigger_id": "run__trigger_id",
    "created_from": "created_at__gte",
    "created_before": "created_at__lt",
}
SUBSCRIBERS = {"keys": "key__in", "email": "email", "topic": "memberships__topic"}
TEMPLATES = {"names": "name__in"}
WORKFLOWS = {"names": "name__in", "category": "category", "enabled": "enabled"}
TRIGGERS = {"workflow_id": "workflow_id", "state": "state", "key": "key"}
SUPPRESSIONS = {"address": "address", "category": "category", "reason": "reason"}
