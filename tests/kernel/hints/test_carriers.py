"""Hints over Redis: on one server, behind Sentinels and in a cluster of which several are named."""

from typing import Any

import pytest

from kernel.hints.carriers import OverRedis
from kernel.hints.hearing import Hints
from tests.kernel.cache.waiting import eventually
from tests.kernel.redis.conftest import Kind, own_redis, url_of

__all__ = ["own_redis"]

pytestmark = pytest.mark.live


@pytest.mark.parametrize("name", ["single", "sentinel", "cluster"])
def test_hints_arrive_and_do_so_again_after_the_master_was_killed(
    own_redis: Any, name: str
) -> None:
    kind = Kind(name, url_of(name, own_redis), own_redis)
    here, elsewhere = (Hints(lambda: OverRedis(kind.url)) for _ in range(2))
    heard: list[str] = []

    def arrives() -> bool:
        here.tell("told")
        # More often than who begins to listen tells of it by themselves.
        return len(heard) >= 3

    with elsewhere.listening("told", lambda: heard.append("told")):
        eventually(arrives)
        kind.kill_master()
        heard.clear()
        try:
            if name != "single":
                eventually(arrives)
        finally:
            kind.start_again()
        eventually(arrives)
