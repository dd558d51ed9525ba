"""Streams of jobs' progress: one look a second for all who listen."""

from uuid import UUID

from django.db import close_old_connections

from kernel.background.snapshots import snapshots
from kernel.observability.figures import release
from kernel.streams import Broadcaster, EventStreams, StreamEvent, broadcaster

LOOK_SECONDS = 1.0
_DELETED = StreamEvent(data=b"", last=True)


def job_streams() -> EventStreams:
    """Return what follows jobs from where their view ends (`kernel.background.views`)."""
    return EventStreams("jobs", look=JobLook(broadcaster), every_seconds=LOOK_SECONDS)


def topic_of(job_id: UUID) -> str:
    """Return where it is told how a job stands."""
    return f"job:{job_id}"


class JobLook:
    """Tells of jobs what has changed since the last look."""

    def __init__(self, told_by: Broadcaster) -> None:
        self._told_by = told_by
        self._told: dict[str, str] = {}

    def __call__(self, topics: set[str]) -> None:
        if not topics:
            release()
            return
        wanted = {topic: UUID(topic.removeprefix("job:")) for topic in topics}
        try:
            found = snapshots(wanted.values())
        finally:
            close_old_connections()
        told, self._told = self._told, {}
        for topic, job_id in wanted.items():
            job = found.get(job_id)
            event = job.event() if job else _DELETED
            if told.get(topic) != event.id or event.last:
                self._told_by.publish(topic, event)
            self._told[topic] = event.id
