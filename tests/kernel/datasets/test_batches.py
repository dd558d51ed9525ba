"""Batches: what each mode does, refusals that leave nothing, once for a key, dry runs, undo."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from contracts.datasets import Done, Kept, Mode, Row, RowResult, Undone
from kernel import clock
from kernel.datasets.models import AppliedBatch
from kernel.datasets.services import apply_batch, read_batch, undo_batch
from kernel.datasets.upkeep import clear_batches
from kernel.datasets.writing import one_by_one, together
from kernel.errors import (
    ConflictError,
    ForbiddenError,
    InvalidInputError,
    LimitExceededError,
    NotFoundError,
    PayloadTooLargeError,
    UnavailableError,
)
from kernel.idempotency.models import KeyedRequest
from kernel.identity.models import Tenant
from kernel.tenancy.context import acting_as, current_tenant_id
from kernel.testing.datasets import somebody
from kernel.testing.rivals import rival
from kernel.testing.tenants import make_tenant
from tests.kernel.datasets.notes import NAME, NOTES, PERSONAL, READ, WRITE, stored

pytestmark = pytest.mark.usefixtures("notes")


def apply(
    rows: list[Any], *, batch: str = "b-1", mode: Mode = Mode.UPSERT, dry: bool = False
) -> list[RowResult]:
    return apply_batch(NAME, batch=batch, mode=mode, rows=rows, dry=dry)


def done(results: list[RowResult]) -> list[str]:
    return [f"{one.done} {one.code}".strip() for one in results]


def note(key: str, text: str = "hello") -> Row:
    return {"key": key, "text": text}


@pytest.mark.parametrize(
    ("mode", "outcomes", "after"),
    [
        (
            Mode.INSERT,
            ["refused CONFLICT", "refused CONFLICT", "inserted"],
            {"a": "1", "b": "2", "c": "3"},
        ),
        (
            Mode.UPDATE,
            ["unchanged", "updated", "refused NOT_FOUND"],
            {"a": "1", "b": "3"},
        ),
        (Mode.UPSERT, ["unchanged", "updated", "inserted"], {"a": "1", "b": "3", "c": "3"}),
        (Mode.REPLACE, ["unchanged", "updated", "inserted"], {"a": "1", "b": "3", "c": "3"}),
        (Mode.DELETE, ["deleted", "deleted", "unchanged"], {}),
    ],
)
def test_each_mode_does_what_it_says(
    mode: Mode, outcomes: list[str], after: dict[str, str]
) -> None:
    apply([note("a", "1"), note("b", "2")], batch="before")

    results = apply([note("a", "1"), note("b", "3"), note("c", "3")], mode=mode)

    assert done(results) == outcomes
    assert stored() == after


def test_a_row_that_is_refused_leaves_nothing_and_keeps_no_other() -> None:
    results = apply([note("a"), note("b", "bad"), note("c")])

    assert done(results) == ["inserted", "refused INVALID_INPUT", "inserted"]
    assert results[1].message == "nobody may write this"
    assert stored() == {"a": "hello", "c": "hello"}


@pytest.mark.parametrize(
    ("row", "code", "column"),
    [
        (["a"], "INVALID_INPUT", ""),
        ({"text": "x"}, "INVALID_INPUT", "key"),
        ({"key": "", "text": "x"}, "INVALID_INPUT", "key"),
        ({"key": "a"}, "INVALID_INPUT", "text"),
        ({"key": "a", "text": "x", "colour": "red"}, "INVALID_INPUT", "colour"),
        ({"key": "a", "text": 5}, "INVALID_INPUT", "text"),
        ({"key": "a", "text": "x\0"}, "INVALID_INPUT", "text"),
        ({"key": "a", "text": "\ud800"}, "INVALID_INPUT", "text"),
        ({"key": "a" * 51, "text": "x"}, "INVALID_INPUT", "key"),
        ({"key": "a", "text": "x", "starred": "yes"}, "INVALID_INPUT", "starred"),
        ({"key": "first", "text": "x"}, "CONFLICT", ""),
    ],
)
def test_a_row_that_means_nothing_is_refused_with_its_column(
    row: Any, code: str, column: str
) -> None:
    first, result = apply([note("first"), row])

    assert (first.done, result.done) == (Done.INSERTED, Done.REFUSED)
    assert (result.code, result.column) == (code, column)
    assert stored() == {"first": "hello"}


def test_null_empties_a_text_and_leaves_the_rest_as_what_the_owner_makes() -> None:
    apply([note("a") | {"author": "Ada", "starred": True}])

    [result] = apply(
        [{"key": "a", "author": None, "starred": None, "created_at": "never"}], batch="b-2"
    )

    kept = KeyedRequest.objects.get()
    assert result.done is Done.UPDATED
    assert (kept.principal, kept.outcome, kept.operation) == ("", {"starred": True}, "hello")


def test_a_batch_that_is_told_twice_is_done_once_with_the_same_results() -> None:
    rows = [note("a"), note("b", "bad")]
    first = apply(rows)
    KeyedRequest.objects.all().delete()

    again = apply(rows)

    assert again == first
    assert done(again) == ["inserted", "refused INVALID_INPUT"]
    assert stored() == {}


def test_a_key_stands_for_one_batch_of_one_tenant(tenant: Tenant) -> None:
    apply([note("a")])

    for rows, mode in (([note("b")], Mode.UPSERT), ([note("a")], Mode.INSERT)):
        with pytest.raises(ConflictError, match="had other rows"):
            apply(rows, mode=mode)
    other = make_tenant()
    with acting_as(somebody(other.pk)):
        assert done(apply([note("b")])) == ["inserted"]
        assert stored() == {"b": "hello"}
    assert stored() == {"a": "hello"}


def test_what_fails_otherwise_leaves_nothing_and_the_key_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise UnavailableError("away")

    with monkeypatch.context() as patch:
        patch.setattr("kernel.datasets.services.applied", fail)
        with pytest.raises(UnavailableError):
            apply([note("a")])
    assert AppliedBatch.objects.count() == 0

    assert done(apply([note("a")])) == ["inserted"]


def test_a_dry_run_tells_the_same_and_changes_nothing() -> None:
    apply([note("a", "1")], batch="before")
    rows = [note("a", "2"), note("b"), note("c", "bad")]

    told = apply(rows, dry=True)

    assert stored() == {"a": "1"}
    assert AppliedBatch.objects.count() == 1
    assert apply(rows) == told


def test_an_undo_lets_rows_read_as_before() -> None:
    apply([note("a", "1"), note("b", "2")], batch="before")
    apply([note("a", "3"), note("c")])
    apply([{"key": "b"}], batch="b-2", mode=Mode.DELETE)
    assert stored() == {"a": "3", "c": "hello"}

    undone = [undo_batch(NAME, batch=batch) for batch in ("b-2", "b-1")]

    assert undone == [Undone(undone=1), Undone(undone=2)]
    assert stored() == {"a": "1", "b": "2"}


def test_what_was_changed_since_is_kept_and_told_and_twice_changes_nothing() -> None:
    apply([note("a", "1"), note("b", "1"), note("c", "1")], batch="before")
    apply([note("a", "2"), note("b", "2"), note("c", "2")])
    apply([note("a", "3")], batch="later")
    KeyedRequest.objects.filter(key="b").delete()

    first = undo_batch(NAME, batch="b-1")
    apply([note("c", "2")], batch="last")

    assert undo_batch(NAME, batch="b-1") == first
    assert first.undone == 1
    # What was done last is looked at first.
    assert first.kept == (
        Kept(key={"key": "b"}, code="CONFLICT", message="it was changed since"),
        Kept(key={"key": "a"}, code="CONFLICT", message="it was changed since"),
    )
    assert stored() == {"a": "3", "c": "2"}


def test_what_the_owner_refuses_to_undo_is_kept_and_told() -> None:
    apply([note("a", "stays"), note("b")])

    undone = undo_batch(NAME, batch="b-1")

    assert undone == Undone(
        undone=1, kept=(Kept(key={"key": "a"}, code="CONFLICT", message="it stays"),)
    )
    assert stored() == {"a": "stays"}


def test_a_key_of_several_rows_tells_none_of_them() -> None:
    for author in ("Ada", "Bo"):
        KeyedRequest.objects.create(
            key="a", operation="hello", principal=author, request_sha256=b""
        )

    [result] = apply([note("a", "other")])

    assert (result.code, result.message) == (
        "CONFLICT",
        "2 rows have this key: it tells none of them",
    )


def test_who_does_not_see_a_field_can_send_it_back_and_not_write_it(tenant: Tenant) -> None:
    apply([note("a") | {"author": "Ada"}], batch="before")

    with acting_as(somebody(tenant.pk, WRITE)):
        masked, blind, same = apply(
            [
                note("a", "other") | {"author": "***"},
                note("b") | {"author": "Bo"},
                note("c") | {"author": ""},
            ]
        )

    assert masked.done is Done.UPDATED
    assert (blind.code, blind.column, same.code) == ("FORBIDDEN", "author", "FORBIDDEN")
    assert KeyedRequest.objects.get().principal == "Ada"
    with acting_as(somebody(tenant.pk, WRITE, PERSONAL)):
        assert done(apply([note("b") | {"author": "Bo"}], batch="b-2")) == ["inserted"]


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"name": f"{NAME}s"}, NotFoundError),
        ({"batch": ""}, InvalidInputError),
        ({"batch": "a/b"}, InvalidInputError),
        ({"batch": "a" * 201}, InvalidInputError),
        ({"rows": []}, LimitExceededError),
        ({"rows": [note(str(at)) for at in range(51)]}, LimitExceededError),
        ({"rows": [note("a", "x" * 8_000_000)]}, PayloadTooLargeError),
    ],
)
def test_what_is_too_much_or_unknown_is_refused(given: dict[str, Any], error: Any) -> None:
    usual: dict[str, Any] = {
        "name": NAME, "batch": "b-1", "mode": Mode.UPSERT, "rows": [note("a")],
    }  # fmt: skip
    asked = usual | given

    with pytest.raises(error):
        apply_batch(asked.pop("name"), **asked)

    assert (stored(), AppliedBatch.objects.count()) == ({}, 0)


def test_the_rows_of_a_batch_are_those_that_nobody_has_changed_since(tenant: Tenant) -> None:
    apply([note("a", "1"), note("b", "1"), note("same", "1")], batch="before")
    written = [note(key, "2") | {"author": "Ada"} for key in ("c", "a", "b", "gone")]
    apply([*written, note("same", "1"), note("d", "bad")])
    apply([note("b", "3")], batch="later")
    KeyedRequest.objects.filter(key="gone").delete()

    found = read_batch(NAME, batch="b-1")
    with acting_as(somebody(tenant.pk, READ)):
        masked = read_batch(NAME, batch="b-1")

    assert [(one["key"], one["text"], one["author"]) for one in found.rows] == [
        ("c", "2", "Ada"),
        ("a", "2", "Ada"),
    ]
    assert list(found.rows[0]) == [one.name for one in NOTES.fields]
    assert (found.changed, masked.changed) == (4, 4)
    assert [one["author"] for one in masked.rows] == ["***", "***"]
    undo_batch(NAME, batch="b-1")
    assert read_batch(NAME, batch="b-1").rows == []


def test_rows_of_a_batch_are_read_by_who_may_read_them(tenant: Tenant) -> None:
    apply([note("a")])

    with acting_as(somebody(tenant.pk, WRITE)), pytest.raises(ForbiddenError, match=READ):
        read_batch(NAME, batch="b-1")
    with acting_as(somebody(make_tenant().pk)), pytest.raises(NotFoundError):
        read_batch(NAME, batch="b-1")
    with pytest.raises(NotFoundError):
        read_batch(NAME, batch="b-2")


def test_without_the_scope_nothing_is_applied_or_undone(tenant: Tenant) -> None:
    apply([note("a")])

    with acting_as(somebody(tenant.pk, "notes:read")):
        with pytest.raises(ForbiddenError, match=WRITE):
            apply([note("b")], batch="b-2")
        with pytest.raises(ForbiddenError, match=WRITE):
            undo_batch(NAME, batch="b-1")

    assert stored() == {"a": "hello"}


def test_a_batch_of_another_tenant_is_not_undone() -> None:
    apply([note("a")])

    with acting_as(somebody(make_tenant().pk)), pytest.raises(NotFoundError):
        undo_batch(NAME, batch="b-1")

    assert stored() == {"a": "hello"}


def test_batches_are_known_as_long_as_they_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    began = clock.now()
    apply([note("a")])

    for days, left in ((-1, 1), (1, 0)):
        later = began + settings.DATASET_BATCHES_KEPT + timedelta(days=days)
        monkeypatch.setattr(clock, "now", lambda later=later: later)
        clear_batches("")
        assert AppliedBatch.objects.count() == left
    with pytest.raises(NotFoundError, match="or not any more"):
        undo_batch(NAME, batch="b-1")


def test_many_are_written_together_and_halved_where_some_are_refused() -> None:
    tried: list[int] = []

    def all_of(numbers: Any) -> None:
        tried.append(len(numbers))
        if 3 in numbers:
            raise InvalidInputError("3")

    refusals = together(all_of)(list(range(8)))

    assert [str(one) if one else "" for one in refusals] == ["", "", "", "3", "", "", "", ""]
    assert tried == [8, 4, 2, 2, 1, 1, 4]


def test_what_may_go_well_the_next_time_is_no_refusal() -> None:
    def away(_given: Any) -> None:
        raise UnavailableError("away")

    with pytest.raises(UnavailableError):
        one_by_one(away)([1, 2])
    with pytest.raises(UnavailableError):
        together(away)([1, 2])


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_what_a_batch_finds_is_held_so_its_undo_brings_back_what_was_there() -> None:
    apply([note("a", "1")], batch="before")

    with transaction.atomic():
        apply([note("a", "2")])
        other = rival(lambda: _as_somebody([note("a", "3")], batch="b-2"))

    assert done(other.result(timeout=10)) == ["updated"]
    assert undo_batch(NAME, batch="b-2").undone == 1
    assert stored() == {"a": "2"}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_at_once_under_one_key_do_it_once() -> None:
    assert connection.vendor == "postgresql"
    rows = [note("a")]

    with transaction.atomic():
        first = apply(rows)
        other = rival(lambda: _as_somebody(rows))

    assert other.result(timeout=10) == first
    assert KeyedRequest.objects.count() == 1


def _as_somebody(rows: list[Any], batch: str = "b-1") -> list[RowResult]:
    with acting_as(somebody(current_tenant_id())):
        return apply(rows, batch=batch)


def test_a_row_costs_what_its_writer_costs_and_a_savepoint() -> None:
    counts = []
    for size in (1, 11):
        rows = [note(f"{size}-{at}") for at in range(size)]
        with CaptureQueriesContext(connection) as queries:
            apply(rows, batch=f"of-{size}")
        counts.append(len(queries))

    # A savepoint, a look, an insert, and its release for each.
    assert (counts[1] - counts[0]) / 10 == 4
