"""A rollout as it is written into a flag's definition: more and more of those who got the default.

Growing never moves anybody who is already in: the variant has the first buckets of a split whose
size is the same in every step.
"""

from collections.abc import Mapping, Sequence
from typing import Any

#: A hundredth of a percent.
SIZE = 10_000
MOST_STEPS = 50
LONGEST_HOLD_SECONDS = 90 * 86_400


class RolloutError(Exception):
    """A flag that cannot be rolled out, or steps that are none; tells why."""


def check_steps(steps: Sequence[tuple[float, int]]) -> None:
    """Raise RolloutError unless percentages grow, and each is held for some time."""
    if not 1 <= len(steps) <= MOST_STEPS:
        raise RolloutError(f"1 to {MOST_STEPS} steps, found {len(steps)}")
    before = 0.0
    for percent, hold in steps:
        if not before < percent <= 100:
            raise RolloutError(f"percentages grow, up to 100: found {percent} after {before}")
        if not 0 <= hold <= LONGEST_HOLD_SECONDS:
            raise RolloutError(f"a step is held for 0 to {LONGEST_HOLD_SECONDS} s, found {hold}")
        before = percent


def at_step(original: Mapping[str, Any], variant: str, percent: float) -> dict[str, Any]:
    """Return the definition with so much of its default given to a variant; at 100 it is that.

    Raises RolloutError where the rule leaves nobody to the default.
    """
    if variant not in original.get("variants", {}):
        raise RolloutError(f"{variant!r} is no variant of the flag")
    default = original.get("defaultVariant")
    default = str(default).lower() if isinstance(default, bool) else default
    if default == variant:
        raise RolloutError(f"{variant!r} is what everybody gets by default")
    rule, had = _without_split(original.get("targeting"), variant, default)
    weight = round(percent * SIZE / 100)
    if weight < had:
        raise RolloutError(f"{had * 100 / SIZE:g} % have {variant!r} already")
    made = {name: value for name, value in original.items() if name != "targeting"}
    if percent >= 100:
        return {**made, "defaultVariant": variant, **({"targeting": rule} if rule else {})}
    split = {"fractional": [[variant, weight], [default, SIZE - weight]]}
    return {**made, "targeting": _with_rest(rule, split)}


def _without_split(rule: Any, variant: str, default: Any) -> tuple[Any, int]:
    """Return a rule without the split of a rollout that was left, and how much that gave."""
    branches = rule.get("if") if isinstance(rule, dict) and len(rule) == 1 else None
    rest = branches[-1] if isinstance(branches, list) and len(branches) % 2 else rule
    given = rest.get("fractional") if isinstance(rest, dict) else None
    match given:
        case [[left, int(weight)], [right, int(other)]] if (left, right) == (variant, default):
            if weight + other == SIZE:
                return ({"if": rule["if"][:-1]} if rest is not rule else None), weight
    return rule, 0


def _with_rest(rule: Any, split: dict[str, Any]) -> dict[str, Any]:
    if not rule:
        return split
    branches = rule.get("if") if isinstance(rule, dict) and len(rule) == 1 else None
    if not isinstance(branches, list) or len(branches) % 2:
        raise RolloutError("the rule of the flag leaves nobody to its default")
    return {"if": [*branches, split]}
