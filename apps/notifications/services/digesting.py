"""What is told together: one open digest for a person, a step and a key."""

from datetime import datetime

from apps.notifications.models import Digest, DigestItem, Run, RunState
from kernel.jobs.services import enqueue

ADVANCE = "notifications.advance"

#: So much of a digest is in a message; all of it is counted.
MOST_TOLD = 200
#: A digest that closes at the same moment is gone when it is looked for.
_TRIES = 10


def join(run: Run, place: str, key: str, closes_at: datetime) -> datetime | None:
    """Add a run to the open digest; None when another run brings that.

    Else it is this run's own, and closes at the moment returned.
    """
    for _ in range(_TRIES):
        mine = Digest(
            workflow_id=run.version.workflow_id,
            subscriber_id=run.subscriber_id,
            place=place,
            key=key,
            closes_at=closes_at,
        )
        # The constraint decides who opens it: the others wait for that, and find it.
        Digest.objects.bulk_create([mine], ignore_conflicts=True)
        found = (
            Digest.objects.select_for_update()
            .filter(
                workflow_id=mine.workflow_id,
                subscriber_id=mine.subscriber_id,
                place=place,
                key=key,
                open=True,
            )
            .first()
        )
        if found is None:
            continue
        DigestItem.objects.create(digest=found, run=run)
        if found.pk != mine.pk:
            return None
        run.digest = found
        return found.closes_at
    raise RuntimeError(f"digests of {place} close faster than they are joined")


def close(run: Run) -> None:
    """Let nothing more be added to a run's digest, and give it what was gathered."""
    digest = _held(run)
    digest.open = False
    digest.save(update_fields=["open"])
    items = DigestItem.objects.filter(digest=digest)
    run.count = items.count()
    first = items.order_by("pk").values_list("run__trigger__data", flat=True)[:MOST_TOLD]
    run.events = list(first)
    run.digest = None


def hand_over(run: Run) -> None:
    """Let another run bring the digest of one that ends before it does: nothing of it is lost.

    Without another the digest closes, empty.
    """
    digest = _held(run)
    items = DigestItem.objects.filter(digest=digest)
    items.filter(run=run).delete()
    run.digest = None
    following = items.select_related("run__trigger").order_by("pk").first()
    if following is None:
        digest.open = False
        digest.save(update_fields=["open"])
        return
    heir = following.run
    heir.state, heir.digest, heir.position = RunState.ACTIVE, digest, run.position
    heir.waits_until = digest.closes_at
    heir.round += 1
    heir.save(update_fields=["state", "digest", "position", "waits_until", "round"])
    enqueue(
        ADVANCE,
        f"{heir.pk}:{heir.round}",
        run_at=digest.closes_at,
        priority=heir.trigger.priority,
    )


def _held(run: Run) -> Digest:
    """Return the digest that a run is to bring, locked."""
    assert run.digest_id is not None  # noqa: S101  the callers have looked # nosec B101
    return Digest.objects.select_for_update().get(pk=run.digest_id)
