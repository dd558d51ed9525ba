"""Rules of what is personal, as they stand and as they stood."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from apps.audit.domain.personal_rules import PersonalRule
from apps.audit.models import PersonalFieldRule

#: States that the rules of an action have had, in which repeated content is looked for.
MOST_FORMER = 20
#: Actions whose rules are kept at hand.
_MOST_ACTIONS = 1_000

_Rules: TypeAlias = tuple[PersonalRule, ...]


@dataclass(frozen=True, slots=True)
class RulesOfAction:
    """What is personal in entries of an action, and what was at other times."""

    in_force: _Rules = ()
    #: The newest first; at the beginning there were none.
    former: Sequence[_Rules] = ()

    def __bool__(self) -> bool:
        return bool(self.in_force or self.former)


@dataclass(frozen=True, slots=True)
class _Since:
    """A rule, and the time for which it is in force."""

    rule: PersonalRule
    added_at: datetime
    ended_at: datetime | None

    def at(self, moment: datetime) -> bool:
        return self.added_at <= moment and (self.ended_at is None or moment < self.ended_at)


_NONE = RulesOfAction()


@dataclass(frozen=True, slots=True)
class RulesOfTenant:
    """All rules of a tenant, the oldest first: where two name a field, it says of whom that is."""

    rules: Sequence[_Since]
    _by_action: OrderedDict[str, RulesOfAction] = field(default_factory=OrderedDict)

    def about(self, action: str) -> RulesOfAction:
        """Return those of an action."""
        if not self.rules:
            return _NONE
        found = self._by_action.get(action)
        if found is None:
            found = self._by_action[action] = self._about(action)
            if len(self._by_action) > _MOST_ACTIONS:
                self._by_action.popitem(last=False)
        return found

    def _about(self, action: str) -> RulesOfAction:
        own = [one for one in self.rules if one.rule.fits(action)]
        moments = sorted({one for rule in own for one in (rule.added_at, rule.ended_at) if one})
        states = [tuple(one.rule for one in own if one.at(moment)) for moment in moments]
        now = tuple(one.rule for one in own if one.ended_at is None)
        former = dict.fromkeys(one for one in reversed([(), *states]) if one != now)
        return RulesOfAction(now, list(former)[:MOST_FORMER] if own else ())


def read_rules() -> RulesOfTenant:
    """Return the rules of the current tenant."""
    rows = PersonalFieldRule.objects.order_by("added_at", "id")
    return RulesOfTenant(
        [
            _Since(
                PersonalRule(row.actions, row.subject, tuple(row.fields)),
                row.added_at,
                row.ended_at,
            )
            for row in rows
        ]
    )
