"""Which policy counts for an action, and from when on the logs of a month may go."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from apps.audit.domain.archives import month_after, start_of

ALL = "*"
_ACTIONS = re.compile(r"\*|[^*\s\0]+(?:\*)?")


class ActionsError(ValueError):
    """A text that stands for no actions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a policy says."""

    #: An action, or the beginning of some with a `*` behind it.
    actions: str
    #: None: for ever.
    live_days: int | None
    archived: bool = True
    #: None: for ever.
    archived_days: int | None = None

    @property
    def beginning(self) -> str:
        """Return how its actions begin."""
        return self.actions.removesuffix(ALL)

    @property
    def exact(self) -> bool:
        """Whether it is for one action."""
        return not self.actions.endswith(ALL)

    def fits(self, action: str) -> bool:
        """Say whether an action is one of its own, but for rules that fit better."""
        return covers(self.actions, action)

    def better(self, rules: Iterable["Rule"]) -> list["Rule"]:
        """Return the rules that come before this one where both fit."""
        return [one for one in rules if _rank(one) > _rank(self) and self.fits(one.beginning)]

    def due(self, month: date) -> datetime | None:
        """Return from when on logs of a month may go; None for never."""
        if self.live_days is None:
            return None
        return start_of(month_after(month)) + timedelta(days=self.live_days)


def covers(actions: str, action: str) -> bool:
    """Say whether an action is the one, or begins as those do that a `*` stands for."""
    if actions.endswith(ALL):
        return action.startswith(actions.removesuffix(ALL))
    return action == actions


def check_actions(text: str) -> None:
    """Raise ActionsError unless this is an action, or the beginning of some and a `*`."""
    if not _ACTIONS.fullmatch(text):
        raise ActionsError(
            "actions are one such as `invoice.approved`, some such as `invoice.*`, or `*`,"
            f" found {text[:80]!r}"
        )


def rule_for(action: str, rules: Sequence[Rule]) -> Rule:
    """Return the rule that counts for an action; one of them fits all."""
    return max((one for one in rules if one.fits(action)), key=_rank)


def _rank(rule: Rule) -> tuple[int, bool]:
    return len(rule.beginning), rule.exact
