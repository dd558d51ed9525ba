"""A replay as a job: asked for by a person, done by a worker, however many events there are."""

from django.db import transaction

from kernel.errors import DomainError
from kernel.events.here import transport
from kernel.events.models import Replay, ReplayState
from kernel.events.replay import ENDED, ask, count, perform
from kernel.jobs.registry import job
from kernel.jobs.services import enqueue
from kernel.observability.masking import mask_secrets

JOB = "kernel.replay_events"


def start(replay: Replay) -> Replay:
    """Count what a replay would give, store it, and let a worker do it. Raises a DomainError."""
    total = count(transport(), replay)
    with transaction.atomic():
        ask(replay, total=total)
        enqueue(JOB, str(replay.pk))
    return replay


@job(JOB, max_attempts=5)
def replay_events(target: str) -> None:
    """Do a replay, as far as it is not done."""
    replay = Replay.objects.exclude(state__in=ENDED).filter(pk=target).first()
    if replay is None:
        return
    try:
        perform(transport(), replay)
    except Exception as error:
        code = error.code if isinstance(error, DomainError) else DomainError.code
        told = mask_secrets(f"{code}: {error}").replace("\0", "\N{REPLACEMENT CHARACTER}")[:2000]
        Replay.objects.filter(pk=replay.pk, state=ReplayState.RUNNING).update(
            state=ReplayState.FAILED, error_message=told
        )
        raise
