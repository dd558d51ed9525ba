"""What somebody looks for in the log: one question for live and archived logs and for alerts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any, Protocol

from apps.audit.domain.search import Terms, asked_tokens, fits, subject_token, texts_of

#: The least characters of a part of a word: an index of trigrams knows nothing shorter.
LEAST_PART = 3
#: The most values that JSON to look for may hold.
MOST_VALUES = 50


class QueryError(ValueError):
    """A question without sense; the message names the part."""


class Searched(Protocol):
    """What of a log a question looks at: its columns."""

    @property
    def occurred_at(self) -> datetime: ...
    @property
    def action(self) -> str: ...
    @property
    def actor_type(self) -> str: ...
    @property
    def actor_id(self) -> str: ...
    @property
    def actor_name(self) -> str: ...
    @property
    def targets(self) -> Sequence[Mapping[str, str]]: ...
    @property
    def context(self) -> Mapping[str, str]: ...
    @property
    def metadata(self) -> Mapping[str, Any]: ...
    @property
    def words(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """Which logs; every part that is given has to fit. `matches` is the meaning of it."""

    actor_type: str | None = None
    actor_id: str | None = None
    actor_name: str | None = None
    actions: tuple[str, ...] | None = None
    target_type: str | None = None
    target_id: str | None = None
    occurred_from: datetime | None = None
    occurred_before: datetime | None = None
    #: Words, or beginnings of words of 3 characters or more, that all occur.
    text: str | None = None
    #: Parts of words that all occur, wherever in a word.
    containing: str | None = None
    #: An object that the metadata contain, as PostgreSQL's `@>` understands it.
    metadata: dict[str, Any] | None = None
    ip_address: str | None = None
    request_id: str | None = None
    #: The id of a subject's key in hexadecimal: who the subject is, a question need not tell.
    subject_key: str | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> "LogQuery":
        """Read the parts that are not null; raises QueryError. Moments may be ISO 8601 texts."""
        given = {name: value for name, value in told.items() if value is not None}
        if unknown := given.keys() - {field.name for field in fields(cls)}:
            raise QueryError(f"a search has no part {min(unknown)}")
        for name in ("occurred_from", "occurred_before"):
            if isinstance(given.get(name), str):
                given[name] = _moment(name, given[name])
        if "actions" in given:
            given["actions"] = tuple(given["actions"])
        query = cls(**given)
        query._check()
        return query

    def told(self) -> dict[str, Any]:
        """Return the parts that are given, as JSON holds them; `of` reads them back."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _plain(value) for name, value in given.items() if value is not None}

    def narrowed(
        self,
        *,
        text: str = "",
        occurred_from: datetime | None = None,
        occurred_before: datetime | None = None,
    ) -> "LogQuery":
        """Return what finds of these logs only those that fit this too; raises QueryError."""
        starts = [one for one in (self.occurred_from, occurred_from) if one]
        ends = [one for one in (self.occurred_before, occurred_before) if one]
        query = replace(
            self,
            text=f"{self.text or ''} {text}" if text else self.text,
            occurred_from=max(starts, default=None),
            occurred_before=min(ends, default=None),
        )
        if text:
            # Of its own: else a text without a letter would find all that it is to narrow.
            LogQuery.of({"text": text})
        return LogQuery.of(query.told())

    @property
    def tokens(self) -> list[str]:
        """Return the beginnings of words that are looked for."""
        return asked_tokens(self.text or "")

    @property
    def parts(self) -> list[str]:
        """Return the parts of words that are looked for."""
        return asked_tokens(self.containing or "")

    @property
    def terms(self) -> Terms:
        """Return what an index of words is asked for it."""
        values = texts_of([self.metadata, self.ip_address, self.request_id])
        subject = [subject_token(self.subject_key)] if self.subject_key is not None else []
        return Terms.of([*subject, *self.tokens], values)

    def matches(self, log: Searched) -> bool:
        """Say whether a log is one of those that are looked for."""
        # The first is the token of the tenant.
        words = log.words.split(" ")
        return (
            self.actor_type in (None, log.actor_type)
            and self.actor_id in (None, log.actor_id)
            and self.actor_name in (None, log.actor_name)
            and self.ip_address in (None, log.context.get("ip_address"))
            and self.request_id in (None, log.context.get("request_id"))
            and (self.actions is None or log.action in self.actions)
            and (self.occurred_from is None or log.occurred_at >= self.occurred_from)
            and (self.occurred_before is None or log.occurred_at < self.occurred_before)
            and (self.subject_key is None or subject_token(self.subject_key) in words)
            and self._has_target(log.targets)
            and all(any(fits(token, word) for word in words) for token in self.tokens)
            and all(any(part in word for word in words[1:]) for part in self.parts)
            and (self.metadata is None or contains(log.metadata, self.metadata))
        )

    def _has_target(self, targets: Sequence[Mapping[str, str]]) -> bool:
        if self.target_type is None and self.target_id is None:
            return True
        return any(
            self.target_type in (None, target["type"]) and self.target_id in (None, target["id"])
            for target in targets
        )

    def _check(self) -> None:
        if self.text is not None and not self.tokens:
            raise QueryError("the text to look for has no letter and no digit")
        if self.containing is not None and min(map(len, self.parts), default=0) < LEAST_PART:
            raise QueryError(f"a part of a word to look for has at least {LEAST_PART} characters")
        if self.metadata is None:
            return
        if not isinstance(self.metadata, dict):
            raise QueryError("metadata to look for are an object")
        if _size(self.metadata) > MOST_VALUES:
            raise QueryError(f"metadata to look for hold at most {MOST_VALUES} values")


def contains(value: Any, wanted: Any) -> bool:
    """Say whether JSON holds all of what is wanted, at the same places; lists in any order."""
    if isinstance(wanted, Mapping):
        return isinstance(value, Mapping) and all(
            name in value and contains(value[name], one) for name, one in wanted.items()
        )
    if isinstance(wanted, list):
        return isinstance(value, list) and all(
            any(contains(item, one) for item in value) for one in wanted
        )
    # To Python, True is 1.
    return isinstance(value, bool) == isinstance(wanted, bool) and bool(value == wanted)


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1


def _moment(name: str, text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise QueryError(f"{name} is no moment: {text[:40]!r}") from None
    if moment.tzinfo is None:
        raise QueryError(f"{name} has no time zone")
    return moment


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return list(value) if isinstance(value, tuple) else value
