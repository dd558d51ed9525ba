"""A message in the words of a template: subject, plain text, and HTML made of Markdown.

What stands in the data is text and nothing else: in HTML it is escaped, it never is Markdown, and a
link leads to https, http or mailto, or nowhere.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
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
#: A picture that goes with the mail, by the id of its file (RFC 2392).
_PICTURE = re.compile(r"cid:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
MOST_PICTURES = 20
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
    #: By the ids of their files: as whom each is read.
    pictures: Mapping[str, Any] = field(default_factory=dict)


def check_texts(texts: Any) -> None:
    """Raise MistakesError that names the place of each mistake."""
    mistakes = checked_channels(texts, lambda place, _, parts: _mistakes(place, parts))
    if mistakes:
        raise MistakesError(mistakes)


def checked_channels(texts: Any, check: Callable[[str, str, Any], list[Mistake]]) -> list[Mistake]:
    """Return what is wrong with texts by channel and locale; `check` looks at each of them."""
    if not isinstance(texts, Mapping) or not texts:
        return [Mistake("texts", "expected at least one channel")]
    mistakes: list[Mistake] = []
    for channel, by_locale in texts.items():
        place = f"texts.{channel}"
        if channel not in CHANNELS:
            mistakes.append(Mistake(place, "there is no such channel"))
        elif not isinstance(by_locale, Mapping) or not 0 < len(by_locale) <= MOST_LOCALES:
            mistakes.append(Mistake(place, f"expected 1 to {MOST_LOCALES} locales"))
        else:
            for locale, parts in by_locale.items():
                at = f"{place}.{locale}"
                if _LOCALE.fullmatch(locale):
                    mistakes += check(at, channel, parts)
                else:
                    mistakes.append(Mistake(at, "a locale is `en`, `pt-BR` or `zh-Hant-TW`"))
    return mistakes


def chosen_locale(by_locale: Mapping[str, Any], wanted: str, default: str) -> str:
    """Return the nearest locale there is: `de-AT`, `de`, the default, its language, the first."""
    for one in (wanted, wanted.partition("-")[0], default, default.partition("-")[0]):
        if one in by_locale:
            return one
    return next(iter(by_locale))


def rendered(
    texts: Texts,
    channel: str,
    *,
    locale: str,
    default: str,
    data: Mapping[str, Any],
    by: Mapping[str, Any] | None = None,
) -> Words:
    """Return the words for a channel and a locale; raises TemplateError.

    `by` goes along as who may read the pictures of the text.

    A locale whose text cannot be filled is a mistake of that text: no other takes its place.
    """
    by_locale = texts.get(channel)
    if not by_locale:
        raise TemplateError(0, f"the template has no text for {channel}")
    chosen = chosen_locale(by_locale, locale, default)
    parts = by_locale[chosen]
    subject = _one_line(read(parts["subject"]).filled(frame_of(data)))
    body = read(parts["body"])
    by_mail = channel == "email"
    # Of those that the text itself names: data names none.
    pictures = dict.fromkeys(pictures_in(parts["body"]), by or {}) if by_mail else {}
    return Words(
        locale=chosen,
        subject=subject[:MOST_SUBJECT],
        text=body.filled(frame_of(data)),
        html=safe_links(_html(body, data), pictures) if by_mail else "",
        pictures=pictures,
    )


def pictures_in(text: str) -> list[str]:
    """Return the ids of the files that a text of a mail shows as pictures."""
    return list(dict.fromkeys(_PICTURE.findall(text)))


def safe_links(html: str, pictures: Collection[str]) -> str:
    """Return HTML whose links lead where mail may lead, and whose pictures are these."""

    def checked(found: re.Match[str]) -> str:
        leads = unescape(found[2]).lower()
        shown = found[1] == "src" and leads.startswith("cid:") and leads[4:] in pictures
        return found[0] if shown or leads.startswith(_SAFE) else f'{found[1]}="#"'

    return _LINK.sub(checked, html)


@lru_cache(maxsize=500)
def read(text: str) -> Template:
    """Read a text, or return what it was read as; raises TemplateError."""
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
    return _TOKEN.sub(show, str(marked.render(body.filled(frame_of(data), hide))))


def _one_line(text: str) -> str:
    """Return a subject on one line: a line break in it would begin another header."""
    return _SPACES.sub(" ", text).strip()


def mistake_of(text: Any) -> str:
    """Return what is wrong with one text; empty for what can be read."""
    if not isinstance(text, str) or not text.strip():
        return "expected a text"
    try:
        read_template(text)
    except TemplateError as error:
        return str(error)
    if len(pictures_in(text)) > MOST_PICTURES:
        return f"a text shows at most {MOST_PICTURES} pictures"
    return ""


def _mistakes(place: str, parts: Any) -> list[Mistake]:
    if not isinstance(parts, Mapping) or set(parts) != _PARTS:
        return [Mistake(place, "expected a subject and a body")]
    told = ((name, mistake_of(parts[name])) for name in sorted(_PARTS))
    return [Mistake(f"{place}.{name}", wrong) for name, wrong in told if wrong]
