"""How tiles are called on the web: `x001/x234/067`, `000.p/17` (C2SP tlog-tiles)."""

import re

from apps.audit.domain.merkle import WIDTH

#: Three digits for each part, all but the last after an x; of a partial tile its width.
_PATH = re.compile(r"((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


class TilePathError(ValueError):
    """A path that names no tile."""


def parse(path: str) -> tuple[int, int]:
    """Return the number of a tile and how many of its hashes are wanted; raises TilePathError."""
    match = _PATH.fullmatch(path)
    width = int(match[2] or WIDTH) if match else 0
    if match is None or not 0 < width <= WIDTH or path != path_of(_number(match[1]), width):
        raise TilePathError(f"{path[:80]!r} is no path of a tile, such as x001/067 or 000.p/17")
    return _number(match[1]), width


def path_of(number: int, width: int = WIDTH) -> str:
    """Return the path of a tile's first hashes, or of all of it."""
    parts = [f"{number % 1000:03}"]
    while number := number // 1000:
        parts.append(f"x{number % 1000:03}")
    suffix = "" if width == WIDTH else f".p/{width}"
    return "/".join(reversed(parts)) + suffix


def _number(text: str) -> int:
    return int(text.replace("x", "").replace("/", ""))
