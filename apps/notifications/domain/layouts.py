"""Layouts: what stands around the words of a channel, with `{{ content }}` where those go.

Of an e-mail a layout is HTML, or MJML that comes to it, which a tenant writes with its styles; data
in it is text and nothing else, as in the words. Of every other channel it is text.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import lru_cache
from html import escape
from html.parser import HTMLParser
from typing import Any

from apps.notifications.domain.expressions import frame_of
from apps.notifications.domain.mjml import (
    ATTRIBUTES,
    MOST_HTML,
    MjmlError,
    html_of,
    is_mjml,
)
from apps.notifications.domain.places import Mistake, MistakesError
from apps.notifications.domain.rendering import (
    Words,
    checked_channels,
    chosen_locale,
    mistake_of,
    pictures_in,
    read,
    safe_links,
)
from apps.notifications.domain.templates import TAG, Template, TemplateError, read_template

_EMAIL = "email"
_PARTS = {"body"}
_MAIL_PARTS = {"body", "text"}
_CONTENT = "content"
#: Stands for the words while a layout is filled; NUL is in no data.
_HERE = "\0content\0"
#: Stand for what is filled in while HTML is looked at: no element and no attribute is called so.
_VALUE, _WORDS = "qzvalueqz", "qzwordsqz"
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_DOCUMENT = re.compile(r"<html[\s>]", re.IGNORECASE)

_MAY_BE = (
    "a b blockquote body br caption center code col colgroup dd div dl dt em font h1 h2 h3 h4 h5"
    " h6 head hr html i img li meta ol p pre s small span strong style sub sup table tbody td"
    " tfoot th thead title tr u ul"
)
_MAY_HAVE = (
    "align alt aria-hidden aria-label bgcolor border cellpadding cellspacing charset class color"
    " colspan content dir face height href id lang name role rowspan size src style title valign"
    " width"
)
#: Of what `http-equiv` may say: nothing that leads elsewhere.
_ABOUT = ("Content-Type", "X-UA-Compatible")
_ELEMENTS, _ATTRIBUTES = frozenset(_MAY_BE.split()), frozenset(_MAY_HAVE.split())


def check_layout(texts: Any) -> None:
    """Raise MistakesError that names the place of each mistake."""
    mistakes = checked_channels(texts, _mistakes)
    if mistakes:
        raise MistakesError(mistakes)


def framed(
    words: Words, texts: Mapping[str, Any], channel: str, *, default: str, data: Any, by: Any
) -> Words:
    """Return words with a layout around them; a channel that it does not have stays as it is.

    Its locale is the nearest to that of the words. Raises TemplateError.
    """
    by_locale = texts.get(channel)
    if not by_locale:
        return words
    parts = by_locale[chosen_locale(by_locale, words.locale, default)]
    seen = {**data, "subject": words.subject, "locale": words.locale, _CONTENT: _HERE}
    if channel != _EMAIL:
        return replace(words, text=_around(parts["body"], words.text, seen))
    text = _around(parts["text"], words.text, seen) if "text" in parts else words.text
    pictures = {**words.pictures, **dict.fromkeys(pictures_in(parts["body"]), by)}
    filled = _read_mail(parts["body"]).filled(
        frame_of(seen), lambda value: words.html if value == _HERE else escape(value)
    )
    html = safe_links(_inlined(_document(filled, words)), pictures)
    return replace(words, text=text, html=html, pictures=pictures)


@lru_cache(maxsize=200)
def _read_mail(body: str) -> Template:
    """Read the body of a mail's layout, in HTML; raises TemplateError."""
    if not is_mjml(body):
        return read(body)
    try:
        return read_template(html_of(body), most=MOST_HTML)
    except MjmlError as error:
        raise TemplateError(0, str(error)) from None


def _around(layout: str, text: str, seen: Mapping[str, Any]) -> str:
    return read(layout).filled(frame_of(seen), lambda value: text if value == _HERE else value)


