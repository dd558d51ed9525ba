"""One round of retention for a tenant: what is due is archived, removed, restored or let go."""

import logging
from dataclasses import dataclass
from uuid import UUID

from django.db import transaction

from apps.audit.domain.entries import Actor, Entry, Target
from apps.audit.errors import LogAlteredError
from apps.audit.models import Archive, ArchiveState
from apps.audit.selectors.retention import due
from apps.audit.services.archiving import archive_some, discard_unfinished
from apps.audit.services.comparing import AlteredError
from apps.audit.services.recording import record_event
from apps.audit.services.removing import expire, remove_logs
from apps.audit.services.restoring import restore_logs
from apps.audit.services.whole_months import waits_for_others
from kernel import clock
from kernel.errors import ConflictError
from kernel.events.actors import current_actor
from kernel.jobs.running import current_job
from kernel.jobs.services import enqueue
from kernel.tenancy.context import current_tenant_id

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Round:
    """What a round has done."""

    archives: int = 0
    logs: int = 0
    removed: int = 0
    held: int = 0
    expired: int = 0


def enqueue_round() -> None:
    """Let a round for the current tenant begin, unless one waits already."""
    enqueue("audit.retain_tenant", key=f"audit.retain_tenant@{clock.now():%Y-%m-%d %H}")


@transaction.atomic
def start_round() -> UUID:
    """Let a round for the current tenant begin now, and put on record who wanted it.

    Raises ConflictError while one that was asked for so has not ended.
    """
    key = f"audit.retain_tenant@{current_tenant_id()}"
    job_id = enqueue("audit.retain_tenant", live_key=key)
    if job_id is None:
        raise ConflictError("a round was asked for and has not ended")
    actor = current_actor()
    record_event(
        Entry(
            action="audit.round.started",
            occurred_at=clock.now(),
            actor=Actor(type=actor.type, id=actor.id, name=actor.name),
            targets=(Target(type="Job", id=str(job_id)),),
        )
    )
    return job_id


def retain() -> Round:
    """Do what is due in the current tenant; go on where a round before was broken off.

    Raises LogAlteredError when something is not as it was sealed: then nothing of it goes.
    """
    done = Round()
    try:
        discard_unfinished()
        for archive in _in(ArchiveState.RESTORING):
            restore_logs(archive)
        _remove_archived(done)
        for month, rule in list(due()):
            while made := archive_some(month, rule):
                done.archives += 1
                done.logs += made.logs
                _remove(made, done)
                current_job().check()
        for archive in _in(ArchiveState.ARCHIVED):
            if archive.expires_at and archive.expires_at <= clock.now():
                if expire(archive):
                    done.expired += 1
                else:
                    done.held += 1
    except AlteredError as error:
        raise LogAlteredError(str(error)) from None
    return done


def _remove_archived(done: Round) -> None:
    for archive in _in(ArchiveState.VERIFIED, ArchiveState.REMOVING):
        _remove(archive, done)
    for archive in _in(ArchiveState.RESTORED):
        if archive.restored_until and archive.restored_until <= clock.now():
            _remove(archive, done)


def _remove(archive: Archive, done: Round) -> None:
    if not waits_for_others(archive) and remove_logs(archive):
        done.removed += 1
    else:
        done.held += 1


def _in(*states: ArchiveState) -> list[Archive]:
    return list(Archive.objects.filter(state__in=states).order_by("pk"))
