"""What the scheduler has for staff to look at."""

from apps.scheduler.models import JobRun, RunState
from kernel.admin.concerns import Concern, Duty, lately, register

register(
    Concern(
        "scheduled runs that failed in the last day",
        Duty.OPERATIONS,
        lambda: lately(JobRun.across_tenants.filter(state=RunState.FAILED)),
        "state__exact=failed",
    ),
)
