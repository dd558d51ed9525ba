"""When a flag has had its day: reasons that can be checked, and what keeps it all the same."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from apps.config.domain.graphs import measure
from apps.config.domain.limits import DEFAULT


class Stage(StrEnum):
    """Where a flag stands in its life."""

    FRESH = "fresh"
    POTENTIALLY_STALE = "potentially_stale"
    STALE = "stale"
    CLEANED = "cleaned"


class Reason(StrEnum):
    """Why a flag is suspected."""

    #: No program has asked for it for so long, while it asked for others.
    NOT_EVALUATED = "not_evaluated"
    #: Everybody has got the same for so long.
    ONE_VARIANT = "one_variant"
    #: Its definitions leave no choice, and have not changed for so long.
    FULLY_ROLLED_OUT = "fully_rolled_out"
    #: It is temporary, and past its expected life.
    OVERDUE = "overdue"
    #: Nobody has said that it is to stay, and it is older than most flags get.
    OLD = "old"


#: Without these a flag does something yet: it is suspected, and no more.
EVIDENCE = frozenset({Reason.NOT_EVALUATED, Reason.ONE_VARIANT, Reason.FULLY_ROLLED_OUT})
#: What is as it should be for a flag that is to stay.
_OF_TEMPORARY = frozenset({Reason.ONE_VARIANT, Reason.FULLY_ROLLED_OUT, Reason.OVERDUE, Reason.OLD})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """After how long what is suspicious."""

    quiet: timedelta = timedelta(days=30)
    old: timedelta = timedelta(days=180)
    #: How long a flag is suspected before it is stale.
    grace: timedelta = timedelta(days=14)


@dataclass(frozen=True, slots=True, kw_only=True)
class There:
    """A flag as it is live in one environment."""

    published_at: datetime
    evaluated_at: datetime | None
    #: The newest evaluation of any flag there: without one, nobody counts there.
    others_at: datetime | None
    only_variant_since: datetime | None
    #: Whether its definition leaves nothing to choose.
    settled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a flag."""

    created_at: datetime
    archived: bool
    permanent: bool
    expected: timedelta | None
    snoozed_until: datetime | None
    there: tuple[There, ...]
    needed: bool


def judge(
    facts: Facts, stage: Stage, since: datetime, now: datetime, rules: Rules
) -> tuple[Stage, list[Reason]]:
    """Return where a flag stands now, and all reasons that there are, whatever keeps it.

    It is suspected first, and stale after it was suspected for the grace.
    """
    if facts.archived:
        done = stage in {Stage.POTENTIALLY_STALE, Stage.STALE, Stage.CLEANED}
        return (Stage.CLEANED if done else Stage.FRESH), []
    reasons = reasons_of(facts, now, rules)
    snoozed = facts.snoozed_until is not None and now < facts.snoozed_until
    if facts.needed or snoozed or not reasons:
        return Stage.FRESH, reasons
    if EVIDENCE.isdisjoint(reasons):
        return Stage.POTENTIALLY_STALE, reasons
    waited = stage is Stage.POTENTIALLY_STALE and now - since >= rules.grace
    return (Stage.STALE if waited or stage is Stage.STALE else Stage.POTENTIALLY_STALE), reasons


def reasons_of(facts: Facts, now: datetime, rules: Rules) -> list[Reason]:
    """Return why a flag is suspected."""
    long_ago = now - rules.quiet
    found = {
        Reason.NOT_EVALUATED: _is_quiet(facts, long_ago),
        Reason.ONE_VARIANT: _all(
            one.only_variant_since is not None
            and max(one.only_variant_since, one.published_at) <= long_ago
            for one in facts.there
        ),
        Reason.FULLY_ROLLED_OUT: _all(
            one.settled and one.published_at <= long_ago for one in facts.there
        ),
        Reason.OVERDUE: facts.expected is not None and now - facts.created_at > facts.expected,
        Reason.OLD: facts.expected is None and now - facts.created_at > rules.old,
    }
    left_out = _OF_TEMPORARY if facts.permanent else frozenset[Reason]()
    return [reason for reason, true in found.items() if true and reason not in left_out]


def _is_quiet(facts: Facts, long_ago: datetime) -> bool:
    if not facts.there:
        return facts.created_at <= long_ago
    return all(
        one.published_at <= long_ago
        and (one.evaluated_at is None or one.evaluated_at <= long_ago)
        and one.others_at is not None
        and one.others_at > long_ago
        for one in facts.there
    )


def _all(found: Iterable[bool]) -> bool:
    told = list(found)
    return bool(told) and all(told)


def is_settled(definition: Mapping[str, Any]) -> bool:
    """Whether a definition gives everybody the same, whoever asks."""
    return len(definition.get("variants", {})) == 1 or not definition.get("targeting")


def needed_by(definition: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return for each flag that others use in an environment the keys of those, by rules alone.

    A rule that only reaches a flag by way of evaluators and segments uses it all the same; an
    evaluator or a segment that no flag uses needs nothing.
    """
    shared = {
        **{("$evaluators", name): rule for name, rule in definition.get("$evaluators", {}).items()},
        **{
            ("$segments", name): given.get("rule")
            for name, given in definition.get("$segments", {}).items()
        },
    }
    uses = {vertex: measure(rule, DEFAULT).uses for vertex, rule in shared.items()}
    found: dict[str, list[str]] = {}
    for key, given in definition.get("flags", {}).items():
        for used in _flags_reached(measure(given.get("targeting"), DEFAULT).uses, uses):
            if used != key:
                found.setdefault(used, []).append(key)
    return found


def _flags_reached(
    first: Collection[tuple[str, str]],
    uses: Mapping[tuple[str, str], Collection[tuple[str, str]]],
) -> set[str]:
    seen: set[tuple[str, str]] = set()
    waiting = list(first)
    while waiting:
        vertex = waiting.pop()
        if vertex not in seen:
            seen.add(vertex)
            # A flag stands for itself: what it needs is its own matter.
            waiting += uses.get(vertex, ())
    return {name for kind, name in seen if kind == "flags"}
