"""What is measured of jobs: by queue and outcome, never by tenant or id."""

import uuid
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY as METRICS

from kernel.errors import ConflictError
from kernel.jobs import selectors, services
from kernel.jobs.figures import JobFigures
from kernel.jobs.registry import job
from kernel.jobs.services import enqueue
from kernel.observability.context import request_ids
from kernel.testing.jobs import drain
from tests.kernel.jobs.factories import MovableClock, claim, failing, recording
from tests.kernel.observability.test_tracing import KEPT, LEFT, TRACE

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

    assert told() == {"depth": 3, "oldest": 180, "queued": 4, "running": 0, "failed": 0}

    taken = claim()
    assert told() == {"depth": 0, "oldest": 0, "queued": 1, "running": 3, "failed": 0}
    services.settle([services.Ended(one, error=ConflictError("no")) for one in taken[:2]])
    services.settle([services.Ended(one) for one in taken[2:]])
    assert told() == {"depth": 0, "oldest": 0, "queued": 1, "running": 0, "failed": 2}


@pytest.mark.django_db(transaction=True)
def test_how_long_a_job_has_waited_is_told(moved: MovableClock) -> None:
    recording()
    enqueue("tests.record")
    before = value("jobs_wait_seconds_sum")
    moved.by(seconds=40)

    (taken,) = claim()
    moved.by(seconds=2)
    services.settle([services.Ended(taken, seconds=2)])

    assert value("jobs_wait_seconds_sum") - before == pytest.approx(40, abs=0.1)


@pytest.mark.django_db(transaction=True)
def test_what_a_job_took_and_had_waited_leads_to_its_trace_if_that_is_kept() -> None:
    recording()

    for traceparent in (KEPT, LEFT.replace(TRACE, "b" * 32)):
        with request_ids("", traceparent):
            enqueue("tests.record")
        drain()

    assert traces("jobs_duration_seconds") == traces("jobs_wait_seconds") == {TRACE}


def traces(name: str) -> set[str]:
    """Return where the buckets of a histogram lead."""
    return {
        sample.exemplar.labels["trace_id"]
        for family in METRICS.collect()
        if family.name == name
        for sample in family.samples
        if sample.labels["queue"] == "tests" and sample.exemplar is not None
    }


def told() -> dict[str, float]:
    """Return what a scrape would tell now of the queue."""
    found = {
        (sample.name, sample.labels.get("state", "")): sample.value
        for family in JobFigures().collect()
        for sample in family.samples
        if sample.labels["queue"] == "tests"
    }
    states = {state: found["jobs_in_state", state] for state in ("queued", "running", "failed")}
    depth, oldest = found["jobs_queue_depth", ""], found["jobs_oldest_due_seconds", ""]
    return {"depth": depth, "oldest": oldest, **states}


def test_no_label_is_a_tenant_or_an_id() -> None:
    labels = {
        name
        for metric in METRICS.collect()
        if metric.name.startswith("jobs_")
        for sample in metric.samples
        for name in sample.labels
    }

    assert labels <= {"queue", "outcome", "state", "le"}
