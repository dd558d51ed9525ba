"""The threads: woken, patient with an outage, and told of when they fall silent."""

import logging
import time
from collections.abc import Callable

import pytest
from django.db import OperationalError, connection

from kernel.events import threads
from kernel.events.in_process import InProcess
from kernel.events.registry import groups_of
from kernel.events.threads import EventThreads
from kernel.events.wake import Bell, Notifier
from tests.kernel.events.factories import group, tell

GIVE_UP_SECONDS = 20


@pytest.fixture
def made() -> EventThreads:
    """Threads that relay and consume for all groups, not started."""
    group()
    return EventThreads(InProcess(isolated=False), relays=True, groups=groups_of(), threads=2)


class Looped:
    """Work whose steps the test has written down; it stops the loop after the last."""

    def __init__(self, owner: EventThreads, *steps: Callable[[], int]) -> None:
        self.owner, self.steps, self.done = owner, list(steps), list[str]()

    def step(self) -> int:
        step = self.steps.pop(0)
        if not self.steps:
            self.owner._stopping.set()
        return step()

    def lost(self) -> None:
        self.done.append("lost")

    def stop(self) -> None:
        self.done.append("stopped")


def away() -> int:
    raise OperationalError("the database is away")


def test_an_outage_is_logged_and_outlived(
    made: EventThreads, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(threads, "POLL_SECONDS", 0)
    monkeypatch.setattr("kernel.events.threads.connections.close_all", lambda: None)
    work = Looped(made, lambda: 1, away, lambda: 0)

    with caplog.at_level(logging.ERROR):
        made._loop("relay", lambda: work)

    assert work.done == ["lost", "stopped"]
    assert "relay could not look for events" in caplog.text


def test_who_found_something_looks_again_at_once(
    made: EventThreads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "POLL_SECONDS", GIVE_UP_SECONDS)
    monkeypatch.setattr("kernel.events.threads.connections.close_all", lambda: None)
    started = time.monotonic()

    made._loop("relay", lambda: Looped(made, lambda: 1, lambda: 1, lambda: 1))

    assert time.monotonic() - started < GIVE_UP_SECONDS


def test_a_thread_that_is_silent_makes_the_process_unready(made: EventThreads) -> None:
    made._last_look["relay"] = time.monotonic() - threads.LONGEST_SILENCE_SECONDS - 1

    with pytest.raises(RuntimeError, match="relay has not looked for events for 31 s"):
        made.check()


def test_threads_are_as_many_as_groups_at_most(made: EventThreads) -> None:
    expected = ["relay", "consumer-0", *(["listener"] if connection.vendor == "postgresql" else [])]

    assert made.check() == ", ".join(expected)


def test_a_ring_between_two_looks_is_not_lost() -> None:
    bell = Bell()
    heard = bell.wait(-1, 0)

    bell.ring()

    assert bell.wait(heard, GIVE_UP_SECONDS) == heard + 1


@pytest.mark.django_db(transaction=True)
def test_other_processes_are_told_at_most_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def count(execute, sql, *more):  # type: ignore[no-untyped-def]  # Django's hook
        told.append(sql)
        return execute(sql, *more)

    notifier = Notifier()
    with connection.execute_wrapper(count):
        for _ in range(10):
            notifier.tell()
        first = len(told)
        notifier.relay_is_here = True
        monkeypatch.setattr(notifier, "_next", 0.0)
        notifier.tell()

    assert first == (1 if connection.vendor == "postgresql" else 0)
    assert len(told) == first


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_listener_rings_when_another_process_has_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard_here = Bell()
    monkeypatch.setattr(threads, "bell", heard_here)
    listener = EventThreads(InProcess(isolated=False), relays=False, groups=[], threads=1)
    before = heard_here.wait(-1, 0)
    listener.start()
    try:
        # It may not listen yet: told again until it does.
        deadline = time.monotonic() + GIVE_UP_SECONDS
        while heard_here.wait(before, 0.05) == before and time.monotonic() < deadline:
            tell(("a", 1))
        rings = heard_here.wait(-1, 0)
    finally:
        listener.stop(GIVE_UP_SECONDS)

    assert rings > before
