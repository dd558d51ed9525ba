"""Usage: each answer is counted once, by no request's leave, whatever dies on the way."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from django.db import DataError, OperationalError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from apps.config.domain import tallies as memory
from apps.config.domain.compiling import compile_set
from apps.config.domain.tallies import SINGLE, Exposure, Tallies
from apps.config.models import EnvironmentKey, FlagState, FlagUsage, KeyKind, UsageWriter
from apps.config.services import counting, usage
from apps.config.services.flags import delete_flag, update_flag
from apps.config.services.snapshots import snapshots
from apps.config.services.usage import Batch, Writer
from kernel import clock
from kernel.tenancy.context import current_tenant_id, in_tenant
from kernel.testing.tenants import make_tenant
from tests.config.definitions import boolean, live, put
from tests.config.wire import bearer, evaluate, evaluate_all, key_of

pytestmark = pytest.mark.usefixtures("tenant")

TARGETED = boolean(targeting={"if": [{"==": [{"var": "plan"}, "pro"]}, "on"]})
METRICS = "/config/api/unleash/client/metrics"


@pytest.fixture(autouse=True)
def writer() -> Iterator[Writer]:
    """A process that has counted nothing yet."""
    counting.tallies.take()
    yield Writer(counting.tallies)
    counting.tallies.take()


@pytest.fixture
def go(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the clock go on."""
    now = [datetime.fromisoformat("2026-03-01T10:59:00Z")]
    monkeypatch.setattr(clock, "now", lambda: now[0])

    def later(**by: float) -> datetime:
        now[0] += timedelta(**by)
        return now[0]

    return later


def counted() -> list[tuple[Any, ...]]:
    """Return what is written down, by flag and variant."""
    return sorted(
        FlagUsage.objects.values_list(
            "state__flag__key", "variant", "reason", "error_code", "way", "evaluations"
        )
    )


def state_of(key: str) -> FlagState:
    return FlagState.objects.get(flag__key=key)


def report(key: str, toggles: Any) -> int:
    sent = {"appName": "shop", "bucket": {"start": "x", "stop": "x", "toggles": toggles}}
    return Client().post(METRICS, sent, "application/json", headers=bearer(key)).status_code


def test_every_answer_is_counted_by_variant_reason_and_way(writer: Writer) -> None:
    live("targeted", TARGETED)
    live("plain", boolean("on"))
    live("broken", boolean(targeting={"cat": ["neither"]}))
    key = key_of()
    for _ in range(3):
        evaluate(key, "targeted", {"plan": "pro"})
    evaluate(key, "targeted", {"plan": "free"})
    evaluate(key, "broken")
    evaluate(key, "missing")
    evaluate_all(key, {"plan": "free"})

    writer.write()

    assert counted() == [
        ("broken", "", "ERROR", "GENERAL", "bulk", 1),
        ("broken", "", "ERROR", "GENERAL", "single", 1),
        ("plain", "on", "STATIC", "", "bulk", 1),
        ("targeted", "off", "DEFAULT", "", "bulk", 1),
        ("targeted", "off", "DEFAULT", "", "single", 1),
        ("targeted", "on", "TARGETING_MATCH", "", "single", 3),
    ]


