"""What a flag does, in a few words."""

from collections.abc import Mapping
from typing import Any


def enabled(definition: Mapping[str, Any]) -> bool:
    """Say whether it is asked at all."""
    return bool(definition.get("state") != "DISABLED")


def told_of(definition: Mapping[str, Any]) -> str:
    """Return who gets what as far as that is short: `2 rules, then off`."""
    if not enabled(definition):
        return "programs' own default"
    rules, rest = _parts(definition.get("targeting"))
    words = [f"{rules} rule{'s' if rules > 1 else ''}"] if rules else []
    words.append(_outcome(rest, definition.get("defaultVariant")))
    return ", then ".join(words)


def _parts(targeting: Any) -> tuple[int, Any]:
    """Return how many rules there are, and what everybody else gets."""
    match targeting:
        case {"if": [*branches]} if len(targeting) == 1:
            return len(branches) // 2, branches[-1] if len(branches) % 2 else None
    return 0, targeting or None


def _outcome(rest: Any, default: Any) -> str:
    match rest:
        case None:
            return "programs' own default" if default in (None, "") else str(default)
        case str():
            return rest
        case {"fractional": [*shares]}:
            return _split([one for one in shares if isinstance(one, list)])
    return "a rule"


def _split(shares: list[list[Any]]) -> str:
    match shares:
        case [[str(first), int(weight)], [_, int(other)]] if weight + other > 0:
            return f"{weight * 100 / (weight + other):.4g} % {first}"
    return f"a split of {len(shares)}"
