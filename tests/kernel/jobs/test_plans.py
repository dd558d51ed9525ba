"""A claim reads on in an index, however many jobs wait: the plans of both databases say so."""

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from kernel.jobs import claiming, selectors, turns
from kernel.jobs.models import Job, JobState, WaitsFor
from tests.kernel.jobs.factories import recording

pytestmark = pytest.mark.django_db

BACKLOG = 20_000


@pytest.fixture
def backlog() -> Iterator[None]:
    """Jobs of many tenants, of whom one has most, in all places, known to the planner."""
    recording()
    tenants = [uuid.UUID(int=number + 1) for number in range(50)]
    waits = [WaitsFor.NOTHING] * 8 + [WaitsFor.TIME, WaitsFor.LIMIT]
    Job.objects.bulk_create(
        (
            Job(
                name="tests.record",
                queue="tests",
                tenant_id=tenants[number % 50 if number % 2 else 0],
                priority=number % 3,
                turn=number // 50,
                waits_for=waits[number % 10],
            )
            for number in range(BACKLOG)
        ),
        batch_size=1_000,
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_job")
    yield
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM sqlite_stat1")


def plan(sql: str, params: Any) -> str:
    """Return how the database would find it."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params)
            return " ".join(str(row[3]) for row in cursor.fetchall())
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        found = cursor.fetchone()[0]
        return found if isinstance(found, str) else json.dumps(found)


def sorts(found: str) -> bool:
    return "TEMP B-TREE" in found or '"Sort"' in found


@pytest.mark.usefixtures("backlog")
def test_the_next_jobs_of_a_queue_are_read_in_their_order_out_of_an_index() -> None:
    found = plan(*claiming.next_of("tests", ["tests.record"])[:2].query.sql_with_params())

    assert "jobs_ready" in found
    assert not sorts(found)


@pytest.mark.usefixtures("backlog")
def test_what_a_job_waits_for_is_found_by_indexes() -> None:
    queued = Job.objects.filter(state=JobState.QUEUED)
    timed = queued.filter(waits_for=WaitsFor.TIME).order_by("run_at", "id")[:100]
    aside = queued.filter(waits_for=WaitsFor.LIMIT, name="tests.record")
    limited = aside.order_by("-priority", "turn", "id")[:5]

    for rows, index in ((timed, "jobs_timed"), (limited, "jobs_limited")):
        found = plan(*rows.query.sql_with_params())
        assert index in found
        assert not sorts(found)


@pytest.mark.usefixtures("backlog")
def test_a_turn_is_given_by_two_looks_into_indexes() -> None:
    tenant = turns._TENANT.get_db_prep_value(uuid.UUID(int=1), connection)

    found = plan(turns._PLACES, ["tests", 1, tenant, "tests", 1])

    assert "jobs_turns" in found
    assert not sorts(found)


@pytest.mark.usefixtures("backlog")
def test_the_oldest_of_a_queue_is_found_by_an_index() -> None:
    assert selectors.ready_in("tests")[0] == selectors.MOST_COUNTED
    oldest = Job.objects.filter(state=JobState.QUEUED, waits_for="", queue="tests")

    found = plan(*oldest.order_by("run_at").values("run_at")[:1].query.sql_with_params())

    assert "jobs_oldest" in found
    assert not sorts(found)
