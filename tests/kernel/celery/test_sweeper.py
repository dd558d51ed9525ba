"""The sweeper beside the pool; what it finds is in test_losses."""

import os
from threading import Event, Thread, Timer

import pytest

from kernel.celery.sweeper import Sweeper


def test_no_process_is_forked_while_the_sweeper_is_in_the_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inside, leave = Event(), Event()
    order: list[str] = []

    def look(_sweeper: Sweeper) -> dict[str, int]:
        inside.set()
        leave.wait(10)
        order.append("looked")
        return {}

    monkeypatch.setattr(Sweeper, "_look", look)
    sweeping = Thread(target=Sweeper().step)
    sweeping.start()
    inside.wait(10)
    Timer(0.2, leave.set).start()

    child = os.fork()
    if not child:
        os._exit(os.EX_OK)
    order.append("forked")
    os.waitpid(child, 0)
    sweeping.join()

    assert order == ["looked", "forked"]
