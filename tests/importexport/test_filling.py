"""Imports of a release before: `migrate` asks for a job, which fills what they lack."""

import io
from datetime import timedelta

import pytest
from django.core.management import call_command

from apps.importexport.models import ImportJob
from apps.importexport.tasks import LISTS
from kernel import clock
from kernel.jobs import filling
from kernel.jobs.models import Job
from kernel.jobs.running import Running
from kernel.testing.jobs import drain
from tests.importexport.importing import HEADER, airports, import_of

pytestmark = [pytest.mark.usefixtures("tenant")]

NAME = "importexport.fill_lists"


def migrate() -> str:
    told = io.StringIO()
    call_command("migrate", stdout=told)
    return told.getvalue()


def lacking() -> int:
    return filling.FILLINGS[NAME].lacking().count()


def test_rows_of_before_are_filled_in_batches_and_who_was_stopped_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    airports("NL")
    made = [import_of(HEADER) for _ in range(7)]
    rows = ImportJob._base_manager.filter(pk__in=[job.pk for job in made[1:]])
    rows.update(**dict.fromkeys(LISTS))
    ImportJob._base_manager.filter(pk=made[-1].pk).update(mends=[3])
    monkeypatch.setattr(filling, "ROWS_AT_ONCE", 2)

    assert NAME in migrate()
    assert NAME in migrate()
    asked = Job.objects.get(name=NAME)

    def stopped(_self: Running, done: int, *_more: object) -> None:
        if done == 4:
            raise ConnectionError

    with monkeypatch.context() as once:
        once.setattr(Running, "progress", stopped)
        drain()
    left = lacking()
    later = clock.now() + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    drain()
    asked.refresh_from_db()

    assert (left, lacking()) == (2, 0)
    assert (asked.state, asked.attempts) == ("done", 2)
    # From the first row that lacked something to the last of the table, and no others again.
    assert (asked.progress_done, asked.progress_total) == (2, 2)
    found = [(job.mended_rows, job.mends, job.problems) for job in rows.order_by("pk")]
    assert found == [([], [], [])] * 5 + [([], [3], [])]
    assert NAME not in migrate()
