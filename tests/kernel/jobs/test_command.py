"""`manage.py jobs` and what `manage.py worker` refuses."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from kernel.errors import ConflictError
from kernel.jobs.services import enqueue
from kernel.testing.jobs import drain
from tests.kernel.jobs.factories import MovableClock, claim, failing, recording

pytestmark = pytest.mark.django_db


@pytest.fixture
def _jobs_of_two_queues(moved: MovableClock) -> None:
    recording("audit.archive")
    failing(ConflictError("no"))
    enqueue("tests.fail")
    enqueue("audit.archive")
    drain()
    enqueue("audit.archive", run_at=moved.by(seconds=-90))
    moved.by(seconds=90)
    enqueue("audit.archive")
    claim(1)
    enqueue("audit.archive", run_at=moved.by(seconds=-45))
    moved.by(seconds=45)
    later = moved.by(hours=1)
    moved.by(hours=-1)
    enqueue("tests.fail", run_at=later)


@pytest.mark.usefixtures("_jobs_of_two_queues")
def test_the_queues_are_told_to_machines() -> None:
    out = StringIO()

    call_command("jobs", json=True, stdout=out)

    none = {"queued": 0, "running": 0, "done": 0, "failed": 0, "cancelled": 0}
    assert [json.loads(line) for line in out.getvalue().splitlines()] == [
        none | {"queue": "audit", "queued": 2, "running": 1, "done": 1, "waiting_seconds": 45.0},
        none | {"queue": "tests", "queued": 1, "failed": 1, "waiting_seconds": 0.0},
    ]


@pytest.mark.usefixtures("_jobs_of_two_queues")
def test_the_queues_are_told_to_people() -> None:
    out = StringIO()

    call_command("jobs", stdout=out)

    assert [line.split() for line in out.getvalue().splitlines()] == [
        ["queue", "queued", "running", "done", "failed", "cancelled", "waits"],
        ["audit", "2", "1", "1", "0", "0", "45", "s"],
        ["tests", "1", "0", "0", "1", "0", "0", "s"],
    ]


def test_a_worker_for_a_queue_that_is_not_here_says_which_are() -> None:
    recording("audit.archive")
    recording("files.scan")

    with pytest.raises(
        CommandError, match="no jobs of fils here; there are audit, files"
    ) as caught:
        call_command("worker", queue=["files", "fils"])

    assert caught.value.returncode == 2
