"""MJML (https://documentation.mjml.io), in which a layout may be written, comes to HTML of a mail.

mrml does that, in Rust. It goes down into elements by calls of itself, so what is too deep would
end the process: no source gets there before its elements are counted here.
"""

import re
from functools import lru_cache
from typing import NoReturn

from apps.notifications.domain.templates import TAG

#: Twice of what a mail takes; mrml 0.2 ends the process between 1,000 and 2,000.
MOST_DEPTH = 40
MOST_HTML = 150_000
_WRITTEN = (
    "aria-roledescription background http-equiv media target type vertical-align xmlns xmlns:o"
    " xmlns:v"
)
#: What mrml itself writes beside the attributes of a layout in HTML.
ATTRIBUTES = frozenset(_WRITTEN.split())
_KNOWN = (
    "mjml mj-all mj-attributes mj-body mj-breakpoint mj-button mj-class mj-column mj-divider"
    " mj-group mj-head mj-hero mj-image mj-navbar mj-navbar-link mj-preview mj-raw mj-section"
    " mj-social mj-social-element mj-spacer mj-style mj-table mj-text mj-title mj-wrapper"
)
_COMPONENTS = frozenset(_KNOWN.split())
_EMPTY = frozenset(("br", "col", "hr", "img", "wbr"))
#: A comment or a tag whose attributes stand in quotes; nothing else may begin with `<`.
_PIECE = re.compile(
    r"<!--.*?-->"
    r"|<(?P<end>/?)(?P<name>[a-z][a-z0-9-]*+)"
    r"(?:\s++[A-Za-z_:][\w:.-]*+(?:\s*=\s*(?:\"[^\"<]*\"|'[^'<]*'))?)*\s*(?P<closed>/?)>",
    re.DOTALL,
)
_BEGINS = re.compile(r"\s*<mjml[\s>]")
#: Each goes over a text once: where both `\s+` and what stands before it took spaces, 20,000 of
#: them took seconds.
_LANGUAGE = re.compile(r"<mjml\b[^<>]*\slang\s*+=")
#: Every style is put on the elements anyway. mrml would move what stands between them.
_INLINE = re.compile(r"(<mj-style\b[^<>]*?)\sinline\s*+=\s*+(?:\"inline\"|'inline')")
#: Letters and digits alone pass through as they are.
_TOKEN = re.compile(r"qy([0-9]{1,6})yq")
#: Its maker's server would be told of every mail that is opened.
_NO_ICONS = "https://icons.invalid/"


class MjmlError(ValueError):
    """It is no MJML, or more than a mail is made of."""


def is_mjml(text: str) -> bool:
    """Say whether a layout is written in it: its first element says so."""
    return _BEGINS.match(text) is not None


@lru_cache(maxsize=200)
def html_of(source: str) -> str:
    """Return the HTML that a source comes to, its `{{ values }}` where they were.

    Nothing is loaded: what includes others, fonts and icons of others is refused. Raises MjmlError.
    """
    import mrml  # noqa: PLC0415  only layouts that are written so take it

    if not _LANGUAGE.search(source):
        source = source.replace("<mjml", '<mjml lang="{{ locale }}"', 1)
    tags: list[str] = []

    def hide(tag: re.Match[str]) -> str:
        tags.append(tag[0])
        return f"qy{len(tags) - 1}yq"

    hidden = _INLINE.sub(r"\1", TAG.sub(hide, source))
    _check(hidden)
    try:
        html = mrml.to_html(
            hidden,
            mrml.ParserOptions(include_loader=mrml.noop_loader()),
            mrml.RenderOptions(social_icon_origin=_NO_ICONS, fonts={}),
        ).content
    except OSError as error:
        raise MjmlError(f"it is no MJML: {str(error).replace(' in root template', '')}") from None
    if _NO_ICONS in html:
        raise MjmlError("a `<mj-social-element>` takes a picture of yours, by its src")
    if len(html) > MOST_HTML:
        raise MjmlError(f"it comes to more than {MOST_HTML} characters of HTML")
    _check_tags(tags, html)
    shown = _TOKEN.sub(lambda found: _tag_of(tags, found), html)
    return shown.replace("<title></title>", "<title>{{ subject }}</title>", 1)


def _check(source: str) -> None:
    """See that each element is known and ends, and that none stands too deep."""
    within: list[str] = []
    at = 0
    while (start := source.find("<", at)) >= 0:
        piece = _PIECE.match(source, start)
        if piece is None:
            _refuse(source, start, "an element has its attributes in quotes; else write &lt;")
        at, name = piece.end(), piece["name"]
        if name is None:
            continue
        if name.startswith("mj") and name not in _COMPONENTS:
            _refuse(source, start, f"`<{name[:40]}>` is none of {', '.join(sorted(_COMPONENTS))}")
        if piece["end"]:
            if not within or within.pop() != name:
                _refuse(source, start, f"`</{name[:40]}>` ends nothing that is open")
        elif not piece["closed"] and name not in _EMPTY:
            within.append(name)
            if len(within) > MOST_DEPTH:
                _refuse(source, start, f"elements stand in at most {MOST_DEPTH} others")
    if within:
        raise MjmlError(f"`<{within[-1][:40]}>` does not end")


def _check_tags(tags: list[str], html: str) -> None:
    """See that no value is lost, and that what holds for a part still holds for just that."""
    found = [int(number) for number in _TOKEN.findall(html)]
    if lost := set(range(len(tags))).difference(found):
        raise MjmlError(f"`{tags[min(lost)][:80]}` stands where MJML keeps no text")
    blocks = [number for number, tag in enumerate(tags) if _is_block(tag)]
    if [number for number in found if number < len(tags) and _is_block(tags[number])] != blocks:
        raise MjmlError("a condition stands in a text, or between components, and in no title")


def _is_block(tag: str) -> bool:
    inner = tag[2:-2].strip()
    return inner.startswith(("#", "/")) or inner == "else"


def _tag_of(tags: list[str], found: re.Match[str]) -> str:
    number = int(found[1])
    return tags[number] if number < len(tags) else found[0]


def _refuse(source: str, at: int, problem: str) -> NoReturn:
    raise MjmlError(f"line {source.count(chr(10), 0, at) + 1}: {problem}")
