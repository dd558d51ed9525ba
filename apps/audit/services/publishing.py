"""What has to be known outside of the database goes to every destination."""

from collections.abc import Callable, Iterable
from typing import TypeVar
from uuid import UUID

from apps.audit.adapters.away import Witness
from apps.audit.adapters.destinations import Destination, destinations, witnesses
from apps.audit.models import Checkpoint, Cosignature, SubjectKey
from apps.audit.selectors.integrity import (
    checkpoint_at,
    consistency_between,
    cosignatures,
    cosigned,
)
from kernel.faults import fault_point

T = TypeVar("T")


def publish_checkpoint() -> None:
    """Publish the last checkpoint of the current tenant's log, with what witnesses add to it.

    What they add is kept, and given with every receipt under this checkpoint. A witness that does
    not cosign holds up nothing: its error is raised when all places know it.
    """
    last = checkpoint_at()
    there = {one.witness for one in cosignatures([last.size])}
    missing = [one for one in witnesses() if one.key not in there]
    failed = _each(lambda one: _cosign(one, last), missing)
    note = cosigned(last)
    log, number, made_at = str(last.tenant_id), last.number, last.made_at

    def publish(one: Destination) -> None:
        one.publish(log, number, made_at, note)
        fault_point("audit-checkpoint-told")

    _raise(failed + _each(publish, destinations()))


def keep_tombstone(key_id: UUID) -> None:
    """Keep, beside the published checkpoints, that a key of the current tenant was erased."""
    key = SubjectKey.objects.get(pk=key_id)
    _raise(_each(lambda one: one.bury(str(key.tenant_id), key.pk), destinations()))


def _cosign(witness: Witness, last: Checkpoint) -> None:
    line = witness.cosign(last.note, lambda older: consistency_between(older, last.size))
    made = Cosignature(size=last.size, witness=witness.key, line=line)
    # Another may have asked at the same time.
    Cosignature.objects.bulk_create([made], ignore_conflicts=True)


def _each(tell: Callable[[T], None], those: Iterable[T]) -> list[Exception]:
    """Tell each of those; return the errors of those that could not be told."""
    failed: list[Exception] = []
    for one in those:
        try:
            tell(one)
        except Exception as error:  # noqa: BLE001  the others are told all the same
            failed.append(error)
    return failed


def _raise(failed: list[Exception]) -> None:
    """Let the job come again: to those that know it already it changes nothing."""
    for error in failed[:1]:
        raise error
