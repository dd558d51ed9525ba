"""Exposures: who has got which variant, under pseudonyms, told as events and kept as a sample."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import models, transaction

from apps.config.domain.pseudonyms import bound_of, shown
from apps.config.domain.tallies import Exposure
from apps.config.models import (
    Environment,
    ExposureSample,
    FeatureFlag,
    FlagExposure,
    FlagState,
)
from apps.config.selectors.environments import Reference
from apps.config.services.environments import hold
from apps.config.services.withdrawing import refresh
from contracts.config import EnvironmentExposed, FlagChanged
from kernel import clock
from kernel.errors import ConflictError, InvalidInputError
from kernel.events.publishing import publish
from kernel.rows import change, locked

#: Those of one version of a flag that are kept: with more, every second of them goes.
MOST_KEPT = 10_000
#: How long a sample is kept of a version that is not current any more.
KEPT = timedelta(days=90)
FORGOTTEN_AT_ONCE = 50


@transaction.atomic
def set_exposure_rate(*, id: str, rate: float, environment: Reference = None) -> FeatureFlag:
    """Tell of this share of those who get a flag in an environment that they do, from now on.

    What is known of the current version begins anew. Raises InvalidInputError for what is no
    share, ConflictError where the flag is not live.
    """
    if not 0 <= rate <= 1:
        raise InvalidInputError(f"a rate is a share, 0 to 1: found {rate}")
    held = hold(environment)
    flag = locked(FeatureFlag, id)
    live = FlagState.objects.exclude(version=None).exclude(version__definition="")
    state = live.filter(flag=flag, environment=held).first()
    if state is None:
        raise ConflictError(f"{flag.key!r} is not live in {held.key!r}")
    if state.exposure_rate == rate:
        return flag
    change(state, exposure_rate=rate)
    ExposureSample.objects.filter(state=state, version=state.number).delete()
    refresh([held])
    publish(FlagChanged(flag_id=str(flag.pk), key=flag.key, fields=("exposure_rate",)))
    return flag


def write(
    environment_id: UUID,
    exposures: Sequence[Exposure],
    states: Mapping[str, FlagState],
    at: datetime,
) -> None:
    """Keep exposures in the samples of their flags, and tell of all of them by one event."""
    known = [one for one in exposures if one.flag in states]
    if not known:
        return
    of_version: dict[tuple[str, int], list[Exposure]] = {}
    for one in known:
        of_version.setdefault((one.flag, one.version), []).append(one)
    for (flag, version), some in sorted(of_version.items()):
        _sample(states[flag], version, some, at)
    publish(
        EnvironmentExposed(
            environment_id=str(environment_id),
            key=Environment.objects.values_list("key", flat=True).get(pk=environment_id),
            flags=tuple(one.flag for one in known),
            versions=tuple(one.version for one in known),
            variants=tuple(one.variant for one in known),
            subjects=tuple(shown(one.subject) for one in known),
        )
    )


def _sample(state: FlagState, version: int, exposures: Sequence[Exposure], at: datetime) -> None:
    ExposureSample.objects.bulk_create(
        [ExposureSample(state=state, version=version, rate=state.exposure_rate, started_at=at)],
        ignore_conflicts=True,
    )
    sample = ExposureSample.objects.select_for_update().get(state=state, version=version)
    bound = bound_of(sample.rate, sample.level)
    FlagExposure.objects.bulk_create(
        [
            FlagExposure(
                sample=sample, subject=one.subject, variant=one.variant[:200], exposed_at=at
            )
            for one in exposures
            if one.subject < bound
        ],
        ignore_conflicts=True,
    )
    rows = FlagExposure.objects.filter(sample=sample)
    level = sample.level
    while rows.count() > MOST_KEPT:
        level += 1
        rows.filter(subject__gte=bound_of(sample.rate, level)).delete()
    if level != sample.level:
        change(sample, level=level)


def forget_old() -> None:
    """Forget samples of long ago, but those of versions that are current."""
    old = ExposureSample.across_tenants.filter(started_at__lt=clock.now() - KEPT)
    while some := list(
        old.exclude(version=models.F("state__number"))
        .order_by("started_at")
        .values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE]
    ):
        with transaction.atomic():
            ExposureSample.across_tenants.filter(pk__in=some).delete()
