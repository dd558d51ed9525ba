"""What the kernel tidies up by itself."""

from datetime import timedelta

from django.contrib.sessions.models import Session

from kernel import clock
from kernel.jobs.models import Job, JobState
from kernel.jobs.registry import periodic

KEPT_DONE = timedelta(days=7)
KEPT_FAILED = timedelta(days=30)


@periodic("kernel.clear_sessions", every=timedelta(days=1))
def clear_sessions(_target: str) -> None:
    """Delete sessions that have expired."""
    Session.objects.filter(expire_date__lt=clock.now()).delete()


@periodic("kernel.clear_jobs", every=timedelta(hours=1))
def clear_jobs(_target: str) -> None:
    """Delete jobs that ended long ago; failed ones are kept longer, for somebody to look at."""
    now = clock.now()
    ended = Job.objects.filter(state__in=(JobState.DONE, JobState.CANCELLED))
    ended.filter(finished_at__lt=now - KEPT_DONE).delete()
    Job.objects.filter(state=JobState.FAILED, finished_at__lt=now - KEPT_FAILED).delete()
