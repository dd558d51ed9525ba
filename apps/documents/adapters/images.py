"""Pictures are looked at before anything draws them: their kind, and how much they unpack to."""

import io
import warnings

from PIL import Image, UnidentifiedImageError

from apps.documents.domain.evaluation import parts
from apps.documents.domain.findings import stop

#: Pillow's own kinds; each is drawn by every format that a document is made as.
KINDS = {"PNG": "png", "JPEG": "jpeg"}
MOST_PIXELS = 40_000_000


def checked_image(part: parts.Image) -> tuple[str, int, int]:
    """Return `png` or `jpeg`, width and height in pixels; raises DocumentError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(part.data), formats=tuple(KINDS)) as image:
                width, height = image.size
                kind = KINDS[image.format or ""]
                if width * height <= MOST_PIXELS:
                    image.verify()
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ):
        stop(part.place, "image", "a picture is a whole PNG or JPEG", "image")
    if width * height > MOST_PIXELS:
        message = f"a picture has at most {MOST_PIXELS} pixels, found {width} x {height}"
        stop(part.place, "size", message, "image")
    return kind, width, height
