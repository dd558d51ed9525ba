"""How far a replica is behind, when nobody has asked for a while."""

import time
from threading import Event
from typing import Any
from unittest.mock import MagicMock

import pytest
from django.db import OperationalError

from kernel.database import replicas
from kernel.database.replicas import PrimaryLog, Replica


@pytest.mark.parametrize("is_away", [False, True])
def test_after_an_idle_time_the_primary_is_asked_first_while_it_answers(
    monkeypatch: pytest.MonkeyPatch, is_away: bool
) -> None:
    def asked(_connection: Any, query: str) -> tuple[Any, ...]:
        if "recovery" in query:
            return True, "0/50"
        if is_away:
            raise OperationalError
        Event().wait(0.05)
        return ("0/100",)

    monkeypatch.setattr(replicas, "_asked", asked)
    monkeypatch.setattr(replicas, "own_connection", MagicMock())
    monkeypatch.setattr(replicas, "PATIENCE_SECONDS", 30)
    log = PrimaryLog()
    log._noted.append((time.monotonic() - 100, 0x10))

    begun = time.monotonic()
    fits = [Replica("replica1", log).fits(0) for _ in range(2)]

    # It has not come as far as the primary was, and nobody knows since when.
    assert fits == [is_away, is_away]
    assert time.monotonic() - begun < 30
