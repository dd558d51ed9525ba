"""The fonts that a tenant has brought, as documents are set in them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Style = Literal["regular", "bold", "italic", "bold_italic"]
STYLES: tuple[Style, ...] = get_args(Style)
#: In the place of a style that was not brought stands the first of these that was.
_NEAREST: Mapping[Style, tuple[Style, ...]] = {
    "regular": (),
    "bold": (),
    "italic": (),
    "bold_italic": ("bold", "italic"),
}
#: What a name may hold that stands in styles of pages, of Word and of Excel.
_UNNAMED = re.compile(r"[^\w .-]+")
MOST_NAME = 60
#: Of one file: those of Chinese, Japanese and Korean have some millions.
MOST_BYTES = 8_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Faces:
    """One family: files of TrueType by their style, of which `regular` is always there."""

    family: str
    files: Mapping[Style, bytes]
    #: Whether they may be put into pages that people edit: else those name the family only.
    editable: bool = True

    def style_of(self, wanted: Style) -> Style:
        """Return the style that stands for one."""
        return next((one for one in (wanted, *_NEAREST[wanted]) if one in self.files), "regular")


def family_name(told: str) -> str:
    """Return the name of a family without what would end the text that it stands in."""
    return " ".join(_UNNAMED.sub(" ", told).split())[:MOST_NAME].strip() or "Unnamed"
