"""What runs by itself, and what the kernel tidies up that way."""

import os
import re
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import UUID

import pytest

from kernel.jobs import services, upkeep
from kernel.jobs.models import Job, JobState
from kernel.jobs.registry import job, known, periodic
from kernel.storage.local import LocalStorage
from kernel.storage.port import new_key
from kernel.testing.jobs import drain
from tests.kernel.jobs.factories import MovableClock, recording

pytestmark = pytest.mark.django_db


def test_a_period_has_one_job_over_all_processes(moved: MovableClock) -> None:
    ran: list[str] = []
    periodic("tests.tidy", every=timedelta(hours=1))(ran.append)

    for _ in range(3):
        services.enqueue_due_periodics(known())
    drain()
    assert len(ran) == 1

    moved.by(minutes=59, seconds=59)
    services.enqueue_due_periodics(known())
    drain()
    assert len(ran) == 1

    moved.by(seconds=1)
    services.enqueue_due_periodics(known())
    drain()
    assert len(ran) == 2


def test_processes_that_look_at_the_same_time_store_one(
    monkeypatch: pytest.MonkeyPatch, moved: MovableClock
) -> None:
    periodic("tests.tidy", every=timedelta(hours=1))(lambda _target: None)
    enqueue = services.enqueue

    def overtaken(name: str, *, key: str) -> UUID | None:
        enqueue(name, key=key)
        return enqueue(name, key=key)

    monkeypatch.setattr(services, "enqueue", overtaken)
    services.enqueue_due_periodics(known())

    assert Job.objects.count() == 1


def test_a_clock_set_back_repeats_no_period(moved: MovableClock) -> None:
    periodic("tests.tidy", every=timedelta(hours=1))(lambda _target: None)
    services.enqueue_due_periodics(known())
    moved.by(hours=1)
    services.enqueue_due_periodics(known())

    moved.by(hours=-1)
    services.enqueue_due_periodics(known())

    assert Job.objects.count() == 2


def test_periods_that_nobody_was_there_for_are_left_out(moved: MovableClock) -> None:
    periodic("tests.tidy", every=timedelta(hours=1))(lambda _target: None)
    services.enqueue_due_periodics(known())

    moved.by(days=3)
    services.enqueue_due_periodics(known())

    assert Job.objects.count() == 2


def test_all_that_is_periodic_is_looked_up_by_one_query(
    moved: MovableClock, django_assert_num_queries: object
) -> None:
    for number in "abcdefgh":
        periodic(f"tests.tidy_{number}", every=timedelta(hours=1))(lambda _target: None)
    services.enqueue_due_periodics(known())

    with django_assert_num_queries(1):  # type: ignore[operator]
        services.enqueue_due_periodics(known())


@pytest.mark.parametrize("every", [timedelta(milliseconds=999), timedelta(days=7, seconds=1)])
def test_a_period_that_cannot_be_kept_is_refused(every: timedelta) -> None:
    with pytest.raises(ValueError, match="a period is 1 s to 7 days"):
        periodic("tests.tidy", every=every)(lambda _target: None)

    assert known() == []


@pytest.mark.parametrize("name", ["tidy", "Tests.tidy", "tests.tidy.up", "tests.", "tests.t\n"])
def test_a_name_without_its_app_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=re.escape("<app>.<verb>")):
        job(name)(lambda _target: None)

    assert known() == []


def test_a_name_belongs_to_one_function() -> None:
    ran = recording()

    with pytest.raises(ValueError, match=r"two jobs are called tests\.record"):
        job("tests.record")(lambda _target: None)

    assert [found.function for found in known()] == [ran.append]


@pytest.mark.parametrize(
    ("state", "kept"),
    [(JobState.DONE, 7), (JobState.CANCELLED, 7), (JobState.FAILED, 30)],
)
def test_ended_jobs_are_deleted_after_their_time(
    moved: MovableClock, monkeypatch: pytest.MonkeyPatch, state: JobState, kept: int
) -> None:
    monkeypatch.setattr(upkeep, "DELETED_AT_ONCE", 2)
    young = Job.objects.create(name="a.b", state=state, finished_at=moved.now)
    for _ in range(5):
        Job.objects.create(name="a.b", state=state, finished_at=moved.now - timedelta(seconds=1))
    waiting = Job.objects.create(name="a.b")

    moved.by(days=kept)
    upkeep.clear_jobs("")

    assert set(Job.objects.all()) == {young, waiting}


def test_drafts_of_saves_that_were_cut_off_are_discarded(
    moved: MovableClock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    store = LocalStorage(tmp_path)
    monkeypatch.setattr(upkeep, "storage", lambda: store)
    key = new_key("files")
    store.save(key, BytesIO(b"kept"))
    for name, hours in (("old", 25), ("new", 23)):
        changed = (moved.now - timedelta(hours=hours)).timestamp()
        (tmp_path / "drafts" / name).touch()
        os.utime(tmp_path / "drafts" / name, (changed, changed))

    upkeep.clear_drafts("")

    assert [draft.name for draft in (tmp_path / "drafts").iterdir()] == ["new"]
    assert b"".join(store.read(key)) == b"kept"
