"""The look at a rollout that a schedule asks for: followed until it has been taken."""

from typing import Any

import pytest

from apps.config.models import RolloutPlan
from apps.config.services.guards import Guard
from apps.config.services.rollouts import cancel_rollout, start_rollout
from contracts.chores import WorkState
from kernel.chores.services import do, look
from kernel.errors import InvalidInputError, NotFoundError
from kernel.identity.models import Tenant
from kernel.jobs.models import Job, JobState
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import somebody
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant
from tests.config.definitions import live

NAME = "config.advance_rollout"


@pytest.fixture
def plan(tenant: Tenant) -> RolloutPlan:
    flag = live("dark-mode")
    steps = [(10, 60), (100, 60)]
    return start_rollout(flag_id=str(flag.pk), variant="on", steps=steps, guard=Guard())


def told(plan: RolloutPlan) -> dict[str, Any]:
    return {"plan_id": str(plan.pk)}


def test_a_look_at_a_rollout_is_followed_until_it_was_taken(
    tenant: Tenant, plan: RolloutPlan
) -> None:
    with acting_as(somebody(tenant.pk)):
        begun = do(NAME, told(plan), key="run-1")
        going = look(NAME, begun.result)
        other = do(NAME, told(plan), key="run-2").result
        drain()
        after = look(NAME, begun.result)

    assert begun.goes_on
    # Two that ask at a time follow one look.
    assert other == begun.result
    assert (going.state, after.state) == (WorkState.GOING_ON, WorkState.DONE)


def test_a_look_that_failed_says_why(tenant: Tenant, plan: RolloutPlan) -> None:
    with acting_as(somebody(tenant.pk)):
        begun = do(NAME, told(plan), key="run-1").result
        failed = {"state": JobState.FAILED, "last_error": "UNAVAILABLE: no Prometheus"}
        Job.objects.filter(pk=begun["jobId"]).update(**failed)
        found = look(NAME, begun)

    assert (found.state, found.error_code) == (WorkState.FAILED, "UNAVAILABLE")


def test_at_a_rollout_that_does_not_go_nobody_looks(tenant: Tenant, plan: RolloutPlan) -> None:
    with acting_as(somebody(tenant.pk)):
        cancel_rollout(id=str(plan.pk))
        begun = do(NAME, told(plan), key="run-1").result
        found = look(NAME, begun)

    assert (begun["jobId"], found.state) == ("", WorkState.DONE)


def test_what_is_no_look_of_the_tenant_is_not_followed(tenant: Tenant, plan: RolloutPlan) -> None:
    with acting_as(somebody(tenant.pk)):
        begun = do(NAME, told(plan), key="run-1").result
    with acting_as(somebody(make_tenant().pk)):
        with pytest.raises(NotFoundError):
            look(NAME, begun)
        with pytest.raises(InvalidInputError):
            look(NAME, {})