def test_an_evaluation_asks_the_database_nothing_for_being_counted(
    writer: Writer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    live("dark-mode")
    snapshot = snapshots.get(current_tenant_id())

    with django_assert_num_queries(0):
        for _ in range(2):
            answer = snapshot.flags.evaluate("dark-mode")
            counting.note(snapshot, {"targetingKey": "ann"}, [answer], SINGLE)

    writer.write()
    assert counted() == [("dark-mode", "off", "STATIC", "", "single", 2)]


def test_writing_many_answers_takes_as_many_queries_as_writing_few(
    writer: Writer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(2):
        live(f"flag-{number}")
    key = key_of()
    evaluate_all(key)
    writer.write()
    evaluate_all(key)
    with CaptureQueriesContext(connection) as few:
        writer.write()
    asked = len(few)
    for number in range(9):
        live(f"other-{number}")
    evaluate_all(key)

    # That they were asked for is new.
    with django_assert_num_queries(asked + 1):
        writer.write()

    assert len(counted()) == 11


def test_hours_are_rows_of_their_own_and_processes_add_to_the_same(writer: Writer, go: Any) -> None:
    live("dark-mode")
    key = key_of()
    for process in (writer, Writer(counting.tallies), writer):
        evaluate(key, "dark-mode")
        process.write()
    go(minutes=2)
    evaluate(key, "dark-mode")
    writer.write()

    rows = FlagUsage.objects.order_by("starts_at").values_list("starts_at__hour", "evaluations")
    assert list(rows) == [(10, 3), (11, 1)]


def test_a_batch_whose_commit_nobody_heard_of_counts_once(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    live("dark-mode")
    evaluate(key_of(), "dark-mode")
    write = usage.write_down

    def deaf(batch: Batch) -> None:
        write(batch)
        raise OperationalError("the connection went away after the commit")

    monkeypatch.setattr(usage, "write_down", deaf)
    with pytest.raises(OperationalError):
        writer.write()
    monkeypatch.setattr(usage, "write_down", write)
    writer.write()

    assert counted() == [("dark-mode", "off", "STATIC", "", "single", 1)]


@pytest.mark.parametrize("step", ["add", "_mark_evaluated", "_mark_used", "exposing.write"])
def test_a_batch_that_breaks_off_at_any_step_leaves_nothing_and_is_written_later(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    live("dark-mode")
    evaluate(key_of(), "dark-mode")

    def gone(*_: Any) -> None:
        raise OperationalError("the database is away")

    with monkeypatch.context() as patch:
        patch.setattr(f"apps.config.services.usage.{step}", gone)
        with pytest.raises(OperationalError):
            writer.write()

        assert counted() == []
        assert not UsageWriter.objects.exists()
        assert state_of("dark-mode").evaluated_at is None
    # Counting has gone on meanwhile.
    evaluate(key_of(), "dark-mode")
    writer.write()
    assert counted() == [("dark-mode", "off", "STATIC", "", "single", 2)]


def test_what_no_database_takes_is_left_out_and_holds_up_nothing(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    live("dark-mode")
    evaluate(key_of(), "dark-mode")

    def refuse(*_: Any) -> None:
        raise DataError("no such value")

    with monkeypatch.context() as patch:
        patch.setattr(usage, "add", refuse)
        writer.write()
    evaluate(key_of(), "dark-mode")
    writer.write()

    assert counted() == [("dark-mode", "off", "STATIC", "", "single", 1)]


def test_a_flag_that_is_gone_by_then_keeps_no_other_from_being_counted(writer: Writer) -> None:
    gone = live("gone")
    live("dark-mode")
    evaluate_all(key_of())
    delete_flag(id=str(gone.pk))

    writer.write()

    assert counted() == [("dark-mode", "off", "STATIC", "", "bulk", 1)]


def test_many_answers_are_written_some_hundred_at_a_time(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        live(f"flag-{number}")
    monkeypatch.setattr(usage, "MOST_IN_A_BATCH", 2)
    evaluate_all(key_of())

    writer.write()

    assert len(counted()) == 5
    assert UsageWriter.objects.get().sequence == 3


def test_it_is_written_when_a_flag_was_asked_for_and_since_when_all_get_the_same(
    writer: Writer, go: Any
) -> None:
    live("targeted", TARGETED)
    key = key_of()

    def ask(*plans: str) -> tuple[Any, ...]:
        for plan in plans:
            evaluate(key, "targeted", {"plan": plan})
        writer.write()
        state = state_of("targeted")
        return state.evaluated_at, state.only_variant, state.only_variant_since

    first = go()
    assert ask("free") == (first, "off", first)
    go(seconds=30)
    assert ask("free") == (first, "off", first)
    second = go(seconds=31)
    assert ask("free", "free") == (second, "off", first)
    third = go(seconds=10)
    assert ask("free", "pro") == (third, None, None)
    fourth = go(seconds=10)
    assert ask("pro") == (fourth, "on", fourth)


def test_the_last_use_of_a_key_is_written_once_a_minute_at_most(writer: Writer, go: Any) -> None:
    live("dark-mode")
    key = key_of()
    seen = []
    for seconds in (0, 30, 31):
        go(seconds=seconds)
        evaluate(key, "dark-mode")
        writer.write()
        seen.append(EnvironmentKey.objects.get().last_used_at)

    assert seen == [seen[0], seen[0], clock.now()]
    assert seen[0] is not None


def test_two_tenants_are_counted_apart(writer: Writer) -> None:
    live("dark-mode")
    evaluate(key_of(), "dark-mode")
    other = make_tenant("other")
    with in_tenant(other.pk):
        live("dark-mode", boolean("on"))
        evaluate(key_of(), "dark-mode")

    writer.write()

    assert counted() == [("dark-mode", "off", "STATIC", "", "single", 1)]
    with in_tenant(other.pk):
        assert counted() == [("dark-mode", "on", "STATIC", "", "single", 1)]


def test_what_unleashs_clients_report_is_counted(writer: Writer) -> None:
    live("switch")
    live("colour", '{"variants": {"blue": "b", "grey": "g"}, "defaultVariant": "grey"}')
    key = key_of()

    assert report(key, {"switch": {"yes": 3, "no": 2}, "missing": {"yes": 1, "no": 0}}) == 202
    told = {"yes": 5, "no": 1, "variants": {"blue": 4, "disabled": 1}}
    assert report(key, {"colour": told}) == 202
    writer.write()

    assert counted() == [
        ("colour", "", "DEFAULT", "", "reported", 2),
        ("colour", "blue", "UNKNOWN", "", "reported", 4),
        ("switch", "off", "UNKNOWN", "", "reported", 2),
        ("switch", "on", "UNKNOWN", "", "reported", 3),
    ]


def test_a_client_key_reports_client_visible_flags_alone(writer: Writer) -> None:
    hidden, shown = live("hidden"), live("shown")
    update_flag(id=str(shown.pk), client_visible=True)
    told = {flag.key: {"yes": 1, "no": 0} for flag in (hidden, shown)}

    assert report(key_of(KeyKind.CLIENT), told) == 202
    writer.write()

    assert counted() == [("shown", "on", "UNKNOWN", "", "reported", 1)]


@pytest.mark.parametrize(
    "toggles",
    [
        None,
        [],
        {"switch": 1},
        {"switch": {"yes": -1}},
        {"switch": {"yes": True}},
        {"switch": {"yes": 10**10}},
        {"switch": {"yes": 1, "variants": [1]}},
    ],
)
def test_a_report_that_is_none_is_refused_and_nothing_counted(writer: Writer, toggles: Any) -> None:
    live("switch")

    assert report(key_of(), toggles) == 400

    writer.write()
    assert counted() == []


def test_no_key_reports_nothing(writer: Writer) -> None:
    live("switch")

    assert report("septet_server_x_y", {"switch": {"yes": 1}}) == 401

    writer.write()
    assert counted() == []


def test_threads_lose_no_answer_while_others_take_them() -> None:
    flags = compile_set({"flags": {"a": {"variants": {"on": True}, "defaultVariant": "on"}}})
    tallies, tenant, there = Tallies(), uuid4(), uuid4()
    answers = [flags.evaluate("a")] * 10
    taken = 0

    def count() -> None:
        for _ in range(2_000):
            tallies.count(tenant, there, answers, SINGLE)

    threads = [Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        taken += sum(sum(place.answers.values()) for place in tallies.take())
    taken += sum(sum(place.answers.values()) for place in tallies.take())

    assert taken == 80_000
    # Those that have ended are forgotten.
    tallies.take()
    assert tallies._tallies == []


def test_memory_is_bounded_whatever_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "MOST_ANSWERS", 3)
    monkeypatch.setattr(memory, "MOST_EXPOSURES", 2)
    tallies, tenant, there = Tallies(), uuid4(), uuid4()

    flags = compile_set(
        {"flags": {f"f{n}": {"variants": {"on": 1}, "defaultVariant": "on"} for n in range(5)}}
    )
    for _ in range(2):
        tallies.count(tenant, there, [flags.evaluate(f"f{n}") for n in range(5)], SINGLE)
        tallies.count(tenant, there, [flags.evaluate(f"none-{n}") for n in range(50)], SINGLE)
    for subject in range(4):
        tallies.expose(tenant, there, Exposure("f0", 1, "on", subject))
    [place] = tallies.take()

    assert sum(place.answers.values()) == 6
    assert len(place.exposures) == 2
    assert tallies.left_out == 6


def test_a_version_that_says_otherwise_is_counted_as_what_it_gave(writer: Writer) -> None:
    flag = live("dark-mode")
    key = key_of()
    evaluate(key, "dark-mode")
    put(flag, boolean("on"))
    evaluate(key, "dark-mode")

    writer.write()

    assert [(row[1], row[5]) for row in counted()] == [("off", 1), ("on", 1)]
    assert state_of("dark-mode").only_variant is None
