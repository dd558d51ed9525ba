"""Small pictures of pictures, as WebP: upright, in sRGB, of the first frame, and nothing else."""

import io
import warnings
from typing import Any

from PIL import (
    AvifImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from apps.files.domain.rendering.refusals import Reason, RefusedError

#: What others can do (PostScript by a program, for one) is not asked for.
_FORMATS = tuple(
    plugin.format
    for plugin in (
        AvifImagePlugin.AvifImageFile,
        GifImagePlugin.GifImageFile,
        JpegImagePlugin.JpegImageFile,
        PngImagePlugin.PngImageFile,
        TiffImagePlugin.TiffImageFile,
        WebPImagePlugin.WebPImageFile,
    )
    if plugin.format
)
_SRGB = ImageCms.createProfile("sRGB")
_QUALITY = 80
# The limit is ours, and told by each call.
Image.MAX_IMAGE_PIXELS = None
# A sandbox opens no file to find what else there is,
Image.init()
# and starts no threads.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1

Made = tuple[dict[str, Any], list[bytes]]


def picture(data: bytes, *, sizes: list[int], most_pixels: int) -> Made:
    """Return a picture for each of the sizes, the largest first: that long its longer side is.

    Told are `sizes`, width and height of each. Raises RefusedError.
    """
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=_FORMATS) as image:
            # What is odd about it need not keep us from showing it.
            warnings.simplefilter("ignore")
            width, height = image.size
            if width * height > most_pixels:
                raise RefusedError(Reason.TOO_MANY_PIXELS, f"it has {width} x {height} pixels")
            # A JPEG is decoded at a fraction of its size.
            image.draft("RGB", (max(sizes), max(sizes)))
            return pictures_of(image, sizes)
    except (RefusedError, MemoryError):
        raise
    except UnidentifiedImageError:
        raise RefusedError(Reason.BROKEN, "it is no picture of a kind that is shown") from None
    except Exception as error:  # noqa: BLE001  whatever a decoder says of broken bytes
        raise RefusedError(Reason.BROKEN, f"it is no whole picture: {error}") from None


def pictures_of(image: Image.Image, sizes: list[int]) -> Made:
    """Return what `picture` does, of one that is open."""
    made = _shown(image, max(sizes))
    told, parts = [], []
    for size in sizes:
        made.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=2.0)
        packed = io.BytesIO()
        made.save(packed, "WEBP", quality=_QUALITY, method=4)
        told.append([made.width, made.height])
        parts.append(packed.getvalue())
    return {"sizes": told}, parts


def _shown(image: Image.Image, size: int) -> Image.Image:
    """Return it at about that size, in colours that a screen shows."""
    profile = image.info.get("icc_profile")
    made = _of_eight_bits(image)
    made.thumbnail((size, size), Image.Resampling.LANCZOS, reducing_gap=2.0)
    made = ImageOps.exif_transpose(made)
    made = _in_srgb(made, profile)
    # Where it was made, by whom, with what.
    made.info = {}
    return made


def _of_eight_bits(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in {"RGB", "RGBA", "L", "CMYK"} and "transparency" not in image.info:
        image.load()
        return image
    return image.convert("RGBA" if image.has_transparency_data else "RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    mode = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile and image.mode in {"RGB", "RGBA", "CMYK", "L"}:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            found = ImageCms.profileToProfile(image, source, _SRGB, outputMode=mode)
        except (ImageCms.PyCMSError, OSError, ValueError):
            # A wrong profile is no profile.
            found = None
        if found is not None:
            return found
    return image.convert(mode)
