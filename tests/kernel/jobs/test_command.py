"""`manage.py jobs` and what `manage.py worker` refuses."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from kernel.errors import ConflictError
from kernel.jobs.models import Job
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

    none = dict.fromkeys(["queued", "running", "done", "failed", "cancelled"], 0)
    none["paused"] = False
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


def run(*arguments: str) -> dict[str, Any]:
    """Run the command for machines and return what it told."""
    out = StringIO()
    call_command("jobs", *arguments, "--json", stdout=out)
    told: dict[str, Any] = json.loads(out.getvalue())
    return told


@pytest.mark.usefixtures("_jobs_of_two_queues")
def test_failed_jobs_are_counted_and_queued_again() -> None:
    assert run("retry", "--queue", "tests", "--dry-run") == {
        "verb": "retry",
        "dry_run": True,
        "jobs": 1,
    }
    assert Job.objects.filter(state="failed").count() == 1

    assert run("retry", "--queue", "audit")["jobs"] == 0
    assert run("retry", "--name", "tests.fail")["jobs"] == 1

    assert Job.objects.filter(state="failed").count() == 0


@pytest.mark.usefixtures("_jobs_of_two_queues")
def test_jobs_are_counted_and_cancelled() -> None:
    assert run("cancel", "--all", "--dry-run")["jobs"] == 4
    assert not Job.objects.filter(state="cancelled").exists()

    told = run("cancel", "--queue", "audit")

    assert told == {"verb": "cancel", "dry_run": False, "jobs": 3, "asked": 1}
    assert Job.objects.filter(state="cancelled").count() == 2
    assert Job.objects.get(state="running").cancel_asked_at is not None


@pytest.mark.usefixtures("_jobs_of_two_queues")
def test_a_queue_is_paused_and_resumed() -> None:
    assert run("pause", "--queue", "audit", "--dry-run")["changed"] is True
    assert claim(1, worker="before") != []

    assert run("pause", "--queue", "audit")["changed"] is True
    assert run("pause", "--queue", "audit")["changed"] is False
    assert claim() == []
    assert [json.loads(line)["paused"] for line in shown()] == [True, False]

    assert run("resume", "--queue", "audit")["changed"] is True
    assert [json.loads(line)["paused"] for line in shown()] == [False, False]


def shown() -> list[str]:
    out = StringIO()
    call_command("jobs", "--json", stdout=out)
    return out.getvalue().splitlines()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["retry"], "say which jobs by --id"),
        (["cancel", "--all", "--queue", "audit"], "say which jobs by --id"),
        (["pause"], "pause takes a --queue and nothing else"),
        (["resume", "--queue", "audit", "--name", "a.b"], "resume takes a --queue"),
        (["pause", "--queue", "nothing"], "no queue nothing here; there are audit, tests"),
    ],
)
@pytest.mark.usefixtures("_jobs_of_two_queues")
def test_what_could_be_meant_for_all_is_refused(arguments: list[str], message: str) -> None:
    before = list(Job.objects.order_by("pk").values())

    with pytest.raises(CommandError, match=message) as refused:
        call_command("jobs", *arguments)

    assert refused.value.returncode == 2
    assert list(Job.objects.order_by("pk").values()) == before
