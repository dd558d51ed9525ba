"""Imports that were given up, what may be forgotten, and what staff may do."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.importexport.conf import UNDO_DAYS, UNFINISHED_IMPORTS
from apps.importexport.models import DataTable, ImportJob, RowImage
from apps.importexport.services import import_upkeep
from apps.importexport.services.controlling import resume_import, undo_import
from apps.importexport.services.imports import start_import
from contracts.importexport import ImportFailed
from kernel import clock
from kernel.errors import ConflictError, LimitExceededError
from kernel.jobs.claiming import claim
from kernel.jobs.models import Job, JobState
from kernel.jobs.registry import known
from kernel.jobs.services import Ended, settle
from kernel.testing.dynamic import said
from kernel.testing.events import published
from kernel.testing.jobs import drain
from tests.importexport.importing import HEADER, airports, fill, held, import_of, run, somebody

pytestmark = [pytest.mark.usefixtures("tenant")]

GOOD = HEADER + "A,Alpha,1,NL,\nB,Beta,2,,b\n"


@pytest.fixture
def table() -> DataTable:
    return airports("NL")


@pytest.mark.parametrize("gone", [True, False])
def test_an_import_whose_job_gave_up_is_failed_and_goes_on_from_there(
    table: DataTable, gone: bool
) -> None:
    job = import_of(GOOD)
    with somebody():
        start_import(id=str(job.pk))
    job.refresh_from_db()
    import_upkeep.end_abandoned()
    job.refresh_from_db()
    assert job.state == "running"

    jobs = Job.objects.filter(pk__in=[job.job_id])
    if gone:
        jobs.delete()
    else:
        jobs.update(state=JobState.FAILED, finished_at=clock.now(), last_error="INTERNAL: no disk")
    import_upkeep.end_abandoned()

    job.refresh_from_db()
    why = "its job is gone" if gone else "INTERNAL: no disk"
    assert (job.state, job.error_code, job.error_message) == (
        "failed",
        "IMPORTEXPORT_ABANDONED",
        why,
    )
    told = [one for one in published() if isinstance(one, ImportFailed)]
    assert [(one.import_id, one.error_message) for one in told] == [(str(job.pk), why)]
    assert (run(job, resume_import).state, len(held(table))) == ("done", 2)


def test_after_so_many_days_an_import_cannot_be_undone(table: DataTable) -> None:
    fill(table, ("A", "Old", 1, "NL", None))
    job = run(import_of(GOOD, mode="upsert"))
    import_upkeep.expire_undo()
    drain()
    assert RowImage.objects.count() == 1

    long_ago = clock.now() - timedelta(days=UNDO_DAYS.value(), seconds=1)
    ImportJob.objects.filter(pk=job.pk).update(finished_at=long_ago)
    import_upkeep.expire_undo()
    drain()

    assert RowImage.objects.count() == 0
    with somebody(), pytest.raises(ConflictError, match="what its rows were before is not kept"):
        undo_import(id=str(job.pk))


def test_a_tenant_has_no_more_imports_at_work_than_it_may(table: DataTable) -> None:
    first, second = import_of(GOOD), import_of(GOOD)

    with somebody(), said(UNFINISHED_IMPORTS, value=1):
        start_import(id=str(first.pk))
        with pytest.raises(LimitExceededError, match="at most 1 imports are worked on at a time"):
            start_import(id=str(second.pk))

    second.refresh_from_db()
    assert second.state == "ready"


def test_two_imports_of_a_tenant_are_worked_on_at_once_and_others_wait(table: DataTable) -> None:
    jobs = [import_of(GOOD) for _ in range(3)]
    with somebody():
        for job in jobs:
            start_import(id=str(job.pk))

    taken = claim(10, known(), worker="one")

    assert [one.name for one in taken] == ["importexport.run"] * 2
    settle([Ended(taken[0])])
    assert [one.name for one in claim(10, known(), worker="one")] == ["importexport.run"]


def test_staff_start_and_undo_an_import_after_a_question(
    table: DataTable, admin_client: Client
) -> None:
    job = import_of(GOOD)
    page = f"/admin/importexport/importjob/{job.pk}/"

    for verb, state, rows in (("start", "done", 2), ("undo", "undone", 0)):
        asked = admin_client.get(f"{page}{verb}/")
        assert b"Yes, " + verb.encode() in asked.content
        admin_client.post(f"{page}{verb}/", {"confirmed": "yes"})
        drain()
        job.refresh_from_db()
        assert (job.state, len(held(table))) == (state, rows), verb
