"""Tags and metadata of files, and how much of them there may be."""

from collections.abc import Mapping, Sequence

MOST_TAGS, LONGEST_TAG = 20, 60
MOST_KEYS, LONGEST_KEY, LONGEST_VALUE = 50, 60, 1_000


class LabelError(ValueError):
    """Tags or metadata that no file can have; the message says what is wrong."""


def checked_tags(tags: Sequence[str]) -> list[str]:
    """Return tags without spaces around them, each once, in order; raises LabelError."""
    found = sorted({tag.strip() for tag in tags})
    if len(found) > MOST_TAGS:
        raise LabelError(f"a file has at most {MOST_TAGS} tags, found {len(found)}")
    for tag in found:
        _check(tag, LONGEST_TAG, "a tag")
    return found


def checked_metadata(pairs: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return metadata as a mapping; raises LabelError, also for a key that comes twice."""
    found = {pair["key"]: pair["value"] for pair in pairs}
    if len(pairs) > MOST_KEYS:
        raise LabelError(f"a file has at most {MOST_KEYS} keys, found {len(pairs)}")
    if len(found) != len(pairs):
        raise LabelError("a key comes twice")
    for key, value in found.items():
        _check(key, LONGEST_KEY, "a key")
        if len(value) > LONGEST_VALUE or "\0" in value:
            raise LabelError(f"a value has at most {LONGEST_VALUE} characters, none of them NUL")
    return found


def _check(text: str, longest: int, what: str) -> None:
    if not text or len(text) > longest or not text.isprintable():
        raise LabelError(f"{what} has 1 to {longest} printable characters, found {text[:70]!r}")
