"""Mails tell that they were opened, by their links and a picture, where that is wanted."""

import re
from collections.abc import Callable
from html import escape, unescape
from urllib.parse import urlsplit

#: What is longer stays as it is: a link of a mail is cut by some programs.
MOST_LINK = 500
_LINK = re.compile(r'(<a\b[^>]*?\bhref=")(https?://[^"]*)(")', re.IGNORECASE)
_END = re.compile(r"</body\s*>", re.IGNORECASE)


def tracked(html: str, *, picture: str, through: Callable[[str], str], kept: str = "") -> str:
    """Return HTML whose links lead through others, with a picture of one pixel.

    `kept` is an address that stays as it is: who leaves is not asked which way.
    """

    def led(link: re.Match[str]) -> str:
        to = unescape(link[2])
        if to == kept or len(to) > MOST_LINK or not _leads(to):
            return link[0]
        return f"{link[1]}{escape(through(to))}{link[3]}"

    pixel = f'<img src="{escape(picture)}" width="1" height="1" alt="">'
    led_html = _LINK.sub(led, html)
    ends = list(_END.finditer(led_html))
    at = ends[-1].start() if ends else len(led_html)
    return f"{led_html[:at]}{pixel}{led_html[at:]}"


def _leads(to: str) -> bool:
    """Say whether it is an address: nobody can be led to another, such as `https://[x`."""
    try:
        return bool(urlsplit(to).hostname)
    except ValueError:
        return False
