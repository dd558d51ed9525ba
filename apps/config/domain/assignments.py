"""Whether a split gives what its weights say: a test of the sample ratio."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

#: Below this chance a sample is not of the weights.
SUSPICIOUS = 0.001
#: With fewer expected of a variant, the test says nothing.
LEAST_EXPECTED = 5


class Verdict(StrEnum):
    """What the test says."""

    AS_EXPECTED = "as_expected"
    MISMATCH = "mismatch"
    TOO_FEW = "too_few"
    #: The rule is none of which shares follow.
    NO_SPLIT = "no_split"


@dataclass(frozen=True, slots=True)
class Check:
    """A verdict, in words as well; the rest is null where there is no test."""

    verdict: Verdict
    words: str
    #: Of the variants of the split, how many each was to have of those that were seen.
    expected: Mapping[str, float] | None = None
    chi_square: float | None = None
    p_value: float | None = None


class NoSplitError(Exception):
    """A rule of which no shares follow; tells why."""


def check(definition: Mapping[str, Any], seen: Mapping[str, int]) -> Check:
    """Compare how many have got each variant with what the definition says."""
    try:
        weights = weights_of(definition)
    except NoSplitError as error:
        return Check(Verdict.NO_SPLIT, str(error))
    counts = [seen.get(variant, 0) for variant in weights]
    total, whole = sum(counts), sum(weights.values())
    expected = {variant: total * weight / whole for variant, weight in weights.items()}
    if min(expected.values()) < LEAST_EXPECTED:
        return Check(
            Verdict.TOO_FEW,
            f"{total:,} were seen: too few to say whether the split is as its weights.",
            expected,
        )
    statistic = sum(
        (count - wanted) ** 2 / wanted
        for count, wanted in zip(counts, expected.values(), strict=True)
    )
    chance = p_value(statistic, len(weights) - 1)
    if chance < SUSPICIOUS:
        words = (
            f"The split is not as its weights: by chance alone it would be so far off in"
            f" {_share(chance)} of all cases. Find the cause before you trust what is measured."
        )
        return Check(Verdict.MISMATCH, words, expected, statistic, chance)
    words = f"The split is as its weights say, as far as {total:,} can tell."
    return Check(Verdict.AS_EXPECTED, words, expected, statistic, chance)


def _share(chance: float) -> str:
    return "less than one in a million" if chance < 1e-6 else f"one in {round(1 / chance):,}"


def p_value(chi_square: float, degrees: int) -> float:
    """Return the chance of a chi-square statistic at least as large (Abramowitz & Stegun 26.4)."""
    half = chi_square / 2
    if degrees % 2:
        total, term = math.erfc(math.sqrt(half)), math.exp(-half) * math.sqrt(half / math.pi) * 2
        for step in range(1, degrees, 2):
            total += term
            term *= half / (step / 2 + 1)
        return total
    term = total = math.exp(-half)
    for step in range(1, degrees // 2):
        term *= half / step
        total += term
    return total


def weights_of(definition: Mapping[str, Any]) -> dict[str, int]:
    """Return the weights by which a flag splits those whom its other rules leave.

    Raises NoSplitError where there are none, or what was seen does not tell who came by the split.
    """
    splits: list[dict[str, int]] = []
    fixed: set[str] = set()
    for found in _ends(definition.get("targeting"), definition.get("defaultVariant")):
        if isinstance(found, dict):
            splits.append(found)
        else:
            fixed.add(found)
    if not splits:
        raise NoSplitError("The flag has no split: nobody's variant is left to chance.")
    weights = splits[0]
    if any(other != weights for other in splits):
        raise NoSplitError("The flag has several splits with other weights each.")
    if len(weights) < 2:
        raise NoSplitError("The split of the flag gives everybody the same.")
    if both := sorted(fixed & weights.keys()):
        raise NoSplitError(
            f"A rule of the flag gives {both[0]!r} beside the split: who came by which of the two"
            " is not known."
        )
    return weights


def _ends(rule: Any, default: Any) -> Iterator[str | dict[str, int]]:
    """Yield what a rule may end with: a variant, or a split."""
    match rule:
        case None:
            if default is not None:
                yield _name(default)
        case str() | bool():
            yield _name(rule)
        case {"if": [*parts]} | {"?:": [*parts]} if len(rule) == 1:
            results = parts[1::2] if len(parts) % 2 == 0 else [*parts[1::2], parts[-1]]
            for result in results:
                yield from _ends(result, default)
            if len(parts) % 2 == 0:
                yield from _ends(None, default)
        case {"fractional": [*entries]} if len(rule) == 1:
            yield _weights(entries)
        case _:
            raise NoSplitError("The rule of the flag is one of which no shares follow.")


def _weights(entries: Sequence[Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for entry in entries:
        match entry:
            case [str() | bool() as variant]:
                weight = 1
            case [str() | bool() as variant, int(weight)] if not isinstance(weight, bool):
                pass
            case _:
                raise NoSplitError("The split is by something else than the targeting key.")
        found[_name(variant)] = found.get(_name(variant), 0) + max(weight, 0)
    return {variant: weight for variant, weight in found.items() if weight}


def _name(variant: Any) -> str:
    return str(variant).lower() if isinstance(variant, bool) else str(variant)
