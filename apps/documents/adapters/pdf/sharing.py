"""Fonts and pictures that are the same in several pages of a PDF are kept once."""

import hashlib
from collections.abc import Iterable
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name

#: A font of others may be deeper; it is then kept as often as it is there.
_MOST_DEPTH = 12


class Shared:
    """What was met so far in one PDF, by what it is."""

    def __init__(self) -> None:
        self._kept: dict[bytes, Any] = {}
        self._seen: set[tuple[int, int]] = set()

    def share(self, pages: Iterable[pikepdf.Page]) -> None:
        """Let pages refer to what earlier pages have."""
        for page in pages:
            self._resources(page.obj.get(Name.Resources))

    def _resources(self, resources: Any, depth: int = 0) -> None:
        if not isinstance(resources, Dictionary) or depth > _MOST_DEPTH:
            return
        for kind in (Name.Font, Name.XObject):
            named = resources.get(kind)
            if not isinstance(named, Dictionary) or self._known(named):
                continue
            for name, value in list(named.items()):
                if value.get(Name.Subtype) == Name.Form:
                    self._resources(value.get(Name.Resources), depth + 1)
                elif value.is_indirect:
                    digest = hashlib.sha256()
                    if _describe(value, digest, 0):
                        named[name] = self._kept.setdefault(digest.digest(), value)

    def _known(self, one: Any) -> bool:
        if not one.is_indirect:
            return False
        if one.objgen in self._seen:
            return True
        self._seen.add(one.objgen)
        return False


def _describe(value: Any, digest: Any, depth: int) -> bool:
    """Digest a value with all that it refers to; returns False where that has no end."""
    if depth > _MOST_DEPTH:
        return False
    if isinstance(value, pikepdf.Stream):
        digest.update(b"stream")
        digest.update(value.read_raw_bytes())
        return _describe(value.stream_dict, digest, depth + 1)
    told = value.unparse() if isinstance(value, pikepdf.Object) else repr(value).encode()
    if b" R" not in told or not isinstance(value, Dictionary | Array):
        digest.update(told)
        return True
    if isinstance(value, Dictionary):
        digest.update(b"<<%d" % len(value))
        for key in sorted(value.keys()):
            digest.update(key.encode(errors="surrogateescape"))
            if not _describe(value[key], digest, depth + 1):
                return False
        return True
    digest.update(b"[%d" % len(value))
    return all(_describe(one, digest, depth + 1) for one in value)
