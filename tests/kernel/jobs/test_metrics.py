"""What is measured of jobs: by queue and outcome, never by tenant or id."""

import uuid
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY as METRICS

from kernel.errors import ConflictError
from kernel.jobs import selectors, services
from kernel.jobs.registry import job, known
from kernel.jobs.services import enqueue
from kernel.testing.jobs import drain
from tests.kernel.jobs.factories import MovableClock, claim, failing, recording

LABELS = {"queue": "tests"}


def value(name: str, **labels: str) -> float:
    return METRICS.get_sample_value(name, LABELS | labels) or 0.0


@pytest.mark.django_db(transaction=True)
def test_attempts_are_counted_by_how_they_ended() -> None:
    recording()
    failing(ConflictError("no"))

    def stumble(_target: str) -> None:
        raise ZeroDivisionError

    job("tests.stumble")(stumble)
    outcomes = ("done", "failed", "retried")
    before = {one: value("jobs_attempts_total", outcome=one) for one in outcomes}
    took = value("jobs_duration_seconds_count")

    for name in ("tests.record", "tests.record", "tests.fail", "tests.stumble"):
        enqueue(name, tenant_id=uuid.UUID(int=1))
    drain()

    found = {one: value("jobs_attempts_total", outcome=one) - before[one] for one in outcomes}
    assert found == {"done": 2, "failed": 1, "retried": 1}
    assert value("jobs_duration_seconds_count") - took == 4


@pytest.mark.django_db
def test_the_depth_of_a_queue_and_its_oldest_are_told(
    moved: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selectors, "MOST_COUNTED", 3)
    recording()
    enqueue("tests.record", run_at=moved.now + timedelta(hours=2))
    for _ in range(5):
        enqueue("tests.record")
    moved.by(minutes=3)

    selectors.tell_metrics(known())
    assert (value("jobs_queue_depth"), value("jobs_oldest_due_seconds")) == (3, 180)

    services.settle([services.Ended(one) for one in claim()])
    selectors.tell_metrics(known())
    assert (value("jobs_queue_depth"), value("jobs_oldest_due_seconds")) == (0, 0)


def test_no_label_is_a_tenant_or_an_id() -> None:
    labels = {
        name
        for metric in METRICS.collect()
        if metric.name.startswith("jobs_")
        for sample in metric.samples
        for name in sample.labels
    }

    assert labels <= {"queue", "outcome", "le"}
