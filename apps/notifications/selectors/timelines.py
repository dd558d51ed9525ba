"""What belongs to many rows, read for all of them at once."""

from collections.abc import Sequence
from typing import Any

from apps.notifications.models import Moment, Run, TopicMember

#: Of each notification or trigger, so much is shown.
MOST_SHOWN = 100


def moments_of(ids: Sequence[str]) -> dict[str, list[Moment]]:
    """Return the timelines of notifications, the oldest moment first."""
    found: dict[str, list[Moment]] = {str(one): [] for one in ids}
    for moment in Moment.objects.filter(notification_id__in=ids).order_by("pk"):
        found[str(moment.notification_id)].append(moment)
    return {one: moments[:MOST_SHOWN] for one, moments in found.items()}


def topics_of(ids: Sequence[str]) -> dict[str, list[str]]:
    """Return the topics of subscribers, in their order."""
    found: dict[str, list[str]] = {str(one): [] for one in ids}
    rows = TopicMember.objects.filter(subscriber_id__in=ids).order_by("topic")
    for subscriber_id, topic in rows.values_list("subscriber_id", "topic"):
        found[str(subscriber_id)].append(topic)
    return found


def runs_of(ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """Return of triggers how they stand for each person, and what was decided at each step."""
    found: dict[str, list[dict[str, Any]]] = {str(one): [] for one in ids}
    runs = Run.objects.filter(trigger_id__in=ids).select_related("subscriber").order_by("pk")
    for run in runs[: MOST_SHOWN * max(len(ids), 1)]:
        found[str(run.trigger_id)].append(
            {
                "subscriber": run.subscriber.key,
                "state": run.state,
                "waits_until": run.waits_until,
                "reason": run.reason,
                "trace": run.trace,
            }
        )
    return found