def _document(html: str, words: Words) -> str:
    if _DOCUMENT.search(html):
        return html
    return (
        f'<!doctype html><html lang="{escape(words.locale)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(words.subject)}</title></head><body>{html}</body></html>"
    )


def _inlined(html: str) -> str:
    """Return a mail with its styles on the elements: many programs drop those of the head."""
    from css_inline import CSSInliner, InlineError  # noqa: PLC0415  only e-mail takes it

    # Nothing is loaded from anywhere; what depends on the device stays in the head.
    inliner = CSSInliner(
        load_remote_stylesheets=False, keep_at_rules=True, resolve_css_variables=True
    )
    try:
        return str(inliner.inline(html))
    except InlineError as error:
        raise TemplateError(0, f"its styles cannot be read: {error}") from None


def _mistakes(place: str, channel: str, parts: Any) -> list[Mistake]:
    allowed = _MAIL_PARTS if channel == _EMAIL else _PARTS
    if not isinstance(parts, Mapping) or not _PARTS <= set(parts) <= allowed:
        also = ", and of a text if there is one" if channel == _EMAIL else ""
        return [Mistake(place, f"expected a body{also}; a layout has no subject")]
    found = []
    for name in sorted(parts):
        at, text = f"{place}.{name}", parts[name]
        wrong = mistake_of(text) or _content_is_missing(text)
        if not wrong and channel == _EMAIL and name == "body":
            wrong = _html_is_wrong(text)
        if wrong:
            found.append(Mistake(at, wrong))
    return found


def _content_is_missing(text: str) -> str:
    places = sum(tag[1].strip() == _CONTENT for tag in TAG.finditer(text))
    return "" if places == 1 else f"`{{{{ content }}}}` stands in it once, found {places}"


def _html_is_wrong(text: str) -> str:
    by_mjml = is_mjml(text)
    if by_mjml:
        try:
            text = html_of(text)
        except MjmlError as error:
            return str(error)
    html = TAG.sub(lambda tag: _WORDS if tag[1].strip() == _CONTENT else _VALUE, text)
    looked = _Looked(_ATTRIBUTES | ATTRIBUTES if by_mjml else _ATTRIBUTES)
    looked.feed(html)
    looked.close()
    if not looked.wrong:
        try:
            _inlined(html)
        except TemplateError as error:
            return str(error)
    return looked.wrong


class _Looked(HTMLParser):
    """Finds what a mail may not have: it runs, loads or asks, or lets data be more than text."""

    def __init__(self, attributes: Collection[str]) -> None:
        super().__init__()
        self._attributes = attributes
        self.wrong = ""
        self._inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside = tag
        bare = _QUOTED.sub("", self.get_starttag_text() or "")
        if tag not in _ELEMENTS:
            self._say(f"`<{tag[:40]}>` is none of the elements of a mail")
        elif _VALUE in bare:
            self._say(f'in `<{tag}>` a value stands in quotes: title="{{{{ … }}}}"')
        for name, value in attrs:
            if name not in self._attributes:
                self._say(f"`{name[:40]}` is none of the attributes of a mail")
            elif name == "style" and _VALUE in (value or ""):
                self._say("a style has no values of the data")
            elif _WORDS in f"{name}{value}":
                self._say("`{{ content }}` stands between elements")
            elif name == "http-equiv" and value not in _ABOUT:
                self._say("a mail says nothing of this kind about itself")

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_comment(self, data: str) -> None:
        if _WORDS in data:
            self._say("`{{ content }}` stands between elements")

    def handle_data(self, data: str) -> None:
        if self._inside in {"style", "title"} and _WORDS in data:
            self._say("`{{ content }}` stands between elements")
        if self._inside == "style" and _VALUE in data:
            self._say("a style has no values of the data")
        if self._inside == "style" and "@import" in data.lower():
            self._say("a style is not loaded from elsewhere: no @import")

    def _say(self, wrong: str) -> None:
        self.wrong = self.wrong or wrong
