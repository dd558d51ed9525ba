"""Several texts of bytes as one, each with its name: how a call in the sandbox is given them."""

import json
from collections.abc import Mapping

#: Before the names of pictures.
ASSET = "asset:"
_LENGTH = 8


def head(lengths: Mapping[str, int]) -> bytes:
    """Return what stands before bytes of these lengths that follow each other."""
    told = json.dumps(list(lengths.items())).encode()
    return len(told).to_bytes(_LENGTH, "big") + told


def unpacked(packed: bytes) -> dict[str, memoryview]:
    """Return each by its name."""
    end = _LENGTH + int.from_bytes(packed[:_LENGTH], "big")
    found: dict[str, memoryview] = {}
    view = memoryview(packed)
    for name, length in json.loads(packed[_LENGTH:end]):
        found[name] = view[end : end + length]
        end += length
    return found
