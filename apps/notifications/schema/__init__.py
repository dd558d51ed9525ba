"""The notifications subgraph."""

from apps.notifications.schema.queries import Query
from apps.notifications.schema.types import NotificationType
from kernel.federation.subgraph import build_subgraph

subgraph = build_subgraph("notifications", query=Query, entities=[NotificationType])
