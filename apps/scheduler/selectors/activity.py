"""How runs of schedules go, hour by hour, for the back office."""

from apps.scheduler.models import JobRun
from kernel.activity.counting import counts, made_within

counts(
    "scheduler.runs",
    title="Runs of schedules, by how they stood ten minutes later",
    permission="scheduler.view_jobrun",
    within=made_within(JobRun.across_tenants.all),
    took=("started_at", "finished_at"),
)
