"""Many rows by one statement."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from kernel import rowsets
from kernel.ids import new_id
from kernel.jobs.models import Job
from kernel.rowsets import insert_missing_rows, insert_rows, update_rows

pytestmark = pytest.mark.django_db

AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
ALIKE = Job(name="tests.record", queue="tests", tenant_id=UUID(int=7))


def jobs(*columns: str) -> list[tuple[Any, ...]]:
    return list(Job.objects.order_by("target").values_list("target", *columns))


def test_rows_differ_in_some_columns_and_are_alike_in_the_others() -> None:
    rows = [(new_id(), name, AT + timedelta(hours=n), n) for n, name in enumerate("abc")]

    with CaptureQueriesContext(connection) as queries:
        insert_rows(ALIKE, ("id", "target", "run_at", "turn"), rows)

    assert len(queries) == 1
    assert jobs("id", "run_at", "turn") == [(name, id_, at, turn) for id_, name, at, turn in rows]
    assert set(Job.objects.values_list("tenant_id", "queue", "state", "lease_until")) == {
        (UUID(int=7), "tests", "queued", None)
    }


def test_very_many_rows_are_stored_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rowsets, "MOST_AT_ONCE", 2)
    rows = [(new_id(), name, f"key {name}") for name in "abcde"]

    with CaptureQueriesContext(connection) as queries:
        made = insert_missing_rows(ALIKE, ("id", "target", "key"), rows)

    assert len(queries) == 3
    assert made == [True] * 5
    assert [name for (name,) in jobs()] == list("abcde")


def test_rows_that_are_there_stay_and_are_told_of() -> None:
    Job(name="tests.record", queue="tests", target="b", key="key b", turn=7).save()
    rows = [(new_id(), name, f"key {name}") for name in "abc"]

    made = insert_missing_rows(ALIKE, ("id", "target", "key"), rows)

    assert made == [True, False, True]
    assert jobs("turn") == [("a", 0), ("b", 7), ("c", 0)]


def test_a_row_that_is_there_refuses_all_where_none_may_be() -> None:
    id_ = new_id()
    insert_rows(ALIKE, ("id", "target"), [(id_, "a")])

    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(ALIKE, ("id", "target"), [(new_id(), "b"), (id_, "c")])

    assert jobs() == [("a",)]


def test_rows_are_changed_each_in_its_own_way() -> None:
    ids = [new_id() for _ in range(3)]
    insert_rows(ALIKE, ("id", "target"), list(zip(ids, "abc", strict=True)))

    with CaptureQueriesContext(connection) as queries:
        update_rows(Job, ("id", "lease_until", "turn"), [(ids[0], None, 1), (ids[1], AT, 2)])

    assert len(queries) == 1
    assert jobs("lease_until", "turn") == [("a", None, 1), ("b", AT, 2), ("c", None, 0)]


def test_nothing_takes_no_statement() -> None:
    with CaptureQueriesContext(connection) as queries:
        insert_rows(ALIKE, ("id", "target"), [])
        update_rows(Job, ("id", "turn"), [])

    assert len(queries) == 0
    assert insert_missing_rows(ALIKE, ("id", "target"), []) == []


@pytest.mark.postgres
def test_a_text_that_is_too_long_is_refused_and_not_cut() -> None:
    with pytest.raises(DataError), transaction.atomic():
        insert_rows(ALIKE, ("id", "target"), [(new_id(), "a" * 256)])
