"""What pages of the back office are made of: inputs, badges, tables, charts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.db.models import Model
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from unfold.decorators import display
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

T = TypeVar("T")

CheckInput = UnfoldBooleanWidget
LongTextInput = UnfoldAdminTextareaWidget
NumberInput = UnfoldAdminIntegerFieldWidget
SelectInput = UnfoldAdminSelectWidget
TextInput = UnfoldAdminTextInputWidget


class MomentInput(UnfoldAdminTextInputWidget):
    """A time to the second in UTC, by the browser's own picker."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"step": "1"})

    def format_value(self, value: Any) -> str | None:
        """Return it as browsers take it."""
        return value.strftime("%Y-%m-%dT%H:%M:%S") if hasattr(value, "strftime") else value


def ago(seconds: float) -> str:
    """Return a time span as people say it: by its largest unit."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:.0f} s"


def badge(text: str, kind: str) -> SafeString:
    """Return a word on the colour of `success`, `info`, `warning` or `danger`."""
    return mark_safe(  # noqa: S308  a template of the theme, which escapes the text # nosec B308 B703
        render_to_string("unfold/helpers/label.html", {"text": text, "type": kind})
    )


def columns_of(
    load: Callable[[], Mapping[Any, T]], missing: Callable[[Any], T] | None = None
) -> Callable[[str, Callable[[T], Any]], Callable[[Model], Any]]:
    """Return what makes a column of a list by its title and what it tells of a row.

    What is told of is loaded once for the page, by the rows' keys. Made anew for each page.
    """
    loaded = cache(load)

    def column(title: str, tell: Callable[[T], Any]) -> Callable[[Model], Any]:
        @display(description=title)
        def shown(row: Model) -> Any:
            found = loaded().get(row.pk)
            if found is None and missing is not None:
                found = missing(row.pk)
            return "-" if found is None else tell(found)

        named: Callable[[Model], Any] = shown
        return named

    return column


def labelled(href: str, text: Any) -> SafeString:
    """Return a link."""
    return format_html('<a class="septet-link" href="{}">{}</a>', href, text)


@dataclass(slots=True)
class Bar:
    """One bar of a chart."""

    label: str
    value: int
    #: Percent of the largest bar.
    height: int
    #: Where what it stands for is listed.
    href: str = ""

    @classmethod
    def of(cls, counted: Sequence[tuple[str, int]]) -> "list[Bar]":
        largest = max((value for _, value in counted), default=0) or 1
        return [cls(label, value, round(100 * value / largest)) for label, value in counted]


def table(head: Sequence[str], rows: Sequence[Sequence[Any]], empty: str) -> SafeString:
    """Return a small table; every value is escaped."""
    if not rows:
        return format_html("<p>{}</p>", empty)
    return format_html(
        '<table class="septet-table"><thead><tr>{}</tr></thead><tbody>{}</tbody></table>',
        format_html_join("", '<th scope="col">{}</th>', ((cell,) for cell in head)),
        format_html_join(
            "",
            "<tr>{}</tr>",
            ((format_html_join("", "<td>{}</td>", ((cell,) for cell in row)),) for row in rows),
        ),
    )
