"""Texts and expressions of a template get their values."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal

from apps.documents.domain.expressions.frames import Frame
from apps.documents.domain.findings import DocumentError, Finding, stop
from apps.documents.domain.model.formats import Format
from apps.documents.domain.model.reading import UNWRITABLE
from apps.documents.domain.model.runs import link_problem
from apps.documents.domain.model.texts import Expression, Run, Span, Spans, Text
from contracts.expressions.errors import ExpressionError
from contracts.expressions.values import Value, kind, normal

#: A number of more digits before its point is not written out.
_DIGITS = 34


class Filler:
    """Evaluates in one frame, and counts what it has written."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.locale = frame.locale
        self.written = 0

    def value(self, expression: Expression) -> Value:
        """Return a value; raises DocumentError with the expression and the character."""
        self.frame.built = 0
        try:
            return expression.evaluate(self.frame)
        except ExpressionError as error:
            raise _told(expression, error.at, error.code, error.message) from error

    def items(self, expression: Expression) -> Sequence[Value]:
        """Return a list to loop over; null is an empty one."""
        found = self.value(expression)
        if found is None:
            return ()
        if isinstance(found, str) or not isinstance(found, Sequence):
            message = f"a list is needed to loop over, found a {kind(found)}"
            raise _told(expression, expression.offset, "type", message)
        if len(found) > self.frame.limits.list_length:
            message = f"at most {self.frame.limits.list_length} items, found {len(found)}"
            raise _told(expression, expression.offset, "size", message)
        return found

    def step(self, place: str) -> None:
        """Count a turn of a loop or a block."""
        try:
            self.frame.spend(1, 0)
        except ExpressionError as error:
            stop(place, error.code, error.message)

    @contextmanager
    def named(self, given: Mapping[str, Value]) -> Iterator[None]:
        """Give names values for a while."""
        names = self.frame.names
        outer = {name: names.get(name) for name in given}
        names.update(given)
        try:
            yield
        finally:
            names.update(outer)

    def each(self, over: Expression, name: str) -> Iterator[Value]:
        """Yield the items of a list, each under a name while it is looked at."""
        names = self.frame.names
        outer = names.get(name)
        for item in self.items(over):
            self.step(over.place)
            # Set anew for each: what looked at the one before may have looped by the same name.
            names[name] = found = normal(item)
            yield found
        names[name] = outer

    def spans(self, text: Text) -> Spans:
        """Return a text with its values."""
        return tuple(span for run in text if (span := self._span(run)).text or span.page)

    def words(self, text: Text) -> str:
        """Return a text without marks."""
        return "".join(span.text for span in self.spans(text))

    def _span(self, run: Run) -> Span:
        if run.page:
            return Span("", run.style, page=run.page)
        return Span(self._joined(run.parts), run.style, self._link(run))

    def _link(self, run: Run) -> str:
        """A link that data has made unsafe is left out; its text stays."""
        link = self._joined(run.link)
        return link if link and not link_problem(link) else ""

    def _joined(self, parts: tuple[str | Expression, ...]) -> str:
        text = "".join(part if isinstance(part, str) else self.shown(part) for part in parts)
        self.written += len(text)
        if self.written > self.frame.limits.document_text:
            stop("", "size", f"more than {self.frame.limits.document_text} characters of text")
        return text

    def shown(self, expression: Expression) -> str:
        """Return a value as text, numbers and dates in the locale."""
        value = self.value(expression)
        if isinstance(value, str):
            shown = value
        elif isinstance(value, Decimal):
            shown = self.formatted(value, _BARE, expression)
        elif value is None:
            return ""
        elif isinstance(value, bool):
            shown = "true" if value else "false"
        elif isinstance(value, dt.datetime):
            shown = self.locale.datetime(value)
        elif isinstance(value, dt.date):
            shown = self.locale.date(value)
        else:
            message = f"a {kind(value)} is no text: name a field of it, or `join` it"
            raise _told(expression, expression.offset, "type", message)
        return _writable(shown)

    def formatted(self, value: Decimal, format: Format, expression: Expression) -> str:
        """Return a number in a format."""
        if value.adjusted() >= _DIGITS and value:
            message = "the number is too large to be written out"
            raise _told(expression, expression.offset, "overflow", message)
        if format.kind == "currency":
            return self.locale.money(value, format.argument or None)
        if format.kind == "percent":
            return self.locale.percent(value, format.digits)
        if format.kind == "number":
            return self.locale.number(value, None if format.digits < 0 else format.digits)
        return self.locale.bare(value)

    def cell(self, expression: Expression, format: Format) -> tuple[str, Value]:
        """Return what a cell shows, and the value that a format makes of it."""
        value = self.value(expression)
        if format.kind in ("date", "datetime"):
            value = self._dated(value, format, expression)
            if isinstance(value, dt.datetime) and format.kind == "datetime":
                return self.locale.datetime(value, format.argument), value
            if isinstance(value, dt.date):
                return self.locale.date(value, format.argument), value
        if isinstance(value, Decimal):
            return self.formatted(value, format, expression), value
        if isinstance(value, str):
            if format.kind != "text":
                message = f"a {format.kind} is needed, found a text: {value[:40]!r}"
                raise _told(expression, expression.offset, "type", message)
            if len(value) > self.frame.limits.cell_length:
                message = f"a cell has at most {self.frame.limits.cell_length} characters"
                raise _told(expression, expression.offset, "size", message)
            text = _writable(value)
            return text, text
        if value is None:
            return "", None
        return self.shown(expression), value

    def _dated(self, value: Value, format: Format, expression: Expression) -> Value:
        if not isinstance(value, str):
            return value
        try:
            if format.kind == "date" and len(value) == 10:
                return dt.date.fromisoformat(value)
            found = self.locale.local(dt.datetime.fromisoformat(value))
            return found.date() if format.kind == "date" else found
        except ValueError:
            message = f"no date of ISO 8601: {value[:40]!r}"
            raise _told(expression, expression.offset, "value", message) from None


_BARE = Format()


def _writable(text: str) -> str:
    return text if text.isprintable() else UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _told(expression: Expression, at: int, code: str, message: str) -> DocumentError:
    return DocumentError(
        Finding(
            expression.place,
            code,
            message,
            expression.block,
            expression.source,
            max(at - expression.offset, 0),
        )
    )
