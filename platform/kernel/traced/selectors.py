"""Finding a trace by what somebody was told: its own id, or that of a request."""

import re
from datetime import timedelta
from uuid import UUID

from kernel import clock
from kernel.ids import made_at
from kernel.jobs.models import Job
from kernel.traced.models import TracedLine
from kernel.traced.sources import Asked

#: A time further back is none of a request that anything is left of.
LONGEST_AGO = timedelta(days=3_650)
_TRACE = re.compile(r"[0-9a-f]{32}")


def asked_for(text: str) -> Asked | None:
    """Return what is meant by a trace's id or a request's; None where nothing can be meant.

    A request that began its trace here has the same id as that, so it is found without any line.
    """
    given = text.strip()
    bare = given.replace("-", "").lower()
    line = TracedLine.objects.filter(request_id=given).order_by("pk").first()
    if line is not None:
        return Asked(trace=line.trace_id, request=given, at=line.at)
    if not _TRACE.fullmatch(bare):
        return None
    trace = UUID(bare)
    request = str(trace)
    first = TracedLine.objects.filter(trace_id=trace).order_by("pk").first()
    if first is not None:
        return Asked(trace=trace, request=first.request_id, at=first.at)
    # By chance one in sixteen ids of others has the form of ours, but of no time that is near.
    if trace.version == 7 and abs(clock.now() - made_at(trace)) < LONGEST_AGO:
        return Asked(trace=trace, request=request, at=made_at(trace))
    job = Job.objects.filter(trace_id=trace).order_by("pk").first()
    return Asked(trace=trace, request=request, at=job.created_at if job else None)
