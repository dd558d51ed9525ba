"""By which lookup each part of a filter narrows."""

NOTIFICATIONS = {
    "recipient": "recipient",
    "channel": "channel",
    "state": "state",
    "sandboxed": "sandboxed",
    "category": "category",
    "subscriber_id": "subscriber_id",
    "trigger_id": "run__trigger_id",
    "created_from": "created_at__gte",
    "created_before": "created_at__lt",
}
SUBSCRIBERS = {"keys": "key__in", "email": "email", "topic": "memberships__topic"}
TEMPLATES = {"names": "name__in", "is_layout": "is_layout", "layout": "layout"}
WORKFLOWS = {"names": "name__in", "category": "category", "enabled": "enabled"}
TRIGGERS = {"workflow_id": "workflow_id", "state": "state", "key": "key"}
PROVIDERS = {"channel": "channel", "kind": "kind", "enabled": "enabled"}
DEVICES = {"subscriber_id": "subscriber_id", "channel": "channel", "kind": "kind"}
SUPPRESSIONS = {"address": "address", "category": "category", "reason": "reason"}
