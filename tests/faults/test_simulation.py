"""Whatever goes wrong, nothing is lost and nothing takes effect twice.

`SEED=7 pytest tests/faults/test_simulation.py` lets one world live again, whatever its number.
"""

import os
import sys
import time

import pytest
from django.db import connection

from tests.faults.checks import check, prove
from tests.faults.engine import Troubles
from tests.faults.history import RECOVERY_SECONDS
from tests.faults.media import in_process, kafka
from tests.faults.mutations import MUTATIONS, made
from tests.faults.world import World

pytestmark = pytest.mark.django_db

#: A world is one long transaction, in which PostgreSQL looks at all that it has ever written.
SLOW = connection.vendor != "sqlite"
#: Worlds that went wrong once, though the platform did not: errors of the world itself.
ONCE_WRONG = [84, 110]
SEEDS = list(range(2)) if SLOW else [*range(20), *ONCE_WRONG]
if "SEED" in os.environ:
    SEEDS = [int(os.environ["SEED"])]
#: For `make nightly`, in parts that can run beside each other.
MANY, PARTS = int(os.environ.get("SEEDS", "10000")), 10
#: Worlds with an even number have no broker, others have.
MEDIA = (in_process, kafka)
#: Errors that are seen in the first worlds; the others in `make nightly`.
SEEN_SOON = (
    "the_mark_is_committed_before_the_event_is_handled",
    "what_a_failed_handler_did_is_kept",
    "the_relay_goes_on_after_the_last_position_it_has_seen",
    "jobs_of_lost_workers_stay_with_them",
)
SOON = SEEN_SOON[:1] if SLOW else SEEN_SOON


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("CRITICAL")


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_nothing_is_doubled(seed: int) -> None:
    prove(seed, MEDIA[seed % 2])


def test_a_seed_always_makes_the_same_world() -> None:
    first, second = (prove(5).engine for _ in range(2))

    assert first.trace == second.trace
    assert first.trace
    assert first.seconds == second.seconds


@pytest.mark.parametrize("seed", range(1 if SLOW else 3))
def test_jobs_of_a_dead_process_are_taken_up_when_their_leases_end(seed: int) -> None:
    world = World(seed, Troubles())

    world.run(kill_at=25)
    check(world)

    assert world.history.recoveries
    assert max(world.history.recoveries) <= RECOVERY_SECONDS


@pytest.mark.parametrize(
    "name",
    [
        name
        if name in SEEN_SOON[: 1 if SLOW else None]
        else pytest.param(name, marks=pytest.mark.nightly)
        for name in MUTATIONS
    ],
)
def test_an_error_in_the_platform_is_seen_in_one_of_the_worlds_above(name: str) -> None:
    for seed in range(20):
        medium = MEDIA[seed % 2]
        try:
            with made(name):
                prove(seed, medium)
        except AssertionError:
            return
    pytest.fail(f"nobody has noticed that {name.replace('_', ' ')}")


@pytest.mark.nightly
@pytest.mark.parametrize("part", range(PARTS))
def test_nothing_is_lost_and_nothing_is_doubled_in_many_worlds(part: int) -> None:
    began = time.monotonic()
    for number, seed in enumerate(range(part, MANY, PARTS), 1):
        prove(seed, MEDIA[seed % 2])
        if number % 100 == 0:
            taken = time.monotonic() - began
            sys.stderr.write(f"part {part}: {number} of {MANY // PARTS} worlds, {taken:.0f} s\n")
