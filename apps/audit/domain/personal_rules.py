"""Rules that say which fields of some actions are personal, and of whom, whoever tells the entry.

Places are the JSON pointers of `apps.audit.domain.personal`, but that a target is named by its type
and a change by its field, or `*` for all of them: `/targets/user/name`, `/changes/email/after`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from apps.audit.domain.entries import Entry, EntryError, Personal
from apps.audit.domain.personal import Parts, Taken, found_at, parts_of, redacted, tokens_of
from apps.audit.domain.retention import ALL, ActionsError, check_actions, covers

#: Fields of one rule.
MOST_FIELDS = 50
#: Of the log itself, which has to tell who erased what.
_OWN = "audit."


@dataclass(frozen=True, slots=True)
class PersonalRule:
    """What of an action's entries is personal."""

    #: An action, or the beginning of some with a `*` behind it.
    actions: str
    #: Where an entry names the subject.
    subject: str
    fields: tuple[str, ...]

    def check(self) -> None:
        """Raise EntryError unless it could say something of an entry."""
        try:
            check_actions(self.actions)
        except ActionsError as error:
            raise EntryError(str(error)) from None
        if self.actions.startswith(_OWN):
            raise EntryError("actions of the audit log itself have no rules: it tells who did what")
        if not 1 <= len(self.fields) <= MOST_FIELDS:
            raise EntryError(f"fields are 1 to {MOST_FIELDS}, found {len(self.fields)}")
        for pointer in (self.subject, *self.fields):
            _tokens(pointer)

    def fits(self, action: str) -> bool:
        """Say whether it is about an action."""
        return covers(self.actions, action) and not action.startswith(_OWN)


def redacted_by(rules: Sequence[PersonalRule], entry: Entry) -> tuple[Entry, list[Taken]]:
    """Return the entry without its personal values, and these. Raises EntryError.

    What the entry says itself to be personal stays its own subject's; where it says nothing, rules
    do. A field that an entry does not have, or in which nothing stands, is passed over.
    """
    parts = parts_of(entry) if rules else {}
    ruled = [one for rule in rules for one in _named(rule, entry, parts)]
    return redacted(entry, ruled)


def _named(rule: PersonalRule, entry: Entry, parts: Parts) -> Iterator[Personal]:
    for place in rule.fields:
        for pointer in _pointers(place, entry):
            if found_at(parts, pointer) not in (None, ""):
                yield Personal(subject=_subject(rule, pointer, entry, parts), fields=(pointer,))


def _subject(rule: PersonalRule, pointer: str, entry: Entry, parts: Parts) -> str:
    """Return of whom a field tells; of a target's it is that target's where the rule says so."""
    candidates = list(_pointers(rule.subject, entry))
    beside = [one for one in candidates if _holder(one) == _holder(pointer)]
    for one in beside or candidates:
        value = found_at(parts, one)
        text = str(value).strip() if isinstance(value, str | int) else ""
        if 0 < len(text) <= 500:
            return text
    # Nobody's is sealed as well: by this name what has no subject of its own is found, and erased.
    return f"action:{entry.action}"


def _pointers(place: str, entry: Entry) -> Iterator[str]:
    """Yield the pointers into an entry that a place stands for."""
    head, *rest = _tokens(place)
    several = {
        "targets": [one.type for one in entry.targets],
        "changes": [one.field for one in entry.changes],
    }
    if head not in several:
        yield place
        return
    tail = place.split("/", 3)[3]
    for index, name in enumerate(several[head]):
        if rest[0] in (ALL, name):
            yield f"/{head}/{index}/{tail}"


def _tokens(place: str) -> list[str]:
    _, head, *rest = f"{place}/".split("/")
    if head in {"targets", "changes"} and not (rest and rest[0]):
        raise EntryError(f"{place[:100]!r} names no type of target and no field of a change")
    return tokens_of(place)


def _holder(pointer: str) -> list[str]:
    return pointer.split("/")[:3] if pointer.startswith("/targets/") else []
