"""Of which files pictures are made, and of which the text is read, by what their bytes are."""

from dataclasses import dataclass

#: So many characters of a text take no more bytes; of what has no other structure no more is read.
_CHARACTER_BYTES = 4


@dataclass(frozen=True, slots=True)
class Making:
    """A function of `domain.rendering`, and what it makes."""

    function: str
    kinds: tuple[str, ...]
    #: Whether its beginning is enough.
    beginning: bool = False


#: The largest first: each is made of the one before it.
SIZES = {"preview": 1024, "thumbnail": 256}
_PICTURES = tuple(SIZES)
_TEXT = ("text",)
_PICTURE = (Making("picture", _PICTURES),)
_OFFICE = (Making("office_text", _TEXT),)
_OPEN = "application/vnd.oasis.opendocument"
_XML = "application/vnd.openxmlformats-officedocument"

_MAKINGS: dict[str, tuple[Making, ...]] = {
    "application/pdf": (Making("pdf_picture", _PICTURES), Making("pdf_text", _TEXT)),
    "text/html": (Making("html_text", _TEXT),),
    "text/plain": (Making("plain_text", _TEXT, beginning=True),),
    **dict.fromkeys(
        (f"image/{kind}" for kind in ("avif", "gif", "jpeg", "png", "tiff", "webp")), _PICTURE
    ),
    **dict.fromkeys(
        (f"{_OPEN}.{kind}" for kind in ("text", "spreadsheet", "presentation")), _OFFICE
    ),
    f"{_XML}.wordprocessingml.document": _OFFICE,
    f"{_XML}.spreadsheetml.sheet": _OFFICE,
    f"{_XML}.presentationml.presentation": _OFFICE,
}


def makings_of(detected_type: str) -> tuple[Making, ...]:
    """Return what is done with bytes of a media type that was found by themselves."""
    return _MAKINGS.get(detected_type, ())


def makes(detected_type: str, kind: str) -> bool:
    """Say whether that is made of bytes of this type."""
    return any(kind in making.kinds for making in makings_of(detected_type))


def beginning_bytes(characters: int) -> int:
    """Return how many bytes hold so many characters, whatever they are."""
    return characters * _CHARACTER_BYTES + _CHARACTER_BYTES
