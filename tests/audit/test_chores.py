"""The round that a schedule begins: followed until it has ended, and stopped."""

import pytest

from apps.audit.services.retaining import start_round
from contracts.chores import WorkState
from kernel.chores.services import do, look, stop
from kernel.errors import ConflictError, InvalidInputError, NotFoundError
from kernel.identity.models import Tenant
from kernel.jobs.models import Job, JobState
from kernel.tenancy.context import acting_as
from kernel.testing.datasets import somebody
from kernel.testing.jobs import drain
from kernel.testing.tenants import make_tenant

NAME = "audit.archive"


def test_a_round_is_followed_until_it_has_ended(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk)):
        begun = do(NAME, {}, key="run-1")
        job = Job.objects.filter(pk=begun.result["jobId"])
        job.update(progress_done=7, progress_total=9, progress_message="archiving 2024-03")
        going = look(NAME, begun.result)
        drain()
        after = look(NAME, begun.result)

    assert begun.goes_on
    assert (going.state, going.message) == (WorkState.GOING_ON, "archiving 2024-03")
    assert (going.done, going.total) == (7, 9)
    assert after.state is WorkState.DONE


def test_a_round_that_failed_says_why(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk)):
        begun = do(NAME, {}, key="run-1").result
        failed = {"state": JobState.FAILED, "last_error": "AUDIT_LOG_ALTERED: log 7"}
        Job.objects.filter(pk=begun["jobId"]).update(**failed)
        found = look(NAME, begun)

    assert (found.state, found.error_code, found.error_message) == (
        *(WorkState.FAILED, "AUDIT_LOG_ALTERED"),
        "log 7",
    )


def test_a_round_is_stopped_and_another_may_begin(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk)):
        begun = do(NAME, {}, key="run-1").result
        with pytest.raises(ConflictError):
            start_round()
        for _ in range(2):
            stop(NAME, begun)
        found = look(NAME, begun)
        # Its key is free once its row says that it has ended.
        again = do(NAME, {}, key="run-2").result

    assert found.state is WorkState.CANCELLED
    assert again != begun


def test_what_is_no_round_of_the_tenant_is_neither_followed_nor_stopped(tenant: Tenant) -> None:
    with acting_as(somebody(tenant.pk)):
        begun = do(NAME, {}, key="run-1").result
    with acting_as(somebody(make_tenant().pk)):
        for ask in (look, stop):
            with pytest.raises(NotFoundError):
                ask(NAME, begun)
            with pytest.raises(InvalidInputError):
                ask(NAME, {})

    assert Job.objects.get(pk=begun["jobId"]).state == JobState.QUEUED
