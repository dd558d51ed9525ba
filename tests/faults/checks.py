"""What has to be true when everything has come to rest."""

from collections import Counter

from django.db import transaction

from kernel.events.models import Handled, OutboxEvent, OutboxState, Redelivery, RedeliveryState
from kernel.jobs.models import Job, JobState
from tests.faults import ledger
from tests.faults.engine import BEGAN
from tests.faults.media import in_process
from tests.faults.world import HOPELESS, MOST_ATTEMPTS, ORDERED, PLAIN, THINGS, TICK, Medium, World

NEVER_DONE = ("tests.never", "tests.unlucky")


def prove(seed: int, medium: Medium = in_process) -> World:
    """Let a seed's world live; its error tells how to see it again, and what went wrong before."""
    with transaction.atomic():
        world = World(seed, medium=medium)
        try:
            world.run()
            check(world)
        except AssertionError as error:
            told = [f"SEED={seed}", str(world.troubles), *world.engine.trace[-40:]]
            error.add_note("\n".join(told))
            raise
        finally:
            transaction.set_rollback(True)
    return world


def check(world: World) -> None:
    """Raise AssertionError unless all promises were kept."""
    check_events(world)
    check_jobs(world)


def check_events(world: World) -> None:
    """Each event took effect once in each group or is a dead letter, in the order of its key."""
    facts = sorted(ledger.facts())
    assert len(facts) > 5, "too little has happened to prove anything"
    for group in (ORDERED, PLAIN):
        done, dead = _done(group), _dead(group)
        assert sorted(done + dead) == facts, _difference(done + dead, facts)
        assert Handled.objects.filter(group=group).count() == len(done), "marked, but not done"
    hopeless = [fact for fact in facts if fact[1] % HOPELESS == 0]
    assert sorted(_dead(ORDERED)) == hopeless
    assert set(hopeless) <= set(_dead(PLAIN))
    for thing in THINGS:
        steps = [step for one, step in _done(ORDERED) if one == thing]
        assert steps == sorted(steps), f"{thing} was handled in the order {steps}"
    states = set(Redelivery.objects.values_list("state", flat=True))
    assert states <= {RedeliveryState.HANDLED, RedeliveryState.DEAD}
    told = OutboxEvent.objects.exclude(type__startswith="events.")
    assert set(told.values_list("state", flat=True)) <= {OutboxState.SENT}


def check_jobs(world: World) -> None:
    """Each job is settled for a reason; none is invented, lost, tried too often or done twice."""
    jobs = list(Job.objects.exclude(name="tests.tick"))
    assert {job.state for job in jobs} <= {JobState.DONE, JobState.FAILED, JobState.CANCELLED}
    wished = sorted(job.target for job in jobs if job.name != "tests.follow")
    assert wished == sorted(ledger.wishes())
    handled = Counter(ledger.effects(PLAIN))
    handled.update({thing for thing, _ in _done(PLAIN)})
    assert Counter(job.target for job in jobs if job.name == "tests.follow") == handled
    done = Counter(ledger.effects("jobs"))
    # Some of these, and a worker may be taken for lost.
    quiet = not (world.troubles.stall or world.troubles.refusal or world.engine.deaths)
    for job in jobs:
        told = (job.name, job.state, job.attempts, job.last_error)
        assert job.state != JobState.FAILED or job.last_error, told
        assert job.name == "tests.follow" or job.attempts <= MOST_ATTEMPTS, told
        assert job.state != JobState.DONE or done[job.target] > 0, told
        assert job.name not in NEVER_DONE or job.state != JobState.DONE, told
        assert job.name != "tests.follow" or job.state == JobState.DONE, told
        assert not quiet or "WORKER_LOST" not in job.last_error, told
    ticks = Job.objects.filter(name="tests.tick").values_list("key", flat=True)
    first = int(BEGAN.timestamp() // TICK.total_seconds())
    periods = range(first, first + int(world.engine.seconds // TICK.total_seconds()) + 1)
    assert sorted(str(key) for key in ticks) == [f"tests.tick#{period}" for period in periods]
    twice = {key: began for key, began in world.history.began_at.items() if len(began) > 1}
    assert world.history.meddled or not twice, f"attempts that ran twice: {twice}"


def _done(group: str) -> list[ledger.Fact]:
    return [(thing, int(step)) for thing, step in map(str.split, ledger.effects(group))]


def _dead(group: str) -> list[ledger.Fact]:
    letters = Redelivery.objects.filter(group=group, state=RedeliveryState.DEAD)
    found = [letter.envelope["data"] for letter in letters]
    return [(one["thing"], one["step"]) for one in found]


def _difference(found: list[ledger.Fact], expected: list[ledger.Fact]) -> str:
    more, less = Counter(found), Counter(expected)
    return f"too often: {dict(more - less)}, missing: {dict(less - more)}"
