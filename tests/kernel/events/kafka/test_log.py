"""What is said of brokers that are away fills no disk."""

import logging

import pytest

from kernel.events.kafka import log
from kernel.events.kafka.log import Seldom


def said(seldom: Seldom, *texts: str) -> list[bool]:
    """Say for each text whether it became a line."""
    return [
        seldom.filter(logging.LogRecord("kafka", logging.ERROR, "", 0, text, (), None))
        for text in texts
    ]


def test_a_line_is_said_again_after_a_while_and_others_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr("kernel.events.kafka.log.time.monotonic", lambda: now[0])
    seldom = Seldom()

    first = said(seldom, "[consumer-1] refused after 0ms", "[consumer-2] refused after 7ms", "bye")
    now[0] += log.SILENT_SECONDS
    second = said(seldom, "[consumer-3] refused after 0ms")

    assert (first, second) == ([True, False, True], [True])


def test_what_is_remembered_is_bounded() -> None:
    seldom = Seldom()

    lines = said(seldom, *("x" * length for length in range(3_000)))

    assert all(lines)
    assert len(seldom._said) <= 1_000


def test_that_a_setting_is_experimental_is_not_said() -> None:
    assert said(Seldom(), "Configuration property x is experimental") == [False]
