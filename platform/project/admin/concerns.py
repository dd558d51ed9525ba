"""What the platform itself has for staff to look at."""

from kernel.admin.concerns import Concern, Duty, register
from kernel.events.models import Redelivery, RedeliveryState
from kernel.identity.lockouts import locked
from kernel.jobs.models import Job, JobState

register(
    Concern(
        "dead letters",
        Duty.OPERATIONS,
        lambda: Redelivery.objects.filter(state=RedeliveryState.DEAD),
        "state=dead",
    ),
    Concern(
        "jobs that failed and were not tried again",
        Duty.OPERATIONS,
        lambda: Job.objects.filter(state=JobState.FAILED),
        "state__exact=failed",
    ),
    Concern("names that are locked out", Duty.SUPPORT, locked, ""),
)
