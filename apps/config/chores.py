"""What the config app does for others, such as schedules."""

from collections.abc import Mapping
from typing import Any

from apps.config.services.rollouts import look_at_rollout
from contracts.chores import Chore, Work, WorkState, parameters
from kernel.chores.following import work_of_job
from kernel.chores.registry import chore

_JOB = "config.advance_rollout"


def _look(began: Mapping[str, Any]) -> Work:
    """Of a rollout that does not go nothing is looked at."""
    return work_of_job(began["jobId"], _JOB) if began["jobId"] else Work(state=WorkState.DONE)


@chore(
    Chore(
        name="config.advance_rollout",
        title="Advance a rollout",
        description="Looks at a rollout of a flag at once: it goes back if a guard strikes, and a"
        " step further if it is time.",
        scope="config:write",
        parameters=parameters(("plan_id",), plan_id={"type": "string", "format": "uuid"}),
    ),
    follow=_look,
)
def advance_rollout(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask for a look at a rollout, and return its state and the job that looks."""
    state, job_id = look_at_rollout(id=told["plan_id"])
    return {"state": state, "jobId": str(job_id) if job_id else ""}
