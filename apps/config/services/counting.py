"""Counting what programs are answered: in memory, without waiting for anything.

`services/usage.py` writes it down.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.utils.crypto import salted_hmac

from apps.config.domain.evaluations import DEFAULT, UNKNOWN, Evaluation
from apps.config.domain.pseudonyms import subject_of
from apps.config.domain.tallies import REPORTED, SINGLE, Answer, Exposure, Tallies
from apps.config.services.snapshots import Snapshot, snapshots
from kernel.errors import NotFoundError

tallies = Tallies()


class Here:
    """The source of flags in a process that has the config app; see `kernel.dynamic.flagging`."""

    def value(self, tenant_id: UUID, key: str, context: Mapping[str, Any], kind: str) -> Any:
        """Return what the first environment of a tenant says; raises UnavailableError."""
        try:
            snapshot = snapshots.get(tenant_id)
        except NotFoundError:
            return None
        found = snapshot.flags.evaluate(key, context, expected=kind)
        note(snapshot, context, [found], SINGLE)
        return found.value


def note(
    snapshot: Snapshot, context: Mapping[str, Any], answers: Sequence[Evaluation], way: str
) -> None:
    """Count answers, and who has got them where a flag's exposures are told."""
    tallies.count(snapshot.tenant_id, snapshot.environment_id, answers, way)
    if snapshot.exposed:
        _expose(snapshot, context, answers)


def report(
    snapshot: Snapshot, found: Mapping[str, Mapping[str, int]], known: Sequence[str]
) -> None:
    """Count what clients have decided themselves: of known flags how often they found what.

    `true` and `false` are the variants of a boolean flag with that value; what no variant is called
    is a default of their own.
    """
    counted: list[tuple[Answer, int]] = []
    for key in set(known).intersection(found):
        variants = snapshot.definition.flags.get(key, {}).get("variants", {})
        names = {
            str(value).lower(): name for name, value in variants.items() if isinstance(value, bool)
        }
        for said, times in found[key].items():
            variant = said if said in variants else names.get(said)
            if times:
                reason = UNKNOWN if variant is not None else DEFAULT
                counted.append(((key, variant, reason, None, REPORTED), times))
    tallies.add(snapshot.tenant_id, snapshot.environment_id, counted)


def _expose(snapshot: Snapshot, context: Mapping[str, Any], answers: Sequence[Evaluation]) -> None:
    unit = context.get("targetingKey")
    if not isinstance(unit, str) or not unit:
        return
    subject = None
    for one in answers:
        told = snapshot.exposed.get(one.key)
        if told is None or one.variant is None:
            continue
        if subject is None:
            subject = subject_of(_secret(snapshot.tenant_id), unit)
        if subject < told.bound:
            exposure = Exposure(one.key, told.version, one.variant, subject)
            tallies.expose(snapshot.tenant_id, snapshot.environment_id, exposure)


@lru_cache(maxsize=1_000)
def _secret(tenant_id: UUID) -> bytes:
    return salted_hmac("config.exposures", str(tenant_id), algorithm="sha256").digest()
