"""A text of a template: a string with placeholders, or a list of runs with marks."""

from dataclasses import fields
from typing import Any
from urllib.parse import urlsplit

from apps.documents.domain.findings import under
from apps.documents.domain.model.reading import Reader
from apps.documents.domain.model.texts import PLAIN, Expression, PageField, Run, Style, Text

_MARKS = tuple(one.name for one in fields(Style) if one.name != "color")
_MOST_RUNS = 500
_PAGES: tuple[PageField, ...] = ("", "page", "pages")
_SCHEMES = frozenset(("http", "https", "mailto", "tel"))


def read_text(reader: Reader, key: str, names: frozenset[str] | None = None) -> Text:
    """Return a text, empty where there is none."""
    value = reader.take(key)
    if value is None:
        return ()
    if isinstance(value, list):
        found = [
            run
            for one, place in reader.values(key, _MOST_RUNS)
            if (run := _run(reader, one, place, names))
        ]
        return tuple(found)
    parts = reader.template(value, reader.at(key), names)
    return (Run(parts),) if parts else ()


def needed_text(reader: Reader, key: str, names: frozenset[str] | None = None) -> Text:
    """Return a text that has to be there."""
    if reader.given.get(key) in (None, "", []):
        reader.take(key)
        reader.refuse(key, "missing", "a text is needed here")
        return ()
    return read_text(reader, key, names)


def _run(reader: Reader, value: Any, place: str, names: frozenset[str] | None) -> Run | None:
    if isinstance(value, str):
        return Run(reader.template(value, place, names))
    if not isinstance(value, dict):
        reader.notes.add(place, "type", "a text or an object with `text`", reader.block)
        return None
    inner = Reader(value, place, reader.block, reader.notes, reader.names)
    page = inner.choice("field", _PAGES, "")
    style = Style(**{mark: inner.flag(mark) for mark in _MARKS}, color=inner.color("color"))
    text = inner.take("text")
    parts = () if page else inner.template(text, under(place, "text"), names)
    link = inner.take("link")
    target = inner.template(link, under(place, "link"), names) if link is not None else ()
    if target and (problem := _link_problem(target)):
        inner.refuse("link", "link", problem)
    inner.finish()
    return Run(parts, style if style != PLAIN else PLAIN, target, page)


def _link_problem(parts: tuple[str | Expression, ...]) -> str:
    """What an expression gives is judged when it is known."""
    first = parts[0]
    if isinstance(first, str):
        return link_problem(first)
    return "" if len(parts) == 1 else "a link begins with its scheme, such as https://"


def link_problem(link: str) -> str:
    """Return why a link is not taken, or nothing."""
    try:
        scheme = urlsplit(link.strip()).scheme.lower()
    except ValueError:
        return "this is no link"
    if scheme in _SCHEMES:
        return ""
    return f"a link begins with one of {', '.join(sorted(_SCHEMES))}, found {link[:40]!r}"
