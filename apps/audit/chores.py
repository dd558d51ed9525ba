"""What the audit app does for others, such as schedules."""

from collections.abc import Mapping
from typing import Any

from apps.audit.services.retaining import start_round
from contracts.chores import Chore, parameters
from kernel.chores.following import stop_job, work_of_job
from kernel.chores.registry import chore

_JOB = "audit.retain_tenant"


@chore(
    Chore(
        name="audit.archive",
        title="Archive logs",
        description="Begins a round of retention: logs that are old enough by the policies are"
        " archived and removed.",
        scope="audit:retain",
        parameters=parameters(),
    ),
    follow=lambda began: work_of_job(began["jobId"], _JOB),
    stop=lambda began: stop_job(began["jobId"], _JOB),
)
def archive(_told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Begin a round, and return the id of its job."""
    return {"jobId": str(start_round())}
