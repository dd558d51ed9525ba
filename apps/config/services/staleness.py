"""Flags that have had their day: judged, put off, described, and looked for in code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q

from apps.config.conf import stale_rules
from apps.config.domain.staleness import Facts, Reason, Stage, There, is_settled, judge, needed_by
from apps.config.models import Environment, FeatureFlag, FlagLife, FlagState
from apps.config.selectors.definitions import definition_of
from contracts.config import FlagChanged, FlagStale
from kernel import clock
from kernel.errors import InvalidInputError, LimitExceededError
from kernel.events.publishing import publish, publish_all
from kernel.jobs.services import enqueue
from kernel.rows import change, locked
from kernel.tenancy.context import in_tenant

#: Flags that one transaction judges.
JUDGED_AT_ONCE = 200
LONGEST_SNOOZE = timedelta(days=366)
#: Flags that a scan may name, and the places of one that are kept.
MOST_SCANNED = 20_000
MOST_PLACES = 20
MOST_PLACE = 300
#: Dependents of a flag that are told.
MOST_NEEDED_BY = 20


@dataclass(frozen=True, slots=True)
class _Place:
    """What is known of one environment, for all of its flags."""

    others_at: datetime | None
    settled: frozenset[str]


def look_at_tenants() -> None:
    """Ask for a judgement of the flags of each tenant."""
    tenants = FeatureFlag.across_tenants.order_by().values_list("tenant_id", flat=True).distinct()
    for tenant_id in tenants:
        with in_tenant(tenant_id), transaction.atomic():
            live_key = f"config.judge_flags {tenant_id}"
            enqueue("config.judge_flags", str(tenant_id), live_key=live_key)


def judge_flags() -> None:
    """Judge all flags of the current tenant; who is judged as before is left alone."""
    places, needed = _places()
    after: UUID | None = None
    wanted = FeatureFlag.objects.filter(
        Q(archived_at=None) | Q(life__stage__in=[Stage.POTENTIALLY_STALE, Stage.STALE])
    )
    while True:
        rows = wanted if after is None else wanted.filter(pk__gt=after)
        flags = list(rows.order_by("pk")[:JUDGED_AT_ONCE])
        if not flags:
            return
        _judge(flags, places, needed)
        after = flags[-1].pk


@transaction.atomic
def snooze_flag(*, id: str, until: datetime | None, reason: str = "") -> FlagLife:
    """Take a flag for fresh until then; without a time it is judged again at once the next time.

    Raises InvalidInputError for a time that is over or more than a year away, or without a reason.
    """
    now = clock.now()
    if until is not None and not now < until <= now + LONGEST_SNOOZE:
        raise InvalidInputError("until is within the next year")
    if until is not None and not reason.strip():
        raise InvalidInputError("say why the flag is to stay")
    flag = locked(FeatureFlag, id)
    life = _life_of(flag)
    change(life, snoozed_until=until, snooze_reason=reason if until else "")
    if until is not None and life.stage in {Stage.POTENTIALLY_STALE, Stage.STALE}:
        change(life, stage=Stage.FRESH, since=now)
        publish(_told(life))
    _tell(flag, "snoozed_until", "snooze_reason")
    return life


@transaction.atomic
def describe_flag_life(
    *, id: str, permanent: bool | None = None, expected_days: int | None = None
) -> FlagLife:
    """Say that a flag is to stay, or how long it is to be there; the other is not so any more.

    Raises InvalidInputError unless it is one of the two.
    """
    if bool(permanent) == (expected_days is not None):
        raise InvalidInputError("a flag is permanent, or has expectedDays")
    flag = locked(FeatureFlag, id)
    life = _life_of(flag)
    change(life, permanent=bool(permanent), expected_days=expected_days)
    _tell(flag, "permanent", "expected_days")
    return life


def note_references(found: Mapping[str, Sequence[str]]) -> int:
    """Keep where code uses flags by a scan of all of it; return how many flags it does not use.

    Keys that are no flags are passed over. Raises InvalidInputError, LimitExceededError.
    """
    if len(found) > MOST_SCANNED:
        raise LimitExceededError(f"a scan names at most {MOST_SCANNED:,} flags")
    if any(len(place) > MOST_PLACE for places in found.values() for place in places[:MOST_PLACES]):
        raise InvalidInputError(f"a place has at most {MOST_PLACE} characters")
    unused, after, now = 0, None, clock.now()
    live = FeatureFlag.objects.filter(archived_at=None)
    while True:
        rows = live if after is None else live.filter(pk__gt=after)
        flags = list(rows.order_by("pk")[:JUDGED_AT_ONCE])
        if not flags:
            return unused
        with transaction.atomic():
            lives = _lives_of(flags)
            for life in lives:
                places = found.get(life.key, ())
                life.uses = len(places)
                life.places, life.scanned_at = list(places[:MOST_PLACES]), now
                unused += not places
            FlagLife.objects.bulk_update(lives, ["uses", "places", "scanned_at"])
        after = flags[-1].pk


def _places() -> tuple[dict[UUID, _Place], dict[str, list[str]]]:
    """Return what holds for whole environments, and who needs which flag in any of them."""
    places, needed = {}, dict[str, set[str]]()
    newest = dict(
        FlagState.objects.order_by()
        .values_list("environment_id")
        .annotate(newest=Max("evaluated_at"))
    )
    for environment_id in Environment.objects.values_list("pk", flat=True):
        definition = definition_of(environment_id).told()
        settled = frozenset(key for key, one in definition["flags"].items() if is_settled(one))
        places[environment_id] = _Place(newest.get(environment_id), settled)
        for key, dependents in needed_by(definition).items():
            needed.setdefault(key, set()).update(dependents)
    return places, {key: sorted(found)[:MOST_NEEDED_BY] for key, found in needed.items()}


@transaction.atomic
def _judge(
    flags: Sequence[FeatureFlag],
    places: Mapping[UUID, _Place],
    needed: Mapping[str, list[str]],
) -> None:
    now, rules = clock.now(), stale_rules()
    there = _there(flags, places)
    known = FlagLife.objects.select_for_update().filter(flag__in=flags).order_by("pk")
    lives = {life.flag_id: life for life in known}
    made: list[FlagLife] = []
    changed: list[FlagLife] = []
    moved: list[FlagLife] = []
    for flag in flags:
        life = lives.get(flag.pk) or FlagLife(flag=flag, key=flag.key, since=flag.created_at)
        before = (life.stage, life.reasons, life.needed_by)
        facts = _facts(flag, life, there.get(flag.pk, ()), bool(needed.get(flag.key)))
        stage, reasons = judge(facts, Stage(life.stage), life.since, now, rules)
        if stage != life.stage:
            life.since = now
            moved.append(life)
        life.stage, life.reasons = stage, _plain(reasons)
        life.needed_by = needed.get(flag.key, [])
        if (life.stage, life.reasons, life.needed_by) != before:
            (changed if flag.pk in lives else made).append(life)
    FlagLife.objects.bulk_create(made)
    FlagLife.objects.bulk_update(changed, ["stage", "since", "reasons", "needed_by"])
    publish_all([_told(life) for life in moved])


def _there(
    flags: Sequence[FeatureFlag], places: Mapping[UUID, _Place]
) -> dict[UUID, tuple[There, ...]]:
    """Return how flags are live in the environments."""
    found: dict[UUID, list[There]] = {}
    states = (
        FlagState.objects.filter(flag__in=flags)
        .exclude(version=None)
        .exclude(version__definition="")
        .select_related("version", "flag")
    )
    for state in states:
        place = places.get(state.environment_id)
        if place is not None and state.version is not None:
            one = There(
                published_at=state.version.created_at,
                evaluated_at=state.evaluated_at,
                others_at=place.others_at,
                only_variant_since=state.only_variant_since,
                settled=state.flag.key in place.settled,
            )
            found.setdefault(state.flag_id, []).append(one)
    return {flag_id: tuple(each) for flag_id, each in found.items()}


def _facts(flag: FeatureFlag, life: FlagLife, there: Sequence[There], needed: bool) -> Facts:
    expected = life.expected_days
    return Facts(
        created_at=flag.created_at,
        archived=flag.archived_at is not None,
        permanent=life.permanent,
        expected=None if expected is None else timedelta(days=expected),
        snoozed_until=life.snoozed_until,
        there=tuple(there),
        needed=needed,
    )


def _plain(reasons: Sequence[Reason]) -> list[str]:
    return [str(reason) for reason in reasons]


def _life_of(flag: FeatureFlag) -> FlagLife:
    [life] = _lives_of([flag])
    return life


def _lives_of(flags: Sequence[FeatureFlag]) -> list[FlagLife]:
    """Return the lives of flags, locked until the transaction ends; who has none gets one."""
    FlagLife.objects.bulk_create(
        [FlagLife(flag=flag, key=flag.key, since=flag.created_at) for flag in flags],
        ignore_conflicts=True,
    )
    lives = FlagLife.objects.select_for_update().filter(flag__in=flags)
    return list(lives.order_by("pk"))


def _told(life: FlagLife) -> FlagStale:
    return FlagStale(
        flag_id=str(life.flag_id),
        key=life.key,
        stage=str(life.stage),
        reasons=tuple(life.reasons),
    )


def _tell(flag: FeatureFlag, *fields: str) -> None:
    publish(FlagChanged(flag_id=str(flag.pk), key=flag.key, fields=fields))
