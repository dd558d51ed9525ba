"""Pictures for whoever tries a template: those that they may see, and grey squares."""

import base64
from collections.abc import Collection, Mapping
from typing import Any

from apps.documents.domain.gallery import pictures
from apps.documents.models import Theme
from apps.documents.services.publishing import with_logo
from kernel.errors import DomainError
from kernel.mesh.fetching import fetched

#: Of all of them together: somebody waits, and asks again with each pause in writing.
MOST_BYTES = 5_000_000
#: A grey square.
PLACEHOLDER = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAAAAACMmsGiAAAADklEQVR42mO4"
    "CAQMqAQAgrQNEdN9VqcAAAAASUVORK5CYII="
)


def pictures_for(
    names: Collection[str], assets: Mapping[str, Any], theme: Theme | None
) -> dict[str, bytes]:
    """Return what is shown of these names and of all `assets`, which are as a version keeps them.

    Files are read where a block names them outright, as the caller may read them. A grey square
    stands for what is not to be had. Not to be called in a transaction.
    """
    found = dict.fromkeys(names, PLACEHOLDER)
    room = MOST_BYTES
    for name, told in with_logo(theme, dict(assets)).items():
        if "gallery" in told:
            found[name] = pictures()[told["gallery"]]
            continue
        content = _read(told, room) if name in names else b""
        room -= len(content)
        found[name] = content or PLACEHOLDER
    return found


def _read(told: Mapping[str, Any], most_bytes: int) -> bytes:
    try:
        with fetched(
            str(told["file"]), version=int(told["version"]), most_bytes=most_bytes
        ) as file:
            return b"".join(file.chunks)
    except DomainError:
        return b""
