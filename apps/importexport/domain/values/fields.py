"""The rules of one field, applied to one text: what it becomes, or why it is refused."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from apps.importexport.domain.problems import Code, PlanError, RefusedError
from apps.importexport.domain.values.patterns import Pattern, compiled
from apps.importexport.domain.values.scalars import SPACES, Read, Value, reader
from contracts.datasets import Field, Kind

#: Kinds whose values have an order that bounds can be in.
ORDERED = frozenset((Kind.INTEGER, Kind.DECIMAL, Kind.DATE, Kind.DATETIME))
_MOST_CHOICES_SHOWN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCheck:
    """A field with its bounds and choices read as values of its kind."""

    field: Field
    read: Read
    #: Of moments that name no offset.
    zone: ZoneInfo
    minimum: Any = None
    maximum: Any = None
    choices: frozenset[Value] = frozenset()
    pattern: Pattern | None = None

    def value(self, text: str | None) -> Value | None:
        """Return what a cell holds, None for one of nothing; raises RefusedError.

        An empty text is a value of a text, where one is not required, and of no other kind.
        """
        if text and self.field.kind is not Kind.TEXT:
            text = text.strip(SPACES)
        if not text and self.field.required:
            raise RefusedError(Code.REQUIRED, "a value is expected")
        if text is None or (text == "" and self.field.kind is not Kind.TEXT):
            return None
        value = self.read(text)
        self._check_text(text)
        self._check_value(value)
        return value

    def _check_text(self, text: str) -> None:
        field = self.field
        if field.max_length is not None and len(text) > field.max_length:
            raise RefusedError(
                Code.TOO_LONG,
                f"at most {field.max_length} characters are expected, found {len(text)}",
            )
        if field.min_length is not None and len(text) < field.min_length:
            raise RefusedError(
                Code.TOO_SHORT,
                f"at least {field.min_length} characters are expected, found {len(text)}",
            )
        if self.pattern is not None and self.pattern.fullmatch(text) is None:
            raise RefusedError(Code.NO_MATCH, f"a text of the form {field.pattern} is expected")

    def _check_value(self, value: Any) -> None:
        field = self.field
        if self.choices and value not in self.choices:
            shown = ", ".join(field.choices[:_MOST_CHOICES_SHOWN])
            more = len(field.choices) - _MOST_CHOICES_SHOWN
            rest = f" and {more} more" if more > 0 else ""
            raise RefusedError(Code.NOT_A_CHOICE, f"one of these is expected: {shown}{rest}")
        if self.minimum is not None and value < self.minimum:
            raise RefusedError(Code.OUT_OF_RANGE, f"at least {field.minimum} is expected")
        if self.maximum is not None and value > self.maximum:
            raise RefusedError(Code.OUT_OF_RANGE, f"at most {field.maximum} is expected")


def field_check(field: Field, zone: ZoneInfo) -> FieldCheck:
    """Return what checks a field; raises PlanError where its own declaration cannot be."""
    read = reader(field.kind, zone)
    if (field.minimum or field.maximum) and field.kind not in ORDERED:
        raise PlanError(f"{field.name}: a {field.kind} has no order, so no minimum or maximum")
    try:
        return FieldCheck(
            field=field,
            read=read,
            zone=zone,
            minimum=read(field.minimum) if field.minimum else None,
            maximum=read(field.maximum) if field.maximum else None,
            choices=frozenset(map(read, field.choices)),
            pattern=compiled(field.pattern) if field.pattern else None,
        )
    except RefusedError as error:
        raise PlanError(f"{field.name}: a bound or a choice is none: {error.message}") from error
