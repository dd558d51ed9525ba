"""What the config app does for others, such as schedules."""

from collections.abc import Mapping
from typing import Any

from apps.config.services.rollouts import look_at_rollout
from contracts.chores import Chore, parameters
from kernel.chores.registry import chore


@chore(
    Chore(
        name="config.advance_rollout",
        title="Advance a rollout",
        description="Looks at a rollout of a flag at once: it goes back if a guard strikes, and a"
        " step further if it is time.",
        scope="config:write",
        parameters=parameters(("plan_id",), plan_id={"type": "string", "format": "uuid"}),
    )
)
def advance_rollout(told: Mapping[str, Any]) -> Mapping[str, Any]:
    """Ask for a look at a rollout, and return its state."""
    return {"state": look_at_rollout(id=told["plan_id"])}
