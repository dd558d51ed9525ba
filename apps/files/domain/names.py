"""What a file may be called, so that its name means the same wherever it is saved."""

import re
from collections.abc import Mapping

#: What a file is called, and what it holds, whose sender does not say.
UNNAMED = "unnamed"
UNKNOWN_TYPE = "application/octet-stream"

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]{1,127}/[\w!#$&^.+-]{1,127}", re.ASCII)


class FileNameError(ValueError):
    """A name that no file can have; the message says what is wrong with it."""


def check_name(name: str) -> None:
    """Raise FileNameError when a name is a path, or holds what nobody can see."""
    # Saved by a program that trusts it, a name with a separator leaves its folder.
    if "/" in name or "\\" in name or name.strip() in {".", ".."}:
        raise FileNameError(f"a file's name is not a path, found {name[:40]!r}")
    if not name.isprintable():
        raise FileNameError(f"a file's name has only printable characters, found {name[:40]!r}")


def name_told(metadata: Mapping[str, bytes]) -> str:
    """Return the name that clients of tus send with an upload; raises FileNameError."""
    told = metadata.get("filename") or metadata.get("name") or UNNAMED.encode()
    try:
        name = told.decode()
    except UnicodeDecodeError:
        raise FileNameError("a file's name is text in UTF-8") from None
    check_name(name)
    return name


def type_told(metadata: Mapping[str, bytes]) -> str:
    """Return the media type that they send with it, without parameters."""
    told = metadata.get("filetype") or metadata.get("type") or b""
    return media_type(told.decode("latin-1"))


def media_type(text: str) -> str:
    """Return a media type as it is kept: in small letters, without parameters.

    What is none is as good as nothing said.
    """
    bare = text.partition(";")[0].strip().lower()
    return bare if _MEDIA_TYPE.fullmatch(bare) else UNKNOWN_TYPE
