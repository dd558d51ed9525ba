"""However many come at once, and by whatever way they go in: the same becomes of each of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.audit.domain.entries import Actor, Change, Context, Entry, Target
from apps.audit.domain.merkle import leaf_hash
from apps.audit.models import AuditLog, AuditLogTarget, KnownKey, Unsealed
from apps.audit.services import storing
from apps.audit.services.recording import record, record_all
from kernel.tenancy.context import in_tenant
from kernel.testing.tenants import make_tenant
from tests.audit.factories import MOMENT, an_entry

pytestmark = pytest.mark.usefixtures("tenant")

#: What a text format, JSON or SQL may take for something else.
TEXTS = st.text(st.sampled_from("aZ0 \t\n\r\\\"'%{}\\N,äß\u2028\U0001f600\x01\x7f"), max_size=8)
NUMBERS = st.sampled_from([0, -1, 2**53 - 1, 10**22, 1e22, 0.1, -0.0, 1e-7, 12.50, True, None])
JSON = st.recursive(
    TEXTS | NUMBERS,
    lambda of: st.lists(of, max_size=3) | st.dictionaries(TEXTS, of, max_size=3),
    max_leaves=6,
)
NAMED = TEXTS.map(lambda text: f"x{text}")
MOMENTS = st.sampled_from(
    [
        MOMENT,
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2024, 5, 1, 12, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        datetime(2024, 5, 1, 12, microsecond=100, tzinfo=UTC),
        # Two moments that are equal to Python: clocks are set back between them.
        datetime(2024, 10, 27, 2, 30, tzinfo=ZoneInfo("Europe/Rome")),
        datetime(2024, 10, 27, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Rome")),
    ]
)
ENTRIES = st.builds(
    Entry,
    action=st.sampled_from(["a", "b", " ", "x" * 201]) | NAMED,
    occurred_at=MOMENTS,
    actor=st.builds(Actor, type=st.just("user"), id=NAMED, name=TEXTS),
    targets=st.lists(
        st.builds(Target, type=st.sampled_from(["t", "u"]), id=st.sampled_from("12"), name=TEXTS),
        max_size=4,
    ).map(tuple),
    context=st.builds(Context, ip_address=TEXTS, user_agent=TEXTS),
    changes=st.lists(st.builds(Change, field=NAMED, before=JSON, after=JSON), max_size=2).map(
        tuple
    ),
    metadata=st.dictionaries(TEXTS, JSON, max_size=3),
    idempotency_key=st.sampled_from([None, "k", "l", "m", "\\N", "known"]),
)


def expected(entries: Sequence[Entry], known: dict[str, Entry]) -> list[str]:
    """Say what becomes of each entry, one after the other."""
    used, became = dict(known), []
    for entry in entries:
        key = entry.idempotency_key
        if not entry.action.strip() or len(entry.action) > 200:
            became.append("INVALID_INPUT")
        elif key is None or key not in used:
            became.append("new")
        else:
            became.append("known" if used[key].sha256() == entry.sha256() else "CONFLICT")
        if key is not None and became[-1] == "new":
            used[key] = entry
    return became


def found(outcome: Any) -> str:
    if outcome.error:
        return str(outcome.error.code)
    return "new" if outcome.new else "known"


@pytest.mark.parametrize("copied_from", [1, 10**6])
@given(entries=st.lists(ENTRIES, max_size=12), repeated=st.integers(0, 3))
@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_batch_becomes_what_its_entries_one_after_the_other_would(
    copied_from: int, entries: list[Entry], repeated: int
) -> None:
    storing.COPIED_FROM = copied_from
    batch = entries + entries[:repeated]
    before = an_entry(action="a", idempotency_key="known")
    with in_tenant(make_tenant().pk):
        record(before)

        outcomes = record_all(batch)

        assert list(map(found, outcomes)) == expected(batch, {"known": before})
        new = {outcome.log.pk: outcome.log for outcome in outcomes if outcome.log and outcome.new}
        assert AuditLog.objects.count() == len(new) + 1
        assert_stored(new)
        again = record_all(batch)
        keyed = [one.idempotency_key is not None for one in batch]
        assert not any(one.new and has_key for one, has_key in zip(again, keyed, strict=True))


def assert_stored(logs: dict[Any, AuditLog]) -> None:
    """Everything of these logs is in the database as it was told, and nothing else is there."""
    stored = AuditLog.objects.in_bulk(list(logs))
    targets: dict[Any, set[tuple[str, str]]] = {}
    for one in AuditLogTarget.objects.filter(log__in=logs):
        targets.setdefault(one.log_id, set()).add((one.type, one.target_id))
    waiting = dict(Unsealed.objects.filter(pk__in=logs).values_list("pk", "leaf_hash"))
    keys = dict(KnownKey.objects.filter(log_id__in=logs).values_list("log_id", "key"))
    for pk, told in logs.items():
        log = stored[pk]
        for field in AuditLog._meta.concrete_fields:
            name = field.attname
            if name != "record":
                assert as_utc(getattr(log, name)) == as_utc(getattr(told, name)), name
        assert bytes(log.record) == log.told() == told.told()
        assert bytes(waiting[pk]) == leaf_hash(bytes(log.record))
        assert targets.get(pk, set()) == {(one["type"], one["id"]) for one in log.targets}
        assert keys.get(pk) == log.idempotency_key


def as_utc(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


@pytest.fixture(autouse=True)
def _copies_as_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "COPIED_FROM", storing.COPIED_FROM)


def test_a_large_batch_takes_as_many_statements_as_a_small_one(
    django_assert_max_num_queries: Any,
) -> None:
    entries = [an_entry(idempotency_key=f"k-{number}") for number in range(200)]

    with django_assert_max_num_queries(16):
        outcomes = record_all(entries)

    assert sum(outcome.new for outcome in outcomes) == 200


def test_what_is_copied_belongs_to_its_tenant_alone() -> None:
    entries = [an_entry(idempotency_key=f"k-{number}") for number in range(50)]
    record_all(entries)

    with in_tenant(make_tenant().pk):
        outcomes = record_all([replace(entry, action="other") for entry in entries])
        assert all(outcome.new for outcome in outcomes)
        assert AuditLog.objects.count() == KnownKey.objects.count() == 50

    assert not any(outcome.new for outcome in record_all(entries))


def test_a_batch_that_is_broken_off_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = [an_entry(idempotency_key=f"k-{number}") for number in range(50)]
    monkeypatch.setattr(storing, "leaf_hash", broken)

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record_all(entries)

    assert AuditLog.objects.count() == KnownKey.objects.count() == 0
    assert AuditLogTarget.objects.count() == Unsealed.objects.count() == 0
    monkeypatch.undo()
    assert all(outcome.new for outcome in record_all(entries))


def broken(_record: bytes) -> bytes:
    return bytes(1 // 0)


@pytest.mark.postgres
def test_a_session_copies_batch_after_batch(tenant: Any) -> None:
    for turn in range(3):
        outcomes = record_all([an_entry(idempotency_key=f"{turn}-{n}") for n in range(30)])
        assert all(outcome.new for outcome in outcomes)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class"
            " WHERE relname LIKE 'staged%%' AND relnamespace = pg_my_temp_schema()"
        )
        assert cursor.fetchone() == (1,)
    assert AuditLog.objects.count() == 90
