"""Many files as one zip, made as it is sent: a piece of it is in memory, and a list of names."""

import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

#: What takes no less room when it is packed once more; images, sounds and films but for a few.
_PACKED = re.compile(
    r"(image|audio|video)/(?!svg|bmp|x-ms-bmp|tiff|wav|x-wav|vnd\.wave|aiff|x-aiff).*"
    r"|application/(zip|gzip|x-bzip2|x-xz|zstd|x-7z-compressed|vnd\.rar|x-rar-compressed"
    r"|java-archive|epub\+zip|vnd\.openxmlformats-.*|vnd\.oasis\.opendocument\..*)"
    r"|font/woff2?"
)
#: What some system takes for more than a letter of a name.
_SPECIAL = re.compile(r'[<>:"/\\|?*]')
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d) *(\..*)?", re.IGNORECASE)
_MOST_NAME_BYTES = 200
#: So many bytes go out together.
_PIECE_BYTES = 64 * 1024
#: Who extracts it may read and write what comes of it; others may read.
_MODE = 0o100644
#: Before that the form knows no time.
_FIRST = datetime(1980, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file to pack; its chunks are read once."""

    path: str
    size: int
    media_type: str
    modified: datetime
    chunks: Iterable[bytes]


def zipped(members: Iterable[Member]) -> Iterator[bytes]:
    """Yield a zip of these, each of which is asked for when the one before it is through.

    ZIP64 where a size or a place asks for it.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        for member in members:
            info = _info(member)
            with archive.open(info, "w") as packed:
                for chunk in member.chunks:
                    packed.write(chunk)
                    if sink.size >= _PIECE_BYTES:
                        yield sink.taken()
    yield sink.taken()


def _info(member: Member) -> zipfile.ZipInfo:
    modified = max(member.modified.astimezone(UTC), _FIRST)
    info = zipfile.ZipInfo(member.path, modified.timetuple()[:6])
    stored = _PACKED.fullmatch(member.media_type)
    info.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    info.create_system = 3
    info.external_attr = _MODE << 16
    # It tells whether ZIP64 is needed, before the bytes do.
    info.file_size = member.size
    return info


class _Sink:
    """What is written and has not gone out."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        """What is left can still be taken."""

    def taken(self) -> bytes:
        """Return it, and forget it."""
        data = b"".join(self._pieces)
        self._pieces, self.size = [], 0
        return data


class Paths:
    """Paths that every system can extract, none of them twice, whatever the case of its letters."""

    def __init__(self) -> None:
        #: The next number to try for a path.
        self._taken: dict[str, int] = {}

    def added(self, folder: str, name: str) -> str:
        """Return the path of a name in a folder, which is empty or ends in a slash."""
        path = first = f"{folder}{safe_name(name)}"
        number = self._taken.get(_folded(first), 1)
        while _folded(path) in self._taken:
            number += 1
            stem, _, ending = first[len(folder) :].rpartition(".")
            path = f"{folder}{stem} ({number}).{ending}" if stem else f"{first} ({number})"
        self._taken[_folded(first)] = number
        self._taken.setdefault(_folded(path), 1)
        return path


def safe_name(name: str) -> str:
    """Return a name that is one on every system, and leads out of no folder."""
    name = unicodedata.normalize("NFC", name)
    name = "".join(one if one.isprintable() else "_" for one in _SPECIAL.sub("_", name))
    stem, dot, ending = name.rpartition(".")
    if len(name.encode()) > _MOST_NAME_BYTES:
        kept = f"{dot}{ending}" if stem and len(ending.encode()) < _MOST_NAME_BYTES // 4 else ""
        name = _cut(name, _MOST_NAME_BYTES - len(kept.encode())) + kept
    name = name.strip(" ").rstrip(" .")
    return f"_{name}" if not name or _DEVICE.fullmatch(name) else name


def _cut(text: str, most: int) -> str:
    return text.encode()[:most].decode(errors="ignore")


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path.casefold())
