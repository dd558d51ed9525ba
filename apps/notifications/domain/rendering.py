"""A message in the words of a template: subject, plain text, and HTML made of Markdown.

What stands in the data is text and nothing else: in HTML it is escaped, it never is Markdown, and a
link leads to https, http or mailto, or nowhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from typing import Any

from apps.notifications.domain.expressions import frame_of
from apps.notifications.domain.places import Mistake, MistakesError
from apps.notifications.domain.preferences import CHANNELS
from apps.notifications.domain.templates import Template, TemplateError, read_template

MOST_LOCALES = 50
MOST_SUBJECT = 500
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?")
_PARTS = {"subject", "body"}
#: Letters and digits alone pass through Markdown, addresses in it included, as they are.
_TOKEN = re.compile(r"qz([0-9]{1,6})zq")
_LINK = re.compile(r'(href|src)="([^"]*)"')
_SAFE = ("https://", "http://", "mailto:")
_SPACES = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")

#: By channel and locale: `{"email": {"en": {"subject": "…", "body": "…"}}}`.
Texts = Mapping[str, Mapping[str, Mapping[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What is said to one person."""

    locale: str
    subject: str
    text: str
    html: str


def check_texts(texts: Any) -> None:
    """Raise MistakesError that names the place of each mistake."""
    mistakes: list[Mistake] = []
    if not isinstance(texts, Mapping) or not texts:
        raise MistakesError([Mistake("texts", "expected at least one channel")])
    for channel, by_locale in texts.items():
        place = f"texts.{channel}"
        if channel not in CHANNELS:
            mistakes.append(Mistake(place, "there is no such channel"))
        elif not isinstance(by_locale, Mapping) or not 0 < len(by_locale) <= MOST_LOCALES:
            mistakes.append(Mistake(place, f"expected 1 to {MOST_LOCALES} locales"))
        else:
            for locale, parts in by_locale.items():
                mistakes += _mistakes(f"{place}.{locale}", locale, parts)
    if mistakes:
        raise MistakesError(mistakes)


def chosen_locale(by_locale: Mapping[str, Any], wanted: str, default: str) -> str:
    """Return the nearest locale there is: `de-AT`, `de`, the default, its language, the first."""
    for one in (wanted, wanted.partition("-")[0], default, default.partition("-")[0]):
        if one in by_locale:
            return one
    return next(iter(by_locale))


def rendered(
    texts: Texts, channel: str, *, locale: str, default: str, data: Mapping[str, Any]
) -> Words:
    """Return the words for a channel and a locale; raises TemplateError.

    A locale whose text cannot be filled is a mistake of that text: no other takes its place.
    """
    by_locale = texts.get(channel)
    if not by_locale:
        raise TemplateError(0, f"the template has no text for {channel}")
    chosen = chosen_locale(by_locale, locale, default)
    parts = by_locale[chosen]
    subject = _one_line(_read(parts["subject"]).filled(frame_of(data)))
    body = _read(parts["body"])
    return Words(
        locale=chosen,
        subject=subject[:MOST_SUBJECT],
        text=body.filled(frame_of(data)),
        html=_html(body, data) if channel == "email" else "",
    )


def html_of(text: str) -> str:
    """Return a text without placeholders, and without Markdown, as paragraphs of HTML."""
    paragraphs = re.split(r"\n[ \t]*\n", text.strip())
    return "".join(f"<p>{escape(one).replace(chr(10), '<br>')}</p>" for one in paragraphs)


@lru_cache(maxsize=500)
def _read(text: str) -> Template:
    return read_template(text)


def _html(body: Template, data: Mapping[str, Any]) -> str:
    from markdown_it import MarkdownIt  # noqa: PLC0415  30 ms, and only e-mail takes it

    values: list[str] = []

    def hide(value: str) -> str:
        values.append(value)
        return f"qz{len(values) - 1}zq"

    def show(found: re.Match[str]) -> str:
        number = int(found[1])
        return escape(values[number]) if number < len(values) else found[0]

    marked = MarkdownIt("commonmark", {"html": False}).enable("table")
    html = _TOKEN.sub(show, str(marked.render(body.filled(frame_of(data), hide))))
    return _LINK.sub(_safe_link, html)


def _safe_link(found: re.Match[str]) -> str:
    return found[0] if unescape(found[2]).lower().startswith(_SAFE) else f'{found[1]}="#"'


def _one_line(text: str) -> str:
    """Return a subject on one line: a line break in it would begin another header."""
    return _SPACES.sub(" ", text).strip()


def _mistakes(place: str, locale: str, parts: Any) -> list[Mistake]:
    if not _LOCALE.fullmatch(locale):
        return [Mistake(place, "a locale is `en`, `pt-BR` or `zh-Hant-TW`")]
    if not isinstance(parts, Mapping) or set(parts) != _PARTS:
        return [Mistake(place, "expected a subject and a body")]
    found = []
    for name in sorted(_PARTS):
        text = parts[name]
        if not isinstance(text, str) or not text.strip():
            found.append(Mistake(f"{place}.{name}", "expected a text"))
            continue
        try:
            read_template(text)
        except TemplateError as error:
            found.append(Mistake(f"{place}.{name}", str(error)))
    return found
