"""Which events begin a workflow, and for whom.

    [{"event": "audit.alert.raised.v1", "when": "data.count > 5",
      "subscribers": ["data.owner_id"], "topics": ["on-call"]}]

`data` is what the event tells, `subject` the id of what it happened to. What stands among the
subscribers is an expression that gives the key of one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.notifications.domain.expressions import compiled, frame_of
from apps.notifications.domain.places import Mistake, MistakesError
from contracts.expressions.errors import ExpressionError
from contracts.expressions.values import truth

MOST_RULES = 20
MOST_OF_ONE = 20
MOST_TOPIC = 100
_FIELDS = {"event", "when", "subscribers", "topics"}


@dataclass(frozen=True, slots=True)
class Recipients:
    """Whom it is for: keys of subscribers, and topics."""

    subscribers: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


def check_rules(rules: Any, events: frozenset[str]) -> None:
    """Raise MistakesError that names the place of each mistake."""
    mistakes: list[Mistake] = []
    if not isinstance(rules, list) or len(rules) > MOST_RULES:
        raise MistakesError([Mistake("rules", f"expected a list of at most {MOST_RULES}")])
    for number, rule in enumerate(rules):
        mistakes += _mistakes(f"rules[{number}]", rule, events)
    if mistakes:
        raise MistakesError(mistakes)


def recipients(rule: Mapping[str, Any], subject: str, data: Mapping[str, Any]) -> Recipients | None:
    """Return whom an event is told to by a rule, None where it does not hold.

    Raises ExpressionError where the event does not have what the rule asks for.
    """
    seen = {"data": data, "subject": subject}
    if rule.get("when") and not truth(compiled(rule["when"])(frame_of(seen))):
        return None
    keys = [compiled(one)(frame_of(seen)) for one in rule.get("subscribers", [])]
    return Recipients(
        subscribers=tuple(str(key) for key in keys if key),
        topics=tuple(rule.get("topics", ())),
    )


def _mistakes(place: str, rule: Any, events: frozenset[str]) -> list[Mistake]:
    if not isinstance(rule, Mapping):
        return [Mistake(place, "a rule is an object with `event`")]
    found = [Mistake(f"{place}.{name}", "no such field") for name in sorted(set(rule) - _FIELDS)]
    if rule.get("event") not in events:
        found.append(Mistake(f"{place}.event", f"there is no event {rule.get('event')!r:.80}"))
    if "when" in rule:
        found += _expression(f"{place}.when", rule["when"])
    keys, topics = rule.get("subscribers", []), rule.get("topics", [])
    if not _texts(keys) or not _texts(topics) or not [*keys, *topics]:
        told = f"texts, at most {MOST_OF_ONE}, as subscribers, topics or both"
        return [*found, Mistake(place, f"expected {told}")]
    for number, text in enumerate(keys):
        found += _expression(f"{place}.subscribers[{number}]", text)
    return found


def _texts(value: Any) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and len(value) <= MOST_OF_ONE
        and all(isinstance(one, str) and one for one in value)
    )


def _expression(place: str, text: Any) -> list[Mistake]:
    if not isinstance(text, str):
        return [Mistake(place, "expected an expression")]
    try:
        compiled(text)
    except ExpressionError as error:
        return [Mistake(place, str(error))]
    return []
