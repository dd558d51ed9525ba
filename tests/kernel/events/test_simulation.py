"""Whatever goes wrong, nothing is lost and nothing takes effect twice."""

import pytest
from django.db import transaction

from kernel.events.registry import GROUPS
from tests.kernel.events.simulation import ORDERED, PLAIN, World

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")


@pytest.mark.parametrize("seed", range(20))
def test_everything_told_takes_effect_once_in_order(seed: int) -> None:
    world = World(seed)

    world.run()

    world.check()
    assert len(world.told) > 20
    assert any(one.startswith("crash") for one in world.trace)


def test_a_seed_always_makes_the_same_world() -> None:
    traces = []
    for _ in range(2):
        with transaction.atomic():
            world = World(7)
            world.run()
            traces.append((world.trace, world.told, world.effects(ORDERED), world.dead(PLAIN)))
            transaction.set_rollback(True)
        GROUPS.clear()

    assert traces[0] == traces[1]


@pytest.mark.nightly
def test_everything_told_takes_effect_once_in_many_worlds() -> None:
    for seed in range(20, 10_000):
        with transaction.atomic():
            world = World(seed)
            world.run()
            world.check()
            transaction.set_rollback(True)
        GROUPS.clear()
