"""Readiness: what is wrong, and whether work may be sent here all the same."""

import socket
from threading import Event

import pytest
from django.conf import LazySettings
from django.test import Client

from kernel.observability import health
from kernel.observability.health import DegradedError, Lately
from kernel.redis import standing as redis


def degraded() -> str:
    raise DegradedError("slower without")


def broken() -> str:
    raise RuntimeError("no disk")


@pytest.mark.parametrize(
    ("checks", "status", "word"),
    [
        ({"a": lambda: "fine"}, 200, "ready"),
        ({"a": lambda: "fine", "b": degraded}, 200, "degraded"),
        ({"a": broken, "b": degraded}, 503, "not ready"),
    ],
)
def test_what_only_degrades_takes_no_work_away(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    checks: dict[str, health.Check],
    status: int,
    word: str,
) -> None:
    monkeypatch.setattr(health, "_checks", checks)

    answer = client.get("/health/ready")

    assert (answer.status_code, answer.json()["status"]) == (status, word)
    if "b" in checks:
        told = answer.json()["checks"]["b"]
        assert told == {"ok": False, "state": "degraded", "detail": "slower without"}


def test_redis_that_is_away_only_degrades(settings: LazySettings) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        settings.REDIS_URL = f"redis://127.0.0.1:{closed.getsockname()[1]}/0"

        with pytest.raises(DegradedError, match="does not answer"):
            redis.check()


def test_what_answers_late_is_asked_aside_and_its_last_answer_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(health, "FIRST_SECONDS", 5.0)
    answered, go_on = Event(), Event()
    asked: list[int] = []

    def slow() -> str:
        asked.append(1)
        if len(asked) > 1:
            answered.set()
            go_on.wait(10)
        return f"answer {len(asked)}"

    check = Lately(slow)

    first = check()
    while_asked = [check() for _ in range(3)]
    assert answered.wait(5)
    still = len(asked)
    go_on.set()

    assert (first, while_asked, still) == ("answer 1", ["answer 1"] * 3, 2)


def test_what_has_never_answered_degrades_and_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(health, "FIRST_SECONDS", 0.05)
    go_on = Event()

    with pytest.raises(DegradedError, match="has not answered yet"):
        Lately(lambda: str(go_on.wait(10)))()

    go_on.set()
