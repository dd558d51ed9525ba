"""Whoever follows the log of a run is told each line as it comes, and its end."""

from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, timedelta
from uuid import UUID

import orjson
from django.db import close_old_connections

from apps.scheduler.models import FINISHED, JobRun, JobRunLine
from apps.scheduler.services.lines import MOST_LINES
from kernel import clock
from kernel.errors import NotFoundError
from kernel.observability.figures import release
from kernel.streams import StreamEvent, broadcaster

LOOK_SECONDS = 1.0
#: Lines may become visible so much later than they say, and clocks be so far apart.
OVERLAP = timedelta(seconds=10)
END = "end"
_MOST_TOLD = 10_000


def topic_of(run_id: UUID) -> str:
    """Return where it is told what a run tells."""
    return f"run:{run_id.hex}"


def line_event(line: JobRunLine) -> StreamEvent:
    """Return what is told of a line."""
    told = {"attempt": line.attempt, "text": line.text, "at": line.created_at.astimezone(UTC)}
    return StreamEvent(data=orjson.dumps(told), id=line.pk.hex, name="line")


def end_event(run: JobRun) -> StreamEvent:
    """Return what is told last of a run."""
    told = {"state": run.state.upper(), "errorCode": run.error_code or None, "result": run.result}
    return StreamEvent(data=orjson.dumps(told), id=END, name=END, last=True)


def told_since(run_id: UUID, last_event_id: str) -> list[StreamEvent]:
    """Return what somebody has not heard who heard this last; of a run that has ended, also that.

    Lines that came within ten seconds before the last may be told again: by the id it is the same.
    Raises NotFoundError.
    """
    run = JobRun.visible().filter(pk=run_id).first()
    if run is None:
        raise NotFoundError(f"no job run {run_id}")
    lines = list(JobRunLine.objects.filter(run=run).order_by("created_at", "pk")[: 2 * MOST_LINES])
    events = [line_event(line) for line in _after(lines, last_event_id)]
    return [*events, end_event(run)] if run.state in FINISHED else events


def _after(lines: Sequence[JobRunLine], last_event_id: str) -> Sequence[JobRunLine]:
    heard = next((one for one in lines if one.pk.hex == last_event_id), None)
    if heard is None:
        return lines
    since = heard.created_at - OVERLAP
    return [one for one in lines if one.created_at > since and one.pk != heard.pk]


class RunLook:
    """Finds what runs have told that somebody follows here, whichever process does them."""

    def __init__(self) -> None:
        self._since = clock.now()
        self._told: OrderedDict[UUID, None] = OrderedDict()

    def __call__(self, topics: set[str]) -> None:
        """Look what came since the last look, with what was late before it."""
        now = clock.now()
        if not topics:
            self._since = now
            release()
            return
        followed = [UUID(topic.removeprefix("run:")) for topic in topics]
        try:
            # The ends first: a line that is written with an end is read after it.
            ended = list(JobRun.across_tenants.filter(pk__in=followed, state__in=FINISHED))
            rows = JobRunLine.across_tenants.filter(
                run_id__in=followed, created_at__gt=self._since - OVERLAP
            )
            for line in rows.order_by("created_at", "pk")[:_MOST_TOLD]:
                self._tell(line)
        finally:
            close_old_connections()
        for run in ended:
            broadcaster.publish(topic_of(run.pk), end_event(run))
        self._since = now

    def _tell(self, line: JobRunLine) -> None:
        if line.pk in self._told:
            return
        self._told[line.pk] = None
        if len(self._told) > _MOST_TOLD:
            self._told.popitem(last=False)
        broadcaster.publish(topic_of(line.run_id), line_event(line))


look = RunLook()
